//! Many projections are fed by one reader.

#![allow(clippy::unwrap_used, reason = "test code")]

mod common;

use std::sync::Arc;

use common::counting::CountingLog;
use common::{Balance, LONG, append, deposit};
use factum_core::store::{EventStore, Position};
use factum_core::view::RowStore;
use factum_projections::{Hub, Runner, View};
use factum_stores::{MemoryRowStore, MemoryStore};

/// So many projections on one hub.
async fn start(
    log: &CountingLog,
    rows: Vec<Option<Arc<dyn RowStore>>>,
) -> Vec<(Runner, View<Balance>)> {
    let hub = Hub::new(Arc::new(log.clone()));
    let mut started = Vec::new();
    for rows in rows {
        started.push(Runner::start::<Balance>(&hub, rows).await.unwrap());
    }
    hub.start();
    started
}

async fn all_see(projections: &[(Runner, View<Balance>)], end: Position, cents: u64) {
    for (_, view) in projections {
        let rows = view.within(LONG).after(end).all().await.unwrap();
        assert_eq!(rows.iter().map(|row| row.cents).sum::<u64>(), cents);
    }
}

async fn log_of(events: u64) -> (CountingLog, Position) {
    let log = CountingLog::new(MemoryStore::new());
    let mut end = Position::START;
    for commit in 0..events / 100 {
        let account = (commit % 50).to_string();
        end = append(&log, &account, &vec![deposit(1); 100]).await;
    }
    (log, end)
}

// No time passes while something is at work: nobody loses its place for being slow.
#[tokio::test(start_paused = true)]
async fn a_hundred_projections_from_nothing_read_what_one_reads() {
    let (log, end) = log_of(12_000).await;
    let one = start(&log, vec![None]).await;
    all_see(&one, end, 12_000).await;
    let (tails, reads) = log.take();
    assert_eq!(tails, 1);
    drop(one);

    let hundred = start(&log, vec![None; 100]).await;
    all_see(&hundred, end, 12_000).await;
    assert_eq!(log.take(), (tails, reads));

    // What comes is read once, too.
    let end = append(&log, "alice", &[deposit(5)]).await;
    all_see(&hundred, end, 12_005).await;
    assert_eq!(log.take(), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn projections_that_go_on_together_are_fed_together() {
    let (log, end) = log_of(1_000).await;
    let rows = || Some(Arc::new(MemoryRowStore::new()) as Arc<dyn RowStore>);
    let rows: Vec<_> = (0..20).map(|_| rows()).collect();
    let mut projections = start(&log, rows.clone()).await;
    all_see(&projections, end, 1_000).await;
    for (runner, _) in &mut projections {
        runner.stop().await.unwrap();
    }
    let end = append(&log.inner, "alice", &vec![deposit(1); 500]).await;
    log.take();
    let projections = start(&log, rows).await;
    all_see(&projections, end, 1_500).await;
    // One more looks whether the checkpoint stands in the log.
    assert_eq!(log.take(), (1, 2));
    drop(projections);
}

#[tokio::test]
async fn a_view_of_a_hub_that_was_never_started_waits() {
    let (log, end) = log_of(500).await;
    let hub = Hub::new(Arc::new(log.inner.clone()));
    let (mut runner, view) = Runner::start::<Balance>(&hub, None).await.unwrap();
    let waiting = tokio::spawn(async move { view.within(LONG).after(end).count().await.unwrap() });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    hub.start();
    assert_eq!(waiting.await.unwrap(), 5);
    runner.stop().await.unwrap();
    assert!(log.inner.head().await.is_ok());
}
