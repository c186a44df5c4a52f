//! Consumers that run beside writers.

use std::collections::HashSet;
use std::sync::Arc;

use factum_core::Key;
use factum_core::store::{
    Direction, EventStore, Mark, Position, Query, Range, Receipt, Recorded, Tail, Tailed,
};
use futures_util::StreamExt;
use tokio::task::{JoinHandle, JoinSet, yield_now};

/// What writers were told: each key with the position of its newest event.
pub(super) type Acknowledged = Vec<(Key, Position)>;

/// Runs so many tasks at once and gives what each says.
pub(super) async fn at_once<T, F>(tasks: usize, task: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let start = Arc::new(tokio::sync::Barrier::new(tasks));
    let mut running = JoinSet::new();
    for number in 0..tasks {
        let (start, task) = (Arc::clone(&start), task(number));
        running.spawn(async move {
            start.wait().await;
            task.await
        });
    }
    running.join_all().await
}

/// The next thing that a tail has.
pub(super) async fn next(tail: &mut Tail) -> Tailed {
    tail.next().await.expect("a tail does not end").unwrap()
}

/// Follows a tail until it has come to a position.
pub(super) async fn until(tail: &mut Tail, end: Position) -> Vec<Recorded> {
    let mut seen: Vec<Recorded> = Vec::new();
    loop {
        match next(tail).await {
            Tailed::Events(events) => {
                assert!(!events.is_empty(), "a tail yields at least one event at a time");
                seen.extend(events);
            }
            Tailed::Progress(mark) if mark.position >= end => return seen,
            Tailed::Progress(_) => {}
        }
    }
}

/// What tells a consumer that the writers are done, and where the log ends then.
pub(super) type Done = tokio::sync::watch::Receiver<Option<Position>>;

/// Reads forward beside the writers, one small page after the other, never going back, until it has
/// come to where they ended.
pub(super) fn read_beside(
    store: Arc<dyn EventStore>,
    query: Query,
    done: Done,
) -> JoinHandle<Vec<Recorded>> {
    tokio::spawn(async move {
        let (mut range, mut seen) = (Range::ALL, Vec::new());
        loop {
            let end = *done.borrow();
            let page = store.read(query.clone(), range, Direction::Forward, 50).await.unwrap();
            seen.extend(page.events);
            range = Range::since(page.complete_to);
            if !page.more && end.is_some_and(|end| range.after >= end) {
                return seen;
            }
            yield_now().await;
        }
    })
}

/// Follows a tail beside the writers until it has come to where they ended.
pub(super) fn tail_beside(
    store: &dyn EventStore,
    query: Query,
    after: Option<Mark>,
    mut done: Done,
) -> JoinHandle<Vec<Recorded>> {
    let mut tail = store.tail(query, after);
    tokio::spawn(async move {
        let (mut seen, mut come_to) = (Vec::new(), Position::START);
        loop {
            let end = *done.borrow();
            if end.is_some_and(|end| come_to >= end) {
                return seen;
            }
            tokio::select! {
                tailed = next(&mut tail) => match tailed {
                    Tailed::Events(events) => seen.extend(events),
                    Tailed::Progress(mark) => come_to = mark.position,
                },
                changed = done.changed(), if end.is_none() => changed.unwrap(),
            }
        }
    })
}

/// Checks that a consumer saw what was acknowledged, all of it, once, and in order.
pub(super) fn assert_saw(who: &str, seen: &[Recorded], acknowledged: &Acknowledged) {
    assert_grow(who, seen);
    let keys: HashSet<Key> = seen.iter().map(|event| event.at.key).collect();
    let missed: Vec<_> = acknowledged.iter().filter(|(key, _)| !keys.contains(key)).collect();
    assert!(missed.is_empty(), "{who} missed {} acknowledged commits: {missed:?}", missed.len());
    let known: HashSet<Key> = acknowledged.iter().map(|(key, _)| *key).collect();
    assert!(keys.is_subset(&known), "{who} saw commits that nobody acknowledged");
}

/// Checks that positions grow from each event to the next.
pub(super) fn assert_grow(who: &str, seen: &[Recorded]) {
    for pair in seen.windows(2) {
        let (one, next) = (&pair[0].at, &pair[1].at);
        assert!(one.position < next.position, "{who} saw {} after {}", next.position, one.position);
    }
}

/// What a receipt acknowledges.
pub(super) fn acknowledges(receipt: &Receipt) -> (Key, Position) {
    (receipt.key, receipt.mark.position)
}
