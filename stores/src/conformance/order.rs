//! Rule 3: no skips. Once a reader has seen a position, nothing ever appears below it.

use std::sync::Arc;

use factum_core::store::{
    Direction, EventStore, Expected, Position, Query, Range, Receipt, Recorded,
};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Subject;
use super::following::{
    Acknowledged, acknowledges, assert_grow, assert_saw, at_once, read_beside, tail_beside,
};
use super::making::{accepted, commit, of_stream, one, page, read, stream, write};

const WRITERS: usize = 64;
const COMMITS: usize = 25;

/// Writes from many tasks, each to a stream of its own and to one that all share.
async fn write_at_once(store: &Arc<dyn EventStore>) -> Vec<Receipt> {
    let receipts = at_once(WRITERS, |writer| {
        let store = Arc::clone(store);
        async move {
            let mut receipts = Vec::new();
            for round in 0..COMMITS {
                let commit = match round % 3 {
                    0 => one("shared", Expected::Any),
                    _ => commit([write(writer, Expected::Any, 1 + round % 2)]),
                };
                receipts.push(accepted(&*store, commit).await);
                // Where an append is done at once, the readers would have to wait for the end.
                tokio::task::yield_now().await;
            }
            receipts
        }
    });
    receipts.await.into_iter().flatten().collect()
}

/// Starts consumers by reads and tails, writes beside them, and compares what each saw with what was
/// acknowledged.
async fn compare(subject: &impl Subject, query: Query, wanted: impl Fn(&Receipt) -> bool) {
    let store = subject.store();
    let (done, watch) = watch::channel(None);
    let mut consumers: Vec<(&str, JoinHandle<Vec<Recorded>>)> = vec![
        ("a reader", read_beside(subject.store(), query.clone(), watch.clone())),
        ("a tail", tail_beside(&*store, query.clone(), None, watch.clone())),
    ];
    // Held to the end: a tail may end with the last handle of its store.
    let other = subject.reader().await;
    if let Some(other) = &other {
        let tail = tail_beside(&**other, query.clone(), None, watch.clone());
        consumers.push(("a tail from elsewhere", tail));
        consumers.push(("a reader from elsewhere", read_beside(other.clone(), query, watch)));
    }
    let receipts = write_at_once(&store).await;
    done.send_replace(receipts.iter().map(|receipt| receipt.mark.position).max());
    let acknowledged = receipts.iter().filter(|receipt| wanted(receipt)).map(acknowledges);
    let acknowledged: Acknowledged = acknowledged.collect();
    for (who, consumer) in consumers {
        assert_saw(who, &consumer.await.unwrap(), &acknowledged);
    }
}

/// Forward-only readers and tails beside 64 writers see all that is acknowledged, once, in order.
pub async fn nothing_is_skipped<S: Subject>(fresh: impl AsyncFn() -> S) {
    compare(&fresh().await, Query::All, |_| true).await;
}

/// So do those who look at one stream that all writers share.
pub async fn nothing_of_a_stream_is_skipped<S: Subject>(fresh: impl AsyncFn() -> S) {
    let wanted = |receipt: &Receipt| receipt.writes[0].stream == stream("shared");
    compare(&fresh().await, of_stream("shared"), wanted).await;
}

/// So do those who look at names and contexts.
pub async fn nothing_of_a_context_is_skipped<S: Subject>(fresh: impl AsyncFn() -> S) {
    compare(&fresh().await, Query::context("thing"), |_| true).await;
}

/// Whoever has been told that a commit is stored sees it in the next read, and no reader has gone
/// past it before.
pub async fn a_writer_reads_its_own_writes<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    at_once(16, |writer| {
        let store = Arc::clone(&store);
        async move {
            for _ in 0..20 {
                let receipt = accepted(&*store, one(writer, Expected::Any)).await;
                let position = receipt.mark.position;
                assert!(store.head().await.unwrap().position >= position);
                let own = Range::ALL.through(position);
                let read = store.read(of_stream(writer), own, Direction::Backward, 1).await;
                assert_eq!(read.unwrap().events[0].at.mark(), receipt.mark);
            }
        }
    })
    .await;
}

/// What a page says it is complete to, it is complete to, also beside writers.
pub async fn a_page_is_complete_to_where_it_says<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let (done, watch) = watch::channel(false);
    let reader = tokio::spawn({
        let store = subject.store();
        async move {
            let mut pages: Vec<(Position, usize)> = Vec::new();
            while !*watch.borrow() {
                let read = store.read(Query::All, Range::ALL, Direction::Forward, 1_000_000);
                let page = read.await.unwrap();
                assert_grow("a reader", &page.events);
                pages.push((page.complete_to.position, page.events.len()));
                tokio::task::yield_now().await;
            }
            pages
        }
    });
    write_at_once(&store).await;
    done.send_replace(true);
    let events = read(&*store, &Query::All).await;
    for (complete_to, seen) in reader.await.unwrap() {
        let below = events.iter().take_while(|event| event.at.position <= complete_to).count();
        assert_eq!(seen, below, "events up to {complete_to} came after a page complete to there");
    }
    assert_eq!(
        page(&*store, &Query::names([]), Range::ALL).await.complete_to.log,
        events[0].at.log
    );
}
