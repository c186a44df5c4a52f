//! Rule 8: a conflict is a value that names what was expected and what is.

use std::sync::Arc;

use factum_core::store::{Actual, Conflict, Expected, Query};

use super::Subject;
use super::following::at_once;
use super::making::{
    accepted, append, conflict, guarded, of_stream, one, one_tagged, read, stream, tags,
};

/// Each expectation, on a stream without events and on one with three.
pub async fn each_expectation_is_checked<S: Subject>(fresh: impl AsyncFn() -> S) {
    use Expected::{Any, Exists, NoStream, Revision};
    let subject = fresh().await;
    let store = subject.store();
    let table = [
        (Any, true, true),
        (NoStream, true, false),
        (Exists, false, true),
        (Revision(0), false, false),
        (Revision(1), false, false),
        (Revision(2), false, true),
        (Revision(3), false, false),
        (Revision(u64::from(u32::MAX) + 3), false, false),
        (Revision(i64::MAX as u64), false, false),
        (Revision(i64::MAX as u64 + 1), false, false),
        (Revision(u64::MAX), false, false),
    ];
    for (row, (expected, without, with)) in table.into_iter().enumerate() {
        let (empty, three) = (format!("{row}-empty"), format!("{row}-three"));
        for _ in 0..3 {
            accepted(&*store, one(&three, Any)).await;
        }
        let cases = [(empty, without, Actual::NoStream, 0), (three, with, Actual::Revision(2), 3)];
        for (id, holds, actual, first) in cases {
            if holds {
                let receipt = accepted(&*store, one(&id, expected)).await;
                assert_eq!(receipt.writes[0].first, first);
            } else {
                let told = conflict(&*store, one(&id, expected)).await;
                assert_eq!(told, Conflict::Stream { stream: stream(&id), expected, actual });
                assert_eq!(read(&*store, &of_stream(&id)).await.len() as u64, first);
            }
        }
    }
}

/// A guard names its query, its position and the first event that it forbids.
pub async fn a_guard_names_what_it_found<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    if !store.capabilities().guards {
        return;
    }
    let start = store.head().await.unwrap();
    let mut marks = vec![start];
    for round in 0..6 {
        let tag = format!("seat:{}", round % 2);
        marks.push(accepted(&*store, one_tagged(round, &[&tag, "room:1"])).await.mark);
    }
    let seat = Query::tagged(tags(&["room:1", "seat:0"]));
    let queries = [
        // The events at 1, 3 and 5 match it.
        (seat.clone(), [Some(1), Some(3), Some(3), Some(5), Some(5), None, None]),
        (of_stream(3), [Some(4), Some(4), Some(4), Some(4), None, None, None]),
        (Query::All, [Some(1), Some(2), Some(3), Some(4), Some(5), Some(6), None]),
        (Query::context("other"), [None; 7]),
        (Query::AnyOf(vec![]), [None; 7]),
    ];
    for (query, found) in queries {
        for (after, found) in marks.iter().zip(found) {
            // Refused by its stream where the guard holds, so that it stores nothing.
            let try_ = guarded(one("none", Expected::Revision(9)), query.clone(), *after);
            let told = conflict(&*store, try_).await;
            assert!(matches!(told, Conflict::Stream { .. }), "the stream is checked first");
            let Some(found) = found else { continue };
            let told =
                conflict(&*store, guarded(one("none", Expected::Any), query.clone(), *after)).await;
            let (query, after, found) = (query.clone(), after.position, marks[found].position);
            assert_eq!(told, Conflict::Guard { query, after, found });
        }
    }
    assert_eq!(store.head().await.unwrap(), marks[6], "no commit that was refused is stored");
    accepted(&*store, guarded(one("new", Expected::Any), seat, marks[5])).await;
}

/// Writers on unrelated streams never conflict.
pub async fn unrelated_streams_never_conflict<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    at_once(64, |writer| {
        let store = Arc::clone(&store);
        async move {
            for revision in 0..20_u64 {
                let before = revision.checked_sub(1);
                let expected = before.map_or(Expected::NoStream, Expected::Revision);
                let outcome = append(&*store, one(writer, expected)).await;
                assert_eq!(outcome.unwrap().writes[0].first, revision);
            }
        }
    })
    .await;
}

/// Writers whose guards have nothing to do with each other never conflict.
pub async fn unrelated_guards_never_conflict<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    if !store.capabilities().guards {
        return;
    }
    let start = store.head().await.unwrap();
    at_once(64, |writer| {
        let store = Arc::clone(&store);
        async move {
            let (tag, mut known) = (format!("seat:{writer}"), start);
            for _ in 0..10 {
                let commit = one_tagged(writer, &[&tag, "room:1"]);
                let own = guarded(commit, Query::tagged(tags(&[&tag])), known);
                known = append(&*store, own).await.unwrap().mark;
            }
        }
    })
    .await;
}

/// An append that expects nothing succeeds, however many try it at once.
pub async fn an_unconditional_append_always_works<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    at_once(64, |_| {
        let store = Arc::clone(&store);
        async move {
            for _ in 0..10 {
                append(&*store, one("a", Expected::Any)).await.unwrap();
            }
        }
    })
    .await;
    assert_eq!(read(&*store, &of_stream("a")).await.len(), 640);
}
