//! Reading everything, page by page, through the store.

use std::time::Instant;

use factum_benches::events::{STREAMS, commit, payload};
use factum_benches::load::Slot;
use factum_benches::report::{figure, line, row, spread};
use factum_benches::{Result, median};
use factum_core::StreamName;
use factum_core::store::{Direction, EventStore, Query, Range};
use factum_stores::PostgresStore;

use crate::open;

const EVENTS: u32 = 300_000;
const ROUNDS: usize = 7;
/// How many commits one append has while the log is filled.
const RUN: u32 = 500;

pub(crate) async fn run(url: &str) -> Result<()> {
    let store = open(url, "read").await?;
    fill(&store).await?;
    let mut rates = Vec::new();
    // The first round fills the server's caches.
    for round in 0..=ROUNDS {
        let rate = read_all(&store).await?;
        if round > 0 {
            rates.push(rate);
        }
    }
    line("");
    line("reading 300,000 events of 256 bytes: median (least-most) of 7 rounds");
    row("", ["events/s"]);
    row("all", [spread(&rates, 0)]);
    figure("postgres_read_events_per_s", median(rates), "events/s");
    store.close().await;
    Ok(())
}

async fn fill(store: &PostgresStore) -> Result<()> {
    let (payload, command): (_, std::sync::Arc<str>) = (payload(), "ledger.note".into());
    for first in (0..EVENTS).step_by(RUN as usize) {
        let commits = (first..first + RUN).map(|event| {
            let number = event % STREAMS;
            let stream = StreamName::of("ledger", &number.to_string())?;
            let slot = Slot { number, stream, next: u64::from(event / STREAMS) };
            Ok(commit(&slot, payload.clone(), command.clone()))
        });
        for outcome in store.append(commits.collect::<Result<_>>()?).await? {
            outcome?;
        }
    }
    Ok(())
}

async fn read_all(store: &PostgresStore) -> Result<f64> {
    let (start, mut range, mut events) = (Instant::now(), Range::ALL, 0);
    loop {
        let page = store.read(Query::All, range, Direction::Forward, usize::MAX).await?;
        events += page.events.len();
        if !page.more {
            break;
        }
        range = Range::since(page.complete_to);
    }
    if events != EVENTS as usize {
        return Err(format!("{events} events were read").into());
    }
    Ok(events as f64 / start.elapsed().as_secs_f64())
}
