//! Runs of commits: each gets its own outcome, and what was decided on top of a failure fails with it.

use std::sync::Arc;

use factum_core::store::{
    Commit, EventStore, Expected, Outcome, Query, Receipt, Refused, StreamWrite,
};

use super::Subject;
use super::following::at_once;
use super::making::{
    accepted, commit, guarded, of_stream, one, one_tagged, read, stream, tags, write,
};

async fn run<const N: usize>(store: &dyn EventStore, run: [Commit; N]) -> Vec<Outcome> {
    let outcomes = store.append(run.into()).await.unwrap();
    assert_eq!(outcomes.len(), N, "one outcome for each commit, in order");
    outcomes
}

/// A commit that can only fail.
fn failing(id: &str) -> Commit {
    one(id, Expected::Revision(1 << 40))
}

fn is_conflict(outcome: &Outcome) -> bool {
    matches!(outcome, Err(Refused::Conflict(_)))
}

fn assert_predecessor(outcome: &Outcome, indexes: &[usize]) {
    match outcome {
        Err(Refused::Predecessor { index }) => assert!(indexes.contains(index), "{index}"),
        other => panic!("a predecessor failed, but the outcome is {other:?}"),
    }
}

/// A run without commits has no outcomes.
pub async fn a_run_may_be_empty<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    assert!(run(&*subject.store(), []).await.is_empty());
    assert_eq!(subject.store().head().await.unwrap().event, None);
}

/// Commits of a run build on each other.
pub async fn commits_build_on_each_other<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let commits = [
        one("a", Expected::NoStream),
        one("a", Expected::Revision(0)),
        one("b", Expected::NoStream),
        commit([write("a", Expected::Revision(1), 3)]),
        one("a", Expected::Revision(4)),
        one("b", Expected::Exists),
    ];
    let keys = commits.clone().map(|commit| commit.key);
    let outcomes = run(&*store, commits).await;
    let receipts: Vec<Receipt> = outcomes.into_iter().map(Result::unwrap).collect();
    assert!(receipts.iter().map(|receipt| receipt.key).eq(keys));
    let firsts: Vec<u64> = receipts.iter().map(|receipt| receipt.writes[0].first).collect();
    assert_eq!(firsts, [0, 1, 0, 2, 5, 1]);
}

/// A failure fails what shares a stream with it, and what failed so fails the next; the rest goes on.
pub async fn a_failure_fails_what_is_on_top<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let outcomes = run(
        &*store,
        [
            one("a", Expected::Any),
            failing("a"),
            one("a", Expected::Any),
            one("b", Expected::Any),
            // As expected, if only it had not been decided on the failure's state.
            one("a", Expected::Revision(0)),
            one("b", Expected::Revision(0)),
        ],
    )
    .await;
    assert!(outcomes[0].is_ok() && outcomes[3].is_ok() && outcomes[5].is_ok());
    assert!(is_conflict(&outcomes[1]));
    assert_predecessor(&outcomes[2], &[1]);
    assert_predecessor(&outcomes[4], &[1, 2]);
    assert_eq!(read(&*store, &of_stream("a")).await.len(), 1);
    assert_eq!(read(&*store, &of_stream("b")).await.len(), 2);
}

/// A failure spreads over commits of several streams.
pub async fn a_failure_spreads<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    if !store.capabilities().multi_stream {
        return;
    }
    let both = |one, other| commit([write(one, Expected::Any, 1), write(other, Expected::Any, 1)]);
    let outcomes = run(
        &*store,
        [failing("a"), both("a", "b"), both("b", "c"), one("d", Expected::Any), both("d", "c")],
    )
    .await;
    assert!(is_conflict(&outcomes[0]));
    assert_predecessor(&outcomes[1], &[0]);
    assert_predecessor(&outcomes[2], &[1]);
    assert!(outcomes[3].is_ok());
    assert_predecessor(&outcomes[4], &[2]);
    assert_eq!(read(&*store, &Query::All).await.len(), 1);
}

/// Every kind of refusal is a failure: bad input and a reused key as well as a conflict.
pub async fn every_refusal_is_a_failure<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let known = accepted(&*store, one("a", Expected::Any)).await;
    let reused = Commit { key: known.key, ..one("a", Expected::Any) };
    let mut bad = one("b", Expected::Any);
    bad.writes[0].events[0].version = 0;
    let commits = [reused, one("a", Expected::Any), bad, one("b", Expected::Any)];
    let outcomes = run(&*store, commits).await;
    assert!(matches!(outcomes[0], Err(Refused::KeyReused { .. })));
    assert_predecessor(&outcomes[1], &[0]);
    assert!(matches!(outcomes[2], Err(Refused::Bad(_))));
    assert_predecessor(&outcomes[3], &[2]);
}

