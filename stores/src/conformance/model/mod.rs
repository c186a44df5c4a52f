//! Random work on a store and on the plainest model of one, a list, compared step by step.
//!
//! What is done follows from a list of numbers alone, so that a failure can be repeated, and shrunk by
//! a property-testing library: see [`agrees`].

mod plain;
mod work;

use std::ops;

use factum_core::store::{Direction, EventStore, Position, Query, Range, Recorded};
use futures_util::{StreamExt, stream};

use self::plain::{Plain, assert_agrees, filter};
use self::work::Choices;
use super::Subject;
use super::making::read_since;

/// How many logs are worked on at the same time: a store on a server mostly waits.
const AT_ONCE: usize = 4;

/// Random work, from seeds that never change.
pub async fn random_work_agrees_with_the_model<S: Subject>(fresh: impl AsyncFn() -> S) {
    agrees_from(0..12, fresh, |numbers| Choices::new(numbers)).await;
}

/// The same, with queries and guards that go by tags.
pub(super) async fn random_tags<S: Subject>(fresh: impl AsyncFn() -> S) {
    agrees_from(100..108, fresh, |numbers| Choices::by_tags(numbers)).await;
}

async fn agrees_from<S: Subject>(
    seeds: ops::Range<u64>,
    fresh: impl AsyncFn() -> S,
    choices: impl Fn(&[u32]) -> Choices<'_>,
) {
    let from = async |seed| {
        let mut random = fastrand::Rng::with_seed(seed);
        let numbers: Vec<u32> = (0..3000).map(|_| random.u32(..)).collect();
        let subject = fresh().await;
        agrees_by(&*subject.store(), choices(&numbers)).await;
    };
    stream::iter(seeds).for_each_concurrent(AT_ONCE, from).await;
}

/// Does what the choices say on an empty store and on the model.
///
/// # Panics
/// If the two do not agree.
pub async fn agrees(store: &dyn EventStore, choices: &[u32]) {
    agrees_by(store, Choices::new(choices)).await;
}

/// The same, with queries and guards that go by tags.
///
/// # Panics
/// If the two do not agree.
pub async fn agrees_by_tags(store: &dyn EventStore, choices: &[u32]) {
    agrees_by(store, Choices::by_tags(choices)).await;
}

async fn agrees_by(store: &dyn EventStore, mut choices: Choices<'_>) {
    let can = store.capabilities();
    let mut model = Plain::new(can.limits);
    let mut log: Vec<Recorded> = Vec::new();
    let mut mark = store.head().await.unwrap();
    while !choices.is_over() {
        let run = choices.run(&model, &log, &can);
        let verdicts = model.append(&run, &log);
        let outcomes = store.append(run.clone()).await.unwrap();
        let before = log.len();
        log.extend(read_since(store, &Query::All, Some(mark)).await);
        if !can.guards && !can.multi_stream {
            // Nothing depends on how the streams of a run are ordered among each other.
            model.order_as(&log, before);
        }
        mark = store.head().await.unwrap();
        model.assert_is(&log);
        assert_eq!(outcomes.len(), run.len());
        for ((commit, verdict), outcome) in run.iter().zip(&verdicts).zip(&outcomes) {
            assert_agrees(commit, verdict, outcome, &log);
        }
        for _ in 0..choices.below(4) {
            let (query, range) = (choices.query(), choices.range(&log));
            compare_read(store, &log, query, range, 1 + choices.below(7)).await;
        }
    }
}

async fn compare_read(
    store: &dyn EventStore,
    log: &[Recorded],
    query: Query,
    range: Range,
    limit: usize,
) {
    let wanted = filter(log, &query, &range);
    for direction in [Direction::Forward, Direction::Backward] {
        let (mut seen, mut left) = (Vec::new(), range);
        loop {
            let page = store.read(query.clone(), left, direction, limit).await.unwrap();
            assert!(page.events.len() <= limit);
            seen.extend(page.events);
            if !page.more {
                break;
            }
            match (direction, seen.last()) {
                (Direction::Forward, _) => left.after = page.complete_to.position,
                (Direction::Backward, Some(oldest)) => {
                    left = left.through(Position::new(oldest.at.position.number() - 1));
                }
                (Direction::Backward, None) => panic!("a page with more, but without events"),
            }
        }
        if direction == Direction::Backward {
            seen.reverse();
        }
        assert!(seen.iter().eq(wanted.iter().copied()), "{direction:?} {query}, {range:?}");
    }
}
