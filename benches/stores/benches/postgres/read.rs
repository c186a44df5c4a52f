//! Reading page by page through the store: everything, and by parts of it.

use std::sync::Arc;
use std::time::Instant;

use factum_benches::events::{STREAMS, commit, payload};
use factum_benches::load::Slot;
use factum_benches::report::{figure, line, row, spread};
use factum_benches::{Result, median};
use factum_core::store::{Commit, Direction, EventStore, Query, Range};
use factum_core::{StreamName, Tag, Tags};
use factum_stores::PostgresStore;

use crate::open;

const EVENTS: u32 = 300_000;
const TAGGED: u32 = 50_000;
/// Of so many events one has the rare tag.
const RARE: u32 = 1000;
const ROUNDS: usize = 7;
/// How many commits one append has while the log is filled.
const RUN: u32 = 500;

pub(crate) async fn run(url: &str) -> Result<()> {
    let (plain, tagged) = (open(url, "read").await?, open(url, "read tagged").await?);
    fill(&plain, EVENTS, |_| Ok(Tags::none())).await?;
    let (all, rare) = (Tag::parse("room:all")?, Tag::parse("room:rare")?);
    let tags = |event: u32| {
        let rare = event.is_multiple_of(RARE).then(|| rare.clone());
        Ok([all.clone()].into_iter().chain(rare).collect())
    };
    fill(&tagged, TAGGED, tags).await?;
    line("");
    line("reading events of 256 bytes: median (least-most) of 7 rounds");
    row("", ["events", "events/s", "ms in all"]);
    let rates = report("all", &plain, &Query::All, EVENTS).await?;
    report("by context", &plain, &Query::context("ledger"), EVENTS).await?;
    report("by a context without any", &plain, &Query::context("nothing"), 0).await?;
    let (one, both) = (Tags::from_iter([all.clone()]), Tags::from_iter([all, rare]));
    report("by a tag that all have", &tagged, &Query::tagged(one), TAGGED).await?;
    report("by that and a rare one", &tagged, &Query::tagged(both), TAGGED / RARE).await?;
    figure("postgres_read_events_per_s", median(rates), "events/s");
    plain.close().await;
    tagged.close().await;
    Ok(())
}

/// Reads what a query means, which is so many events, and prints how long that takes: events a second.
async fn report(name: &str, store: &PostgresStore, query: &Query, events: u32) -> Result<Vec<f64>> {
    let (mut rates, mut times) = (Vec::new(), Vec::new());
    // The first round fills the server's caches.
    for round in 0..=ROUNDS {
        let start = Instant::now();
        let read = read(store, query).await?;
        let seconds = start.elapsed().as_secs_f64();
        if read != events as usize {
            return Err(format!("{name}: {read} events instead of {events}").into());
        }
        if round > 0 {
            rates.push(f64::from(events) / seconds);
            times.push(seconds * 1e3);
        }
    }
    row(name, [events.to_string(), spread(&rates, 0), spread(&times, 1)]);
    Ok(rates)
}

async fn read(store: &PostgresStore, query: &Query) -> Result<usize> {
    let (mut range, mut events) = (Range::ALL, 0);
    loop {
        let page = store.read(query.clone(), range, Direction::Forward, usize::MAX).await?;
        events += page.events.len();
        if !page.more {
            return Ok(events);
        }
        range = Range::since(page.complete_to);
    }
}

async fn fill(
    store: &PostgresStore,
    events: u32,
    tags: impl Fn(u32) -> Result<Tags>,
) -> Result<()> {
    let (payload, command): (_, Arc<str>) = (payload(), "ledger.note".into());
    for first in (0..events).step_by(RUN as usize) {
        let commits = (first..first + RUN).map(|event| {
            let number = event % STREAMS;
            let stream = StreamName::of("ledger", &number.to_string())?;
            let slot = Slot { number, stream, next: u64::from(event / STREAMS) };
            let mut commit = commit(&slot, payload.clone(), command.clone());
            for event_of in commit.writes.iter_mut().flat_map(|write| &mut write.events) {
                event_of.tags = tags(event)?;
            }
            Ok(commit)
        });
        for outcome in store.append(commits.collect::<Result<Vec<Commit>>>()?).await? {
            outcome?;
        }
    }
    Ok(())
}
