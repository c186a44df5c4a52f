//! What the tests append.

use std::fmt::Display;
use std::sync::atomic::{AtomicU64, Ordering};

use factum_core::store::{
    Commit, Conflict, Direction, EventStore, Expected, Guard, Mark, Metadata, NewEvent, Outcome,
    Page, Query, Range, Receipt, Recorded, Refused, StreamWrite,
};
use factum_core::{EventName, Key, StreamName, Tag, Tags, Timestamp};

/// How many events the helpers read at once: small, so that pages meet.
const PAGE: usize = 100;

pub(super) fn stream(id: impl Display) -> StreamName {
    StreamName::of("thing", &id.to_string()).unwrap()
}

pub(super) fn tags(tags: &[&str]) -> Tags {
    tags.iter().map(|tag| Tag::parse(tag).unwrap()).collect()
}

/// An event unlike any other.
pub(super) fn event(name: &'static str) -> NewEvent {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let payload = format!("{{\"n\":{}}}", NEXT.fetch_add(1, Ordering::Relaxed)).into();
    NewEvent { name: EventName::fixed(name), version: 1, tags: Tags::none(), payload }
}

pub(super) fn tagged(name: &'static str, with: &[&str]) -> NewEvent {
    NewEvent { tags: tags(with), ..event(name) }
}

/// A write of so many events.
pub(super) fn write(id: impl Display, expected: Expected, events: usize) -> StreamWrite {
    let events = (0..events).map(|_| event("thing.happened")).collect();
    StreamWrite { stream: stream(id), expected, events }
}

pub(super) fn commit<const N: usize>(writes: [StreamWrite; N]) -> Commit {
    let meta = Metadata { time: Timestamp::from_micros(1), ..Metadata::default() };
    Commit { key: Key::now_v7(), meta, writes: writes.into(), guard: None, views: Vec::new() }
}

/// A commit of one event.
pub(super) fn one(id: impl Display, expected: Expected) -> Commit {
    commit([write(id, expected, 1)])
}

/// A commit of one event with tags.
pub(super) fn one_tagged(id: impl Display, with: &[&str]) -> Commit {
    let events = vec![tagged("thing.happened", with)];
    commit([StreamWrite { stream: stream(id), expected: Expected::Any, events }])
}

pub(super) fn guarded(commit: Commit, query: Query, after: Mark) -> Commit {
    Commit { guard: Some(Guard { query, after: after.position }), ..commit }
}

pub(super) async fn append(store: &dyn EventStore, commit: Commit) -> Outcome {
    let mut outcomes = store.append(vec![commit]).await.unwrap();
    assert_eq!(outcomes.len(), 1, "one outcome a commit");
    outcomes.remove(0)
}

pub(super) async fn accepted(store: &dyn EventStore, commit: Commit) -> Receipt {
    append(store, commit).await.unwrap()
}

pub(super) async fn refused(store: &dyn EventStore, commit: Commit) -> Refused {
    append(store, commit).await.unwrap_err()
}

/// The conflict that a commit meets.
pub(super) async fn conflict(store: &dyn EventStore, commit: Commit) -> Conflict {
    match refused(store, commit).await {
        Refused::Conflict(conflict) => conflict,
        other => panic!("a conflict was to come, not: {other}"),
    }
}

pub(super) async fn page(store: &dyn EventStore, query: &Query, range: Range) -> Page {
    store.read(query.clone(), range, Direction::Forward, PAGE).await.unwrap()
}

/// All that matches, page by page.
pub(super) async fn read(store: &dyn EventStore, query: &Query) -> Vec<Recorded> {
    read_since(store, query, None).await
}

/// All that matches and stands after a mark, page by page.
pub(super) async fn read_since(
    store: &dyn EventStore,
    query: &Query,
    mark: Option<Mark>,
) -> Vec<Recorded> {
    let (mut range, mut events) = (mark.map_or(Range::ALL, Range::since), Vec::new());
    loop {
        let page = page(store, query, range).await;
        events.extend(page.events);
        if !page.more {
            return events;
        }
        assert!(page.complete_to.position > range.after, "a page with more gets somewhere");
        range = Range::since(page.complete_to);
    }
}

pub(super) fn of_stream(id: impl Display) -> Query {
    Query::Stream(stream(id))
}
