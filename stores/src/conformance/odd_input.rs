//! Rule 9, its other half: what is odd but allowed works.

use factum_core::store::{Direction, EventStore, Expected, Position, Query, Range};
use factum_core::{EventName, StreamName};

use super::Subject;
use super::making::{accepted, commit, guarded, one, read, write};

/// Stream names with quotes, wildcards, spaces, other scripts; names that differ in little are
/// different streams.
pub async fn stream_names_are_taken_literally<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let longest = format!("thing-{}", "x".repeat(249));
    let names = [
        "thing-a",
        "thing-A",
        "Thing-a",
        "thing-a ",
        " thing-a",
        "thing-a-b",
        "thing-",
        "thing-%",
        "thing-_",
        "thing-*",
        "thing-'; drop table events; --",
        "thing-\"x\"",
        "thing-`$(x)`",
        "thing-{log}",
        "thing-é",
        "thing-e\u{301}",
        "thing-\u{1F980}",
        "thing-a/b\\c",
        "a-b-c-d-",
        "thing-0",
        "thing-00",
        "thing-1e3",
        "$ce-thing",
        &longest,
    ];
    let names: Vec<StreamName> = names.iter().filter_map(|n| StreamName::new(*n).ok()).collect();
    assert_eq!(names.len(), 23, "all but `thing-` are names");
    for (number, name) in names.iter().enumerate() {
        let mut own = commit([write("x", Expected::NoStream, number + 1)]);
        own.writes[0].stream = name.clone();
        assert_eq!(accepted(&*store, own).await.writes[0].stream, *name);
    }
    for (number, name) in names.iter().enumerate() {
        let own = read(&*store, &Query::Stream(name.clone())).await;
        assert_eq!(own.len(), number + 1, "{name:?}");
        assert!(own.iter().all(|event| event.at.stream == *name));
    }
}

/// Event names are taken literally too.
pub async fn event_names_are_taken_literally<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let names = [
        "thing.a",
        "thing.A",
        "Thing.a",
        "thing.a.b",
        "thing.%",
        "thing._",
        "thing.a b",
        "thing.é",
        "thin.g.a",
        "thing.'",
        "a.thing",
        "..a",
        "a..a",
    ];
    let names = names.map(EventName::fixed);
    for name in &names {
        let mut own = one("a", Expected::Any);
        own.writes[0].events[0].name = name.clone();
        accepted(&*store, own).await;
    }
    for name in &names {
        let own = read(&*store, &Query::names([name.clone()])).await;
        assert_eq!((own.len(), &own[0].name), (1, name));
        let context = read(&*store, &Query::context(name.context())).await;
        let wanted = names.iter().filter(|other| other.context() == name.context()).count();
        assert_eq!(context.len(), wanted, "the context of {name}");
    }
    assert!(read(&*store, &Query::names([EventName::fixed("thing")])).await.is_empty());
    assert!(read(&*store, &Query::context("")).await.is_empty());
}

/// Payloads are kept to the byte, also where they are empty or no text.
pub async fn payloads_are_kept_to_the_byte<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let every: Vec<u8> = (0..=255).collect();
    let payloads: [&[u8]; 9] = [
        b"",
        b"{}",
        b"\0",
        b" { \"a\" : 1 } ",
        &every,
        b"7",
        b"007",
        b"1e3",
        b"18446744073709551615",
    ];
    for payload in payloads {
        let mut own = one("a", Expected::Any);
        own.writes[0].events[0].payload = payload.to_vec().into();
        accepted(&*store, own).await;
    }
    let events = read(&*store, &Query::All).await;
    assert!(events.iter().map(|event| &event.payload[..]).eq(payloads));
}

/// Ranges and limits at the edges of their types give an empty or a full page, not an error.
pub async fn ranges_may_be_extreme<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let receipt = accepted(&*store, commit([write("a", Expected::Any, 3)])).await;
    let end = receipt.mark.position;
    let numbers = [u64::from(u32::MAX), i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX];
    for far in numbers {
        let beyond = Position::new(far);
        let empty = [
            Range::after(beyond),
            Range::from_revision(far),
            Range::after(beyond).through(end),
            Range::after(end).through(Position::START),
            Range::after(beyond).through(beyond),
            Range::ALL.through(Position::START),
        ];
        for range in empty {
            assert_eq!(events(&*store, range, usize::MAX).await, (0, 0), "{range:?}");
        }
        assert_eq!(events(&*store, Range::ALL.through(beyond), usize::MAX).await, (3, 3));
    }
    assert_eq!(events(&*store, Range::ALL, 0).await, (0, 0));
    assert_eq!(events(&*store, Range::ALL, usize::MAX).await, (3, 3));
    if store.capabilities().guards {
        let mut after = receipt.mark;
        after.position = Position::new(u64::MAX);
        accepted(&*store, guarded(one("a", Expected::Any), Query::All, after)).await;
    }
}

/// How many events of a stream, and of all, lie in a range, in either direction.
async fn events(store: &dyn EventStore, range: Range, limit: usize) -> (usize, usize) {
    let mut counts = Vec::new();
    for query in [super::making::of_stream("a"), Query::All] {
        let mut both = Vec::new();
        for direction in [Direction::Forward, Direction::Backward] {
            let page = store.read(query.clone(), range, direction, limit).await.unwrap();
            both.push(page.events.len());
        }
        assert_eq!(both[0], both[1], "in either direction");
        counts.push(both[0]);
    }
    (counts[0], counts[1])
}
