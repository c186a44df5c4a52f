//! What becomes of a consumer, one step after another.

use std::sync::Arc;
use std::time::Duration;

use factum_core::store::{EventStore, Mark, Position, Stamp, StoreError};
use factum_stores::MemoryStore;
use tokio::time::{sleep, timeout};

use super::{Taken, append, hub, positions};
use crate::hub::shelf::EVENTS;

fn log() -> Arc<dyn EventStore> {
    Arc::new(MemoryStore::new())
}

/// Long enough for all that is going on to come to rest.
async fn settle() {
    sleep(Duration::from_secs(10)).await;
}

/// Appends more than a tail reads at once, and than the ring holds beside that; the mark of the last.
async fn append_pages(log: &dyn EventStore) -> Mark {
    let mut last = append(log, &[0]).await;
    for _ in 0..40 {
        last = append(log, &[0; 512]).await;
    }
    last
}

#[tokio::test(start_paused = true)]
async fn one_that_stalls_holds_nobody_up_and_misses_nothing() {
    let log = log();
    let hub = hub(&log);
    let mut fast = Taken::new(hub.consumer(["red"], None));
    let mut stalled = Taken::new(hub.consumer(["red"], None));
    hub.start();
    let first = append(&*log, &[0; 3]).await;
    stalled.until(first.position).await;
    let mut last = first;
    for _ in 0..50 {
        last = append(&*log, &[0; EVENTS / 4]).await;
        fast.until(last.position).await;
    }
    let all = positions(&*log, &["red"], None).await;
    assert_eq!(fast.positions, all);
    assert_eq!(stalled.positions, all[..3]);

    stalled.until(last.position).await;
    assert_eq!(stalled.positions, all);
    // Both are fed by the ring again.
    last = append(&*log, &[0]).await;
    fast.until(last.position).await;
    stalled.until(last.position).await;
}

#[tokio::test(start_paused = true)]
async fn what_nobody_takes_is_not_read() {
    let log = log();
    let end = append_pages(&*log).await.position;
    let hub = hub(&log);
    let mut consumer = Taken::new(hub.consumer(["red"], None));
    hub.start();
    settle().await;
    let read = hub.inner.ring.plan().after.map(|mark| mark.position);
    assert!(read.is_none_or(|read| read < end), "read up to {read:?}");
    consumer.until(end).await;
    assert_eq!(consumer.positions, positions(&*log, &["red"], None).await);
}

#[tokio::test(start_paused = true)]
async fn one_that_begins_at_the_end_does_not_wait_for_those_that_begin_from_nothing() {
    let log = log();
    let end = append_pages(&*log).await;
    let hub = hub(&log);
    // They take nothing, so the tail does not come to the end.
    let _slow = [(); 3].map(|()| hub.consumer(["red"], None));
    let mut ready = Taken::new(hub.consumer(["red"], Some(end)));
    hub.start();
    let news = append(&*log, &[0]).await;
    ready.until(news.position).await;
    assert_eq!(ready.positions, [news.position.number()]);
}

#[tokio::test(start_paused = true)]
async fn one_with_another_context_can_come_later() {
    let log = log();
    append(&*log, &[0, 1, 2, 3]).await;
    let hub = hub(&log);
    let mut red = Taken::new(hub.consumer(["red"], None));
    hub.start();
    let mut last = append(&*log, &[0, 1, 2, 3]).await;
    red.until(last.position).await;
    let mut rest = Taken::new(hub.consumer(["green", "blue"], None));
    rest.until(last.position).await;
    for _ in 0..5 {
        last = append(&*log, &[0, 1, 2, 3]).await;
        red.until(last.position).await;
        rest.until(last.position).await;
    }
    assert_eq!(red.positions, positions(&*log, &["red"], None).await);
    assert_eq!(rest.positions, positions(&*log, &["green", "blue"], None).await);
}

#[tokio::test(start_paused = true)]
async fn one_that_comes_to_a_quiet_log_is_told_that_its_mark_stands() {
    let log = log();
    let end = append(&*log, &[0]).await;
    let hub = hub(&log);
    let mut first = Taken::new(hub.consumer(["red"], None));
    hub.start();
    first.until(end.position).await;
    settle().await;
    for contexts in [["red"], ["green"]] {
        let mut late = Taken::new(hub.consumer(contexts, Some(end)));
        late.until(end.position).await;
        assert!(late.positions.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_mark_that_does_not_stand_in_the_log_ends_its_consumer_alone() {
    let log = log();
    let mut end = append(&*log, &[0; 5]).await;
    let wrong = Mark { stamp: Stamp::new(end.stamp.number() ^ 1), ..end };
    let beyond = Mark { position: Position::new(1000), ..end };
    for bad in [wrong, beyond] {
        // The bad one is the only one, one of two, or the one that would be the tail's begin.
        for others in [vec![], vec![None], vec![Some(end)], vec![Some(end), Some(end)]] {
            let hub = hub(&log);
            let mut bad = hub.consumer(["red"], Some(bad));
            let others = others.into_iter().map(|after| hub.consumer(["red"], after));
            let mut others: Vec<_> = others.map(Taken::new).collect();
            hub.start();
            let error = bad.next().await.map(|batch| batch.to()).unwrap_err();
            assert!(matches!(error, StoreError::Rewound(_)), "{error}");
            end = append(&*log, &[0]).await;
            for other in &mut others {
                other.until(end.position).await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_has_gone_holds_nobody_up() {
    let log = log();
    let hub = hub(&log);
    let gone = hub.consumer(["red"], None);
    let mut here = Taken::new(hub.consumer(["red"], None));
    hub.start();
    drop(gone);
    for _ in 0..10 {
        let last = append(&*log, &[0; EVENTS]).await;
        here.until(last.position).await;
    }
    drop(here);
    // The next one finds a ring that is nobody's.
    let mut next = Taken::new(hub.consumer(["red"], None));
    let last = append(&*log, &[0]).await;
    timeout(Duration::from_secs(60), next.until(last.position)).await.unwrap();
    assert_eq!(next.positions, positions(&*log, &["red"], None).await);
}
