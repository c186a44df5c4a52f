//! Rule 4: no lost update. Of many writers racing on one expectation, exactly one wins.

use std::sync::Arc;

use factum_core::store::{
    Commit, Conflict, Direction, EventStore, Expected, Outcome, Query, Range, Refused,
};

use super::Subject;
use super::following::at_once;
use super::making::{
    accepted, append, commit, guarded, of_stream, one, one_tagged, read, stream, tags, write,
};

const RACERS: usize = 64;
const ROUNDS: u64 = 25;

/// Lets racers append at once; the commit that won.
async fn race(store: &Arc<dyn EventStore>, racer: impl Fn(usize) -> Commit) -> Vec<Outcome> {
    at_once(RACERS, |number| {
        let (store, commit) = (Arc::clone(store), racer(number));
        async move { append(&*store, commit).await }
    })
    .await
}

fn assert_one_won(outcomes: &[Outcome], lost: impl Fn(&Conflict) -> bool) {
    let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(won, 1, "{won} of {RACERS} racers won");
    for outcome in outcomes {
        match outcome {
            Ok(receipt) => assert!(!receipt.repeated),
            Err(Refused::Conflict(conflict)) => assert!(lost(conflict), "{conflict}"),
            Err(other) => panic!("a loser is told a conflict, not: {other}"),
        }
    }
}

/// 64 racers on one expected revision, round after round.
pub async fn one_wins_each_revision<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    accepted(&*store, one("a", Expected::NoStream)).await;
    for revision in 0..ROUNDS {
        let outcomes = race(&store, |_| one("a", Expected::Revision(revision))).await;
        assert_one_won(&outcomes, |lost| matches!(lost, Conflict::Stream { .. }));
    }
    assert_eq!(read(&*store, &of_stream("a")).await.len() as u64, ROUNDS + 1);
}

/// 64 racers who each want to be the first in a stream.
pub async fn one_creates_a_stream<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    for round in 0..ROUNDS {
        let outcomes = race(&store, |_| one(round, Expected::NoStream)).await;
        assert_one_won(&outcomes, |lost| matches!(lost, Conflict::Stream { .. }));
    }
    assert_eq!(read(&*store, &Query::All).await.len() as u64, ROUNDS);
}

/// 64 racers on one guard, each writing what the guards of the others forbid.
pub async fn one_wins_each_guard<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    if !store.capabilities().guards {
        return;
    }
    for round in 0..ROUNDS {
        let seat = format!("seat:{round}");
        let (taken, head) = (Query::tagged(tags(&[&seat])), store.head().await.unwrap());
        let outcomes = race(&store, |racer| {
            guarded(one_tagged(racer, &["room:1", &seat]), taken.clone(), head)
        });
        assert_one_won(&outcomes.await, |lost| matches!(lost, Conflict::Guard { .. }));
        assert_eq!(read(&*store, &taken).await.len(), 1);
    }
}

/// Write skew: each racer reads both of two things and writes one of them, under a guard on both.
pub async fn guards_forbid_write_skew<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    if !store.capabilities().guards {
        return;
    }
    for round in 0..ROUNDS {
        let (left, right) = (format!("left:{round}"), format!("right:{round}"));
        let clause = |tag: &str| match Query::tagged(tags(&[tag])) {
            Query::AnyOf(clauses) => clauses,
            _ => vec![],
        };
        let both = Query::AnyOf([clause(&left), clause(&right)].concat());
        let head = store.head().await.unwrap();
        let outcomes = race(&store, |racer| {
            let own = if racer % 2 == 0 { &left } else { &right };
            guarded(one_tagged(racer, &[own]), both.clone(), head)
        });
        assert_one_won(&outcomes.await, |lost| matches!(lost, Conflict::Guard { .. }));
    }
}

/// Racers on two streams, named in either order: one wins, and nobody waits for ever.
pub async fn one_wins_several_streams<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    if !store.capabilities().multi_stream {
        return;
    }
    for round in 0..ROUNDS {
        let (a, b) = (format!("{round}-a"), format!("{round}-b"));
        let outcomes = race(&store, |racer| {
            let (first, second) = if racer % 2 == 0 { (&a, &b) } else { (&b, &a) };
            let expected = Expected::NoStream;
            commit([write(first, expected, 1), write(second, expected, 1)])
        });
        assert_one_won(&outcomes.await, |lost| matches!(lost, Conflict::Stream { .. }));
    }
    assert_eq!(read(&*store, &Query::All).await.len() as u64, ROUNDS * 2);
}

/// Writers who read, add one and try again on a conflict add up.
pub async fn no_update_is_lost<S: Subject>(fresh: impl AsyncFn() -> S) {
    const WRITERS: usize = 16;
    const UPDATES: u64 = 10;
    let subject = fresh().await;
    let store = subject.store();
    at_once(WRITERS, |_| {
        let store = Arc::clone(&store);
        async move {
            let mut won = 0;
            while won < UPDATES {
                let newest = Query::Stream(stream("a"));
                let read = store.read(newest, Range::ALL, Direction::Backward, 1).await.unwrap();
                let revision = read.events.first().map(|event| event.at.revision);
                let expected = revision.map_or(Expected::NoStream, Expected::Revision);
                match append(&*store, one("a", expected)).await {
                    Ok(receipt) => {
                        assert_eq!(receipt.writes[0].first, revision.map_or(0, |r| r + 1));
                        won += 1;
                    }
                    Err(Refused::Conflict(_)) => {}
                    Err(other) => panic!("{other}"),
                }
            }
        }
    })
    .await;
    assert_eq!(read(&*store, &of_stream("a")).await.len() as u64, WRITERS as u64 * UPDATES);
}
