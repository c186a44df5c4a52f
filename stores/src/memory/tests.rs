//! What only this store promises. The contract is tested by the conformance suite.

use factum_core::store::{
    Commit, Direction, EventStore, Expected, Limits, Metadata, NewEvent, Position, Query, Range,
    Refused, StoreError, StreamWrite, Tailed,
};
use factum_core::{EventName, Key, StreamName, Tags};
use futures_util::StreamExt;

use super::MemoryStore;

fn commit(stream: &str, events: usize) -> Commit {
    let event = NewEvent {
        name: EventName::fixed("thing.happened"),
        version: 1,
        tags: Tags::none(),
        payload: "{}".into(),
    };
    let stream = StreamName::of("thing", stream).unwrap();
    let write = StreamWrite { stream, expected: Expected::Any, events: vec![event; events] };
    Commit {
        key: Key::now_v7(),
        meta: Metadata::default(),
        writes: vec![write],
        guard: None,
        views: Vec::new(),
    }
}

async fn append(store: &MemoryStore, commit: Commit) -> Position {
    store.append(vec![commit]).await.unwrap().remove(0).unwrap().mark.position
}

#[tokio::test]
async fn its_tails_end_with_the_last_handle() {
    let store = MemoryStore::new();
    let mut tail = store.tail(Query::All, None);
    let other = store.clone();
    drop(store);
    append(&other, commit("one", 1)).await;
    assert!(matches!(tail.next().await, Some(Ok(Tailed::Events(events))) if events.len() == 1));
    assert!(matches!(tail.next().await, Some(Ok(Tailed::Progress(_)))));
    drop(other);
    assert!(matches!(tail.next().await, Some(Err(StoreError::Closed))));
    assert!(tail.next().await.is_none());
}

#[tokio::test]
async fn pages_are_bounded_and_join_across_chunks() {
    let store = MemoryStore::new();
    for _ in 0..3 {
        append(&store, commit("one", 3333)).await;
    }
    let (mut after, mut seen) = (Position::START, 0);
    loop {
        let read = store.read(Query::All, Range::after(after), Direction::Forward, usize::MAX);
        let page = read.await.unwrap();
        assert!(page.events.len() <= 4096);
        for event in &page.events {
            assert_eq!((event.at.position.number(), event.at.revision), (seen + 1, seen));
            seen += 1;
        }
        assert_eq!(page.complete_to.position.number(), seen);
        after = page.complete_to.position;
        if !page.more {
            break;
        }
    }
    assert_eq!(seen, 9999);
}

#[tokio::test]
async fn limits_are_its_owners() {
    let store = MemoryStore::with_limits(Limits { event_bytes: 1, ..Limits::default() });
    assert_eq!(store.capabilities().limits.event_bytes, 1);
    let outcome = store.append(vec![commit("one", 1)]).await.unwrap().remove(0);
    assert!(matches!(outcome, Err(Refused::Bad(_))));
}