/// Any failure fails a later commit with a guard: a guard names no stream, so it may depend on
/// anything.
pub async fn a_failure_fails_guards<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    if !store.capabilities().guards {
        return;
    }
    let head = store.head().await.unwrap();
    let with_guard = |id| guarded(one(id, Expected::Any), Query::context("other"), head);
    let commits = [with_guard("a"), failing("b"), with_guard("c"), one("d", Expected::Any)];
    let outcomes = run(&*store, commits).await;
    assert!(outcomes[0].is_ok() && outcomes[3].is_ok());
    assert!(is_conflict(&outcomes[1]));
    assert_predecessor(&outcomes[2], &[1]);
}

/// A known key is answered even on top of a failure, so that a whole run can be tried again.
pub async fn a_run_can_be_tried_again<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let stored = [one("a", Expected::NoStream), one("a", Expected::Revision(0))];
    let first: Vec<Receipt> =
        run(&*store, stored.clone()).await.into_iter().map(Result::unwrap).collect();
    let [one_, two] = stored;
    let three = one("a", Expected::Revision(1));
    let outcomes = run(&*store, [failing("a"), one_, two, three.clone()]).await;
    assert!(is_conflict(&outcomes[0]));
    for (outcome, first) in outcomes[1..3].iter().zip(&first) {
        assert_eq!(*outcome, Ok(Receipt { repeated: true, ..first.clone() }));
    }
    assert_predecessor(&outcomes[3], &[0]);
    assert_eq!(accepted(&*store, three).await.writes[0].first, 2);
}

/// A guard does not see the earlier commits of its own run, stored now or before: it was decided on
/// top of them.
pub async fn a_guard_ignores_its_own_run<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    if !store.capabilities().guards {
        return;
    }
    let (seat, head) = (Query::tagged(tags(&["seat:1"])), store.head().await.unwrap());
    let take = |id| guarded(one_tagged(id, &["seat:1"]), seat.clone(), head);
    let known = take("a");
    accepted(&*store, known.clone()).await;
    let outcomes = run(&*store, [known, take("b"), take("c")]).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    let outcomes = run(&*store, [take("d"), take("e")]).await;
    assert!(is_conflict(&outcomes[0]), "another run's events count: {:?}", outcomes[0]);
    assert_predecessor(&outcomes[1], &[0]);
    assert_eq!(read(&*store, &seat).await.len(), 3);
}

/// A guard ignores its own run also where that is long: it costs no more than to look at what is new.
pub async fn a_guarded_run_may_be_long<S: Subject>(fresh: impl AsyncFn() -> S) {
    const COMMITS: usize = 2000;
    let subject = fresh().await;
    let store = subject.store();
    if !store.capabilities().guards {
        return;
    }
    for query in [Query::All, Query::context("thing"), Query::tagged(tags(&["all:1"]))] {
        let head = store.head().await.unwrap();
        let commits =
            (0..COMMITS).map(|id| guarded(one_tagged(id, &["all:1"]), query.clone(), head));
        let outcomes = store.append(commits.collect()).await.unwrap();
        assert!(outcomes.iter().all(Result::is_ok), "{query}");
    }
}

/// Runs of many callers at once stay apart: a failure in one is nothing to the others.
pub async fn runs_of_many_callers_stay_apart<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    at_once(64, |caller| {
        let store = Arc::clone(&store);
        async move {
            for _ in 0..10 {
                if caller % 2 == 0 {
                    let outcomes = run(&*store, [failing("shared"), one("shared", Expected::Any)]);
                    assert_predecessor(&outcomes.await[1], &[0]);
                } else {
                    let outcomes =
                        run(&*store, [one("shared", Expected::Any), one(caller, Expected::Any)]);
                    assert!(outcomes.await.iter().all(Result::is_ok));
                }
            }
        }
    })
    .await;
    assert_eq!(read(&*store, &of_stream("shared")).await.len(), 320);
}

/// A run may be long, and its commits stand in its order.
pub async fn a_run_may_be_long<S: Subject>(fresh: impl AsyncFn() -> S) {
    const COMMITS: u64 = 2000;
    let subject = fresh().await;
    let store = subject.store();
    let mut commits: Vec<Commit> = Vec::new();
    for number in 0..COMMITS {
        let expected = number.checked_sub(1).map_or(Expected::NoStream, Expected::Revision);
        let StreamWrite { events, .. } = write("a", expected, 1);
        commits.push(commit([StreamWrite { stream: stream("a"), expected, events }]));
    }
    let outcomes = store.append(commits.clone()).await.unwrap();
    assert_eq!(outcomes.len() as u64, COMMITS);
    assert!(outcomes.iter().all(Result::is_ok));
    let events = read(&*store, &of_stream("a")).await;
    assert!(events.iter().map(|event| event.at.key).eq(commits.iter().map(|commit| commit.key)));
}
