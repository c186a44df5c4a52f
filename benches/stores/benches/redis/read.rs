//! Reading everything, and the memory that an event takes in the server.

use std::sync::Arc;
use std::time::Instant;

use factum_benches::events::{EVENT_BYTES, STREAMS, commit, fresh, payload};
use factum_benches::load::Slot;
use factum_benches::report::{figure, line, row, spread};
use factum_benches::{Result, median};
use factum_core::StreamName;
use factum_core::store::{Direction, EventStore, Query, Range};
use factum_stores::RedisStore;
use factum_test_servers::Redis;

use crate::served;

const EVENTS: u32 = 300_000;
/// How many commits one append has.
const RUN: u32 = 500;
const ROUNDS: usize = 9;
/// How many events one read is to give.
const PAGE: usize = 4096;

pub(crate) async fn run() -> Result<()> {
    let (server, store) = served("everysec").await?;
    let before = memory(&server).await?;
    let (payload, command): (_, Arc<str>) = (payload(), "ledger.note".into());
    for begun in (0..EVENTS).step_by(RUN as usize) {
        let commits =
            (begun..begun + RUN).map(|at| Ok(commit(&slot(at)?, fresh(&payload), command.clone())));
        for outcome in store.append(commits.collect::<Result<_>>()?).await? {
            outcome?;
        }
    }
    let bytes = (memory(&server).await? - before) / f64::from(EVENTS);
    let mut rates = Vec::new();
    for _ in 0..ROUNDS {
        rates.push(read_all(&store).await?);
    }
    line(&format!(
        "{EVENTS} events of {EVENT_BYTES} bytes in 10,000 streams: median (least-most) of {ROUNDS} rounds"
    ));
    row("", ["events/s read", "bytes an event"]);
    row("everything", [spread(&rates, 0), format!("{bytes:.0}")]);
    figure("redis_read_events_per_s", median(rates), "events/s");
    figure("redis_bytes_per_event", bytes, "bytes");
    Ok(())
}

/// Where the event with this number goes.
fn slot(at: u32) -> Result<Slot> {
    let number = at % STREAMS;
    let stream = StreamName::of("ledger", &number.to_string())?;
    Ok(Slot { number, stream, next: u64::from(at / STREAMS) })
}

/// Events a second.
async fn read_all(store: &RedisStore) -> Result<f64> {
    let (begun, mut range, mut events) = (Instant::now(), Range::ALL, 0);
    loop {
        let page = store.read(Query::All, range, Direction::Forward, PAGE).await?;
        events += page.events.len();
        if !page.more {
            break;
        }
        range = Range::since(page.complete_to);
    }
    if events != EVENTS as usize {
        return Err(format!("{events} events were read of {EVENTS}").into());
    }
    Ok(events as f64 / begun.elapsed().as_secs_f64())
}

/// What the server keeps for its data, in bytes.
async fn memory(server: &Redis) -> Result<f64> {
    let client = redis::Client::open(server.url())?;
    let mut connection = client.get_multiplexed_async_connection().await?;
    let info: String = redis::cmd("INFO").arg("memory").query_async(&mut connection).await?;
    let value = info.lines().find_map(|line| line.strip_prefix("used_memory_dataset:"));
    Ok(value.ok_or("the server does not say what it keeps")?.trim().parse()?)
}
