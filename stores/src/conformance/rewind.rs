//! Rule 10: a log that went backwards is noticed.

use factum_core::Key;
use factum_core::store::{
    Direction, EventStore, Expected, LogId, Mark, Position, Query, Range, Rewound, Stamp,
    StoreError,
};
use futures_util::StreamExt;

use super::Subject;
use super::following::{next, until};
use super::making::{accepted, of_stream, one, read_since};

/// What a tail and a read say that go on from a mark which the log does not have.
async fn rewound(store: &dyn EventStore, seen: Mark) -> Rewound {
    let mut told: Vec<Rewound> = Vec::new();
    for query in [Query::All, of_stream("a"), of_stream("nobody")] {
        for direction in [Direction::Forward, Direction::Backward] {
            let read = store.read(query.clone(), Range::since(seen), direction, 10);
            told.push(expect_rewound(read.await.map(|page| page.events.len()), seen));
        }
        let mut tail = store.tail(query, Some(seen));
        let first = tail.next().await.expect("a tail says why it ends");
        told.push(expect_rewound(first, seen));
        assert!(tail.next().await.is_none(), "a tail ends after it was told that the log rewound");
    }
    assert!(told.iter().all(|rewound| *rewound == told[0]), "all say the same: {told:?}");
    told[0]
}

fn expect_rewound<T: std::fmt::Debug>(told: Result<T, StoreError>, seen: Mark) -> Rewound {
    match told {
        Err(StoreError::Rewound(rewound)) => {
            assert_eq!(rewound.seen, seen);
            *rewound
        }
        other => panic!("a log without {seen} is `Rewound`, not {other:?}"),
    }
}

async fn some(store: &dyn EventStore, events: usize) -> Vec<Mark> {
    let mut marks = Vec::new();
    for _ in 0..events {
        marks.push(accepted(store, one("a", Expected::Any)).await.mark);
    }
    marks
}

/// Marks that the log has, its start among them, are gone on from.
pub async fn what_stands_is_gone_on_from<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let start = store.head().await.unwrap();
    assert_eq!(read_since(&*store, &Query::All, Some(start)).await.len(), 0);
    let marks = some(&*store, 5).await;
    for (number, mark) in [start].iter().chain(&marks).enumerate() {
        assert_eq!(read_since(&*store, &Query::All, Some(*mark)).await.len(), 5 - number);
        let seen = until(&mut store.tail(Query::All, Some(*mark)), marks[4].position).await;
        assert_eq!(seen.len(), 5 - number);
    }
}

/// A mark of another log.
pub async fn a_mark_of_another_log_is_noticed<S: Subject>(fresh: impl AsyncFn() -> S) {
    let (one, other) = (fresh().await, fresh().await);
    let (one, other) = (one.store(), other.store());
    let (start, marks) = (one.head().await.unwrap(), some(&*one, 3).await);
    some(&*other, 3).await;
    let log = other.head().await.unwrap().log;
    assert_ne!(start.log, log, "each log has an identity of its own");
    for seen in [start, marks[0], marks[2]] {
        assert_eq!(rewound(&*other, seen).await.found.log, log);
    }
    // Also where all but the log agrees.
    let same = Mark { log: LogId::fresh(), ..marks[1] };
    assert_eq!(rewound(&*one, same).await.found.log, start.log);
}

/// A mark beyond the end of the log: its tail was lost.
pub async fn a_mark_beyond_the_end_is_noticed<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let head = *some(&*store, 3).await.last().unwrap();
    for beyond in [head.position.number() + 1, i64::MAX as u64 + 1, u64::MAX] {
        let seen = Mark { position: Position::new(beyond), ..head };
        assert_eq!(rewound(&*store, seen).await.found, head);
    }
}

/// A mark beyond the end of a log that has nothing at all.
pub async fn an_emptied_log_is_noticed<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let start = store.head().await.unwrap();
    let event = Some(Key::now_v7().event(0));
    let seen = Mark { position: Position::new(1), event, ..start };
    assert_eq!(rewound(&*store, seen).await.found, start);
}

/// A mark at whose position another event stands, or the same event appended another time.
pub async fn another_event_is_noticed<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let marks = some(&*store, 3).await;
    for mark in marks {
        let other_event = Mark { event: Some(Key::now_v7().event(0)), ..mark };
        assert_eq!(rewound(&*store, other_event).await.found, mark);
        let no_event = Mark { event: None, ..mark };
        assert_eq!(rewound(&*store, no_event).await.found, mark);
        let other_time = Mark { stamp: Stamp::new(mark.stamp.number() ^ 1), ..mark };
        assert_eq!(rewound(&*store, other_time).await.found, mark);
    }
}

/// An older copy of the log is put back. Consumers that go on from what was lost are told, whatever
/// was appended since: nothing, less, or the very same commits again. Those that had not come so far
/// go on.
pub async fn an_older_copy_is_noticed<S: Subject>(fresh: impl AsyncFn() -> S) {
    for appended_since in [0, 1, 3, 5] {
        let subject = fresh().await;
        let store = subject.store();
        let kept = some(&*store, 3).await;
        let Some(restore) = subject.back_up().await else { return };
        let lost: Vec<_> = (0..3).map(|_| one("a", Expected::Any)).collect();
        let mut seen = Vec::new();
        for commit in &lost {
            seen.push(accepted(&*store, commit.clone()).await.mark);
        }
        drop(store);
        let subject = restore(subject).await;
        let store = subject.store();
        assert_eq!(store.head().await.unwrap(), kept[2]);
        for number in 0..appended_since {
            let new = || one("a", Expected::Any);
            // Their senders try the lost commits again: the same events at the same positions.
            accepted(&*store, lost.get(number).cloned().unwrap_or_else(new)).await;
        }
        for mark in seen {
            rewound(&*store, mark).await;
        }
        for (number, mark) in kept.iter().enumerate() {
            let rest = read_since(&*store, &Query::All, Some(*mark)).await;
            assert_eq!(rest.len(), 2 - number + appended_since);
        }
    }
}

/// An older copy is put back under a live consumer, which follows the log from elsewhere.
pub async fn an_older_copy_under_a_live_tail_is_noticed<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let (Some(reader), Some(restore)) = (subject.reader().await, subject.back_up().await) else {
        return;
    };
    let newest = *some(&*subject.store(), 3).await.last().unwrap();
    let mut tail = reader.tail(Query::All, None);
    assert_eq!(until(&mut tail, newest.position).await.len(), 3);
    let subject = restore(subject).await;
    let store = subject.store();
    // Longer than it was: the end alone does not tell.
    some(&*store, 5).await;
    loop {
        match tail.next().await {
            Some(Err(StoreError::Rewound(rewound))) => {
                assert_eq!(rewound.seen, newest);
                break;
            }
            Some(Ok(factum_core::store::Tailed::Progress(mark))) if mark == newest => {}
            other => panic!("a live tail of a rewound log says so, not {other:?}"),
        }
    }
    // Who starts anew is fine.
    assert!(
        matches!(next(&mut store.tail(Query::All, None)).await, factum_core::store::Tailed::Events(events) if events.len() == 5)
    );
}
