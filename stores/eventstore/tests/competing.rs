//! Competing consumers of events that the store appended.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use bytes::Bytes;
use eventstoredb_test_server::{Faults, Server, Settings};
use factum_core::store::{
    Commit, Direction, EventStore, Expected, NewEvent, Query, Range, Recorded, StreamWrite,
};
use factum_core::{EventName, Key, StreamName};
use factum_eventstore::{CompetingConsumer, EventStoreDb};

const LIMIT: Duration = Duration::from_secs(60);

async fn store() -> (Server, EventStoreDb) {
    let server = Server::start(Settings::default(), Faults::default()).await.unwrap();
    let store = EventStoreDb::connect(server.url()).await.unwrap();
    (server, store)
}

async fn append(store: &EventStoreDb, stream: &str, events: usize) {
    let event = NewEvent {
        name: EventName::new("mail.asked").unwrap(),
        version: 1,
        tags: Default::default(),
        payload: Bytes::from_static(b"{}"),
    };
    let write = StreamWrite {
        stream: StreamName::new(stream).unwrap(),
        expected: Expected::Any,
        events: vec![event; events],
    };
    let commit = Commit {
        key: Key::now_v7(),
        meta: Default::default(),
        writes: vec![write],
        guard: None,
        views: Vec::new(),
    };
    let outcomes = store.append(vec![commit]).await.unwrap();
    assert!(matches!(outcomes[..], [Ok(_)]), "{outcomes:?}");
}

async fn all(store: &EventStoreDb) -> Vec<Recorded> {
    let page = store.read(Query::All, Range::ALL, Direction::Forward, 100).await.unwrap();
    page.events
}

/// Acknowledges so many events, and returns them in the log's order.
async fn take(consumer: &mut CompetingConsumer, count: usize) -> Vec<Recorded> {
    let mut taken = Vec::new();
    while taken.len() < count {
        let delivery = tokio::time::timeout(LIMIT, consumer.next()).await.unwrap().unwrap();
        taken.push(delivery.event().clone());
        delivery.ack();
    }
    taken.sort_unstable_by_key(|event| event.at.position);
    taken
}

#[tokio::test]
async fn a_consumer_gets_the_events_that_readers_get() {
    let (_server, store) = store().await;
    append(&store, "a-1", 2).await;
    append(&store, "$odd-1", 1).await;
    let mut consumer = store.competing("mailer").start().await.unwrap();
    assert_eq!(take(&mut consumer, 3).await, all(&store).await);
    append(&store, "a-1", 1).await;
    assert_eq!(take(&mut consumer, 1).await, all(&store).await[3..]);
}

#[tokio::test]
async fn a_group_can_be_of_one_stream_and_of_what_comes_after_a_mark() {
    let (_server, store) = store().await;
    append(&store, "$odd-1", 1).await;
    let mark = store.head().await.unwrap();
    append(&store, "a-1", 2).await;
    append(&store, "$odd-1", 1).await;
    let stored = all(&store).await;
    let mut consumer = store.competing("all").after(mark).start().await.unwrap();
    assert_eq!(take(&mut consumer, 3).await, stored[1..]);
    let stream = StreamName::new("$odd-1").unwrap();
    let group = store.competing("odd").stream(&stream).after(mark);
    let mut consumer = group.start().await.unwrap();
    assert_eq!(take(&mut consumer, 1).await, stored[3..]);
}
