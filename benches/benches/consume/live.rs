//! How long an event takes from its append to its view, at a steady rate.

use std::sync::Arc;
use std::time::{Duration, Instant};

use factum::store::EventStore;
use factum::stores::MemoryStore;
use factum::stores::sqlite::SqliteStore;
use factum::view::RowStore;
use factum_benches::Result;
use factum_benches::report::{figure, line, row};
use factum_benches::transfers::{Transfers, commit};
use factum_projections::{Hub, Runner};
use tokio::task::JoinSet;

use crate::PATIENCE;

const PER_SECOND: u32 = 2000;
const SECONDS: u32 = 8;
/// The first of them fill the caches.
const WARM: u32 = 2 * PER_SECOND;

pub(crate) async fn run() -> Result<()> {
    line("");
    line("2,000 events/s, each in a commit of its own: ms to the view");
    row("", ["p50", "p99", "at most"]);
    let memory = Arc::new(MemoryStore::new());
    report("memory, since the call", times(memory, None).await?.0);
    let folder = tempfile::tempdir()?;
    let store = SqliteStore::open(folder.path().join("log.db"))?;
    let (called, stored) = times(Arc::new(store.clone()), store.rows()).await?;
    store.close().await;
    let p99 = report("sqlite, since the call", called);
    let stored_p99 = report("sqlite, since the answer", stored);
    figure("live_p99_ms", p99, "ms");
    figure("live_stored_p99_ms", stored_p99, "ms");
    Ok(())
}

fn report(name: &str, mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    let of =
        |part: f64| times.get((times.len() as f64 * part) as usize).copied().unwrap_or(f64::NAN);
    let most = times.last().copied().unwrap_or(f64::NAN);
    let cells = [of(0.5), of(0.99), most].map(|time| format!("{time:.2}"));
    row(name, cells);
    of(0.99)
}

/// Milliseconds of each event: since it was to be appended, and since that was acknowledged.
async fn times(
    log: Arc<dyn EventStore>,
    rows: Option<Arc<dyn RowStore>>,
) -> Result<(Vec<f64>, Vec<f64>)> {
    let hub = Hub::new(log.clone());
    let (mut runner, view) = Runner::start::<Transfers>(&hub, rows).await?;
    hub.start();
    let view = view.within(PATIENCE);
    let mut events: JoinSet<Result<(u32, f64, f64)>> = JoinSet::new();
    let start = tokio::time::Instant::now();
    for number in 0..PER_SECOND * SECONDS {
        let due = start + Duration::from_secs(1) * number / PER_SECOND;
        tokio::time::sleep_until(due).await;
        let (log, view, commit) = (log.clone(), view.clone(), commit(number)?);
        events.spawn(async move {
            let called = Instant::now();
            let outcome = log.append(vec![commit]).await?.pop().ok_or("no outcome")?;
            let stored = Instant::now();
            view.after(outcome?.mark.position).limit(0).all().await?;
            let millis = |since: Instant| since.elapsed().as_secs_f64() * 1e3;
            Ok((number, millis(called), millis(stored)))
        });
    }
    let (mut called, mut stored) = (Vec::new(), Vec::new());
    while let Some(event) = events.join_next().await {
        let (number, since_call, since_answer) = event??;
        if number >= WARM {
            called.push(since_call);
            stored.push(since_answer);
        }
    }
    runner.stop().await?;
    Ok((called, stored))
}
