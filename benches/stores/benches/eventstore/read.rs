//! Reading everything, beside the official client.

use std::sync::Arc;
use std::time::Instant;

use eventstore::{Client, ReadAllOptions, StreamPosition};
use factum_benches::events::{EVENT_BYTES, STREAMS, commit, fresh, payload};
use factum_benches::load::Slot;
use factum_benches::report::{figure, line, row, spread};
use factum_benches::{Result, median};
use factum_core::StreamName;
use factum_core::store::{Direction, EventStore, Query, Range};
use factum_eventstore::EventStoreDb;

use crate::served;

const EVENTS: u32 = 100_000;
/// How many commits one append has.
const RUN: u32 = 500;
const ROUNDS: usize = 9;
/// How many events one read is to give.
const PAGE: usize = 4096;

pub(crate) async fn run() -> Result<()> {
    let (server, store) = served().await?;
    let (payload, command): (_, Arc<str>) = (payload(), "ledger.note".into());
    for begun in (0..EVENTS).step_by(RUN as usize) {
        let commits =
            (begun..begun + RUN).map(|at| Ok(commit(&slot(at)?, fresh(&payload), command.clone())));
        for outcome in store.append(commits.collect::<Result<_>>()?).await? {
            outcome?;
        }
    }
    let client = Client::new(server.url().parse()?).map_err(|error| error.to_string())?;
    let (mut bare, mut stored) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(by_client(&client).await?);
        stored.push(by_store(&store).await?);
    }
    line("");
    line(&format!(
        "events/s of {EVENTS} of {EVENT_BYTES} bytes in 10,000 streams: median (least-most) of {ROUNDS} \
         rounds"
    ));
    row("", ["store", "bare client"]);
    row("everything", [spread(&stored, 0), spread(&bare, 0)]);
    figure("eventstore_read_events_per_s", median(stored), "events/s");
    figure("eventstore_read_bare_events_per_s", median(bare), "events/s");
    Ok(())
}

/// Where the event with this number goes.
fn slot(at: u32) -> Result<Slot> {
    let number = at % STREAMS;
    let stream = StreamName::of("ledger", &number.to_string())?;
    Ok(Slot { number, stream, next: u64::from(at / STREAMS) })
}

/// Events a second, page after page, each event with all that is known of it.
async fn by_store(store: &EventStoreDb) -> Result<f64> {
    let (begun, mut range, mut events) = (Instant::now(), Range::ALL, 0);
    loop {
        let page = store.read(Query::All, range, Direction::Forward, PAGE).await?;
        events += page.events.len();
        if !page.more {
            break;
        }
        range = Range::since(page.complete_to);
    }
    rate(begun, events)
}

/// Events a second, in one read, as they come.
async fn by_client(client: &Client) -> Result<f64> {
    let (begun, mut events) = (Instant::now(), 0);
    let options = ReadAllOptions::default().forwards().position(StreamPosition::Start);
    let mut read = client.read_all(&options).await?;
    while let Some(event) = read.next().await? {
        let is_own = event.get_original_event().event_type == "ledger.noted";
        events += usize::from(is_own);
    }
    rate(begun, events)
}

fn rate(begun: Instant, events: usize) -> Result<f64> {
    if events != EVENTS as usize {
        return Err(format!("{events} events were read of {EVENTS}").into());
    }
    Ok(events as f64 / begun.elapsed().as_secs_f64())
}
