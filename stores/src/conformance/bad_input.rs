//! Rule 9: bad input is a typed error that names what and where, and stores nothing.

use factum_core::EventName;
use factum_core::names::{BadName, MAX_NAME_BYTES, NameProblem};
use factum_core::store::{BadCommit, Commit, EventStore, Expected, NewEvent, Query, Refused};

use super::Subject;
use super::making::{accepted, commit, event, one, read, refused, stream, write};

/// What a store says of a commit that no store takes. It must store nothing and go on.
async fn bad(store: &dyn EventStore, commit: Commit) -> BadCommit {
    let (before, key) = (store.head().await.unwrap(), commit.key);
    let Refused::Bad(problem) = refused(store, commit).await else {
        panic!("bad input is refused as such");
    };
    assert_eq!(store.head().await.unwrap(), before);
    assert_eq!(store.find(key, &stream("a")).await.unwrap(), None);
    accepted(store, one("good", Expected::Any)).await;
    problem
}

fn with(change: impl Fn(&mut NewEvent)) -> Commit {
    let mut commit = commit([write("a", Expected::Any, 3)]);
    change(&mut commit.writes[0].events[1]);
    commit
}

/// A commit without events, and one with a write without events.
pub async fn a_commit_has_events<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    assert_eq!(bad(&*store, commit([])).await, BadCommit::Empty);
    assert_eq!(bad(&*store, commit([write("a", Expected::Any, 0)])).await, BadCommit::Empty);
    let half = commit([write("a", Expected::Any, 1), write("b", Expected::Any, 0)]);
    assert_eq!(bad(&*store, half).await, BadCommit::EmptyWrite { stream: stream("b") });
}

/// A commit that names one stream twice.
pub async fn a_commit_names_a_stream_once<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let twice = commit([write("a", Expected::Any, 1), write("a", Expected::Any, 1)]);
    let problem = bad(&*subject.store(), twice).await;
    assert_eq!(problem, BadCommit::RepeatedStream { stream: stream("a") });
}

/// Names that are empty, over-long, unprintable or without a context.
pub async fn names_are_checked<S: Subject>(fresh: impl AsyncFn() -> S) {
    const LONG: &str = const {
        const BYTES: [u8; MAX_NAME_BYTES + 1] = {
            let mut bytes = [b'x'; MAX_NAME_BYTES + 1];
            bytes[5] = b'.';
            bytes
        };
        match std::str::from_utf8(&BYTES) {
            Ok(text) => text,
            Err(_) => "",
        }
    };
    let subject = fresh().await;
    let store = subject.store();
    let names = [
        ("", NameProblem::Empty),
        (LONG, NameProblem::TooLong { bytes: MAX_NAME_BYTES + 1 }),
        ("thing.\n", NameProblem::Unprintable { at: 6, character: '\n' }),
        ("thing.\0", NameProblem::Unprintable { at: 6, character: '\0' }),
        ("happened", NameProblem::NoContext),
        ("thing.", NameProblem::NoContext),
        (".happened", NameProblem::NoContext),
    ];
    for (name, problem) in names {
        let told = bad(&*store, with(|event| event.name = EventName::fixed(name))).await;
        let BadCommit::Name { stream: of, index: 1, problem: BadName { problem: told, .. } } = told
        else {
            panic!("{name:?} was to be named, not: {told}")
        };
        assert_eq!((of, told), (stream("a"), problem));
    }
    let longest = EventName::fixed(&LONG[..MAX_NAME_BYTES]);
    accepted(&*store, with(|event| event.name = longest.clone())).await;
    assert_eq!(read(&*store, &Query::names([longest.clone()])).await.len(), 1);
}

/// Versions count from 1.
pub async fn versions_are_checked<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let told = bad(&*subject.store(), with(|event| event.version = 0)).await;
    let name = event("thing.happened").name;
    assert_eq!(told, BadCommit::Version { stream: stream("a"), index: 1, name });
}

/// The limits are where the store says, to the byte and the event.
pub async fn limits_are_kept<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let limits = store.capabilities().limits;
    let payload = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));

    let limit = limits.event_bytes.min(limits.commit_bytes);
    let large = commit([write("large", Expected::Any, 1)]);
    let sized = |bytes: usize| {
        let mut commit = Commit { key: factum_core::Key::now_v7(), ..large.clone() };
        commit.writes[0].events[0].payload = payload(bytes).into();
        commit
    };
    accepted(&*store, sized(limit)).await;
    if limits.event_bytes <= limits.commit_bytes {
        let (stream, name) = (stream("large"), event("thing.happened").name);
        let bytes = limit + 1;
        let told = bad(&*store, sized(bytes)).await;
        assert_eq!(told, BadCommit::TooLarge { stream, index: 0, name, bytes, limit });
    }
    let of_large = Query::Stream(stream("large"));
    assert_eq!(read(&*store, &of_large).await[0].payload.len(), limit);

    let limit = limits.commit_events;
    let many = commit([write("many", Expected::Any, limit)]);
    assert_eq!(accepted(&*store, many).await.writes[0].last, limit as u64 - 1);
    let told = bad(&*store, commit([write("many", Expected::Any, limit + 1)])).await;
    assert_eq!(told, BadCommit::TooMany { events: limit + 1, limit });

    together(&*store, limits.commit_bytes, limits.event_bytes, limits.commit_events).await;
}

/// A commit exactly at the limit of its bytes, and one of a byte more.
async fn together(store: &dyn EventStore, limit: usize, event_bytes: usize, events: usize) {
    if event_bytes.checked_mul(events).is_none_or(|most| most <= limit) {
        return;
    }
    let sized = |bytes: usize| {
        let mut commit = commit([write("together", Expected::Any, bytes.div_ceil(event_bytes))]);
        let mut left = bytes;
        for event in &mut commit.writes[0].events {
            let size = left.min(event_bytes);
            event.payload = vec![b' '; size].into();
            left -= size;
        }
        commit
    };
    accepted(store, sized(limit)).await;
    let told = bad(store, sized(limit + 1)).await;
    assert_eq!(told, BadCommit::TooLargeTogether { bytes: limit + 1, limit });
}

/// A bad commit in a run fails alone.
pub async fn a_bad_commit_fails_alone<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let run = vec![
        one("a", Expected::NoStream),
        with(|event| event.version = 0),
        commit([]),
        one("b", Expected::NoStream),
    ];
    let outcomes = store.append(run).await.unwrap();
    assert!(matches!(outcomes[1], Err(Refused::Bad(BadCommit::Version { .. }))));
    assert!(matches!(outcomes[2], Err(Refused::Bad(BadCommit::Empty))));
    assert!(outcomes[0].is_ok() && outcomes[3].is_ok());
    assert_eq!(read(&*store, &Query::All).await.len(), 2);
}

/// A known key does not make a bad commit good.
pub async fn the_form_is_checked_first<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let good = one("a", Expected::Any);
    accepted(&*store, good.clone()).await;
    let bad = Commit { key: good.key, ..with(|event| event.version = 0) };
    assert!(matches!(refused(&*store, bad).await, Refused::Bad(BadCommit::Version { .. })));
}
