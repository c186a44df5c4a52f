//! What a store does while its server does not answer, and with nodes that never do.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use eventstore::{Client, EventData};
use eventstoredb_test_server::{Faults, Server, Settings};
use factum_core::store::{
    Commit, EventStore, Expected, Metadata, NewEvent, Query, Receipt, StreamWrite, Tailed,
};
use factum_core::{EventName, Key, StreamName, Tags};
use factum_eventstore::EventStoreDb;
use futures_util::StreamExt;

/// No test waits so long unless it fails.
const LIMIT: Duration = Duration::from_secs(60);

struct Place {
    server: Server,
    faults: Faults,
}

impl Place {
    async fn start() -> Self {
        let faults = Faults::default();
        let server = Server::start(Settings::default(), faults.clone()).await.unwrap();
        Self { server, faults }
    }

    /// A store that waits at most so many milliseconds for each answer.
    async fn store(&self, millis: u32) -> EventStoreDb {
        let url = format!("{}&defaultDeadline={millis}", self.server.url());
        EventStoreDb::connect(url).await.unwrap()
    }
}

async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, what).await.unwrap()
}

fn commit(expected: Expected) -> Commit {
    let name = EventName::fixed("thing.happened");
    let event = NewEvent { name, version: 1, tags: Tags::none(), payload: "1".into() };
    let stream = StreamName::of("thing", "a").unwrap();
    let writes = vec![StreamWrite { stream, expected, events: vec![event] }];
    Commit { key: Key::now_v7(), meta: Metadata::default(), writes, guard: None, views: Vec::new() }
}

async fn accepted(store: &EventStoreDb, commit: Commit) -> Receipt {
    store.append(vec![commit]).await.unwrap().remove(0).unwrap()
}

/// Consumers stop at a log that went backwards, and are rebuilt.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_answer_for_a_while_has_lost_nothing() {
    let place = Place::start().await;
    let store = place.store(300).await;
    let mark = accepted(&store, commit(Expected::Any)).await.mark;
    place.faults.delay_calls(1, LIMIT * 2);
    let mut tail = store.tail(Query::All, Some(mark));
    let first = within(tail.next()).await.unwrap();
    assert!(matches!(&first, Ok(Tailed::Progress(seen)) if *seen == mark), "{first:?}");
}

/// A process that was stopped still has its port, and connections to it are made.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_hangs_is_left_for_another() {
    let hung = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let place = Place::start().await;
    let (hung, good) = (hung.local_addr().unwrap(), place.server.address());
    let url = format!("esdb://{hung},{good}?tls=false&defaultDeadline=4000");
    let store = within(EventStoreDb::connect(url)).await.unwrap();
    within(accepted(&store, commit(Expected::Any))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limit_of_an_append_holds_for_the_reads_that_it_needs() {
    let place = Place::start().await;
    let url = format!("{}&defaultDeadline=3600000", place.server.url());
    let options = EventStoreDb::options().answer_within(Duration::from_millis(200));
    let store = options.connect(url).await.unwrap();
    place.faults.delay(LIMIT * 2);
    let error = within(store.append(vec![commit(Expected::Any)])).await.unwrap_err();
    assert!(error.is_transient() && !error.outcome_unknown(), "{error}");
}

/// A backup has all that a tail has seen of ours, and lacks what was not ours behind it.
#[tokio::test(flavor = "multi_thread")]
async fn a_tail_goes_on_in_a_log_that_lost_nothing_that_it_saw() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log");
    let start = async |port| {
        let settings = Settings { port, file: Some(file.clone()), ..Settings::default() };
        Server::start(settings, Faults::default()).await.unwrap()
    };
    let server = start(0).await;
    let port = server.address().port();
    let store = EventStoreDb::connect(server.url()).await.unwrap();
    let mark = accepted(&store, commit(Expected::Any)).await.mark;
    let backup = std::fs::read(&file).unwrap();
    write(&server, "$system", 300).await;
    let mut tail = store.tail(Query::All, Some(mark));
    let first = within(tail.next()).await.unwrap();
    assert!(matches!(first, Ok(Tailed::Progress(seen)) if seen == mark), "{first:?}");
    server.stop().await;
    std::fs::write(&file, backup).unwrap();
    let elsewhere = start(0).await;
    let other = EventStoreDb::connect(elsewhere.url()).await.unwrap();
    let wanted = accepted(&other, commit(Expected::Any)).await.mark;
    other.close().await;
    elsewhere.stop().await;
    let _server = start(port).await;
    let seen = within(async {
        loop {
            if let Tailed::Events(events) = tail.next().await.unwrap().unwrap() {
                break events[0].at.mark();
            }
        }
    });
    assert_eq!(seen.await, wanted);
}

/// Writes events that are not ours.
async fn write(server: &Server, stream: &str, count: u32) {
    let client = Client::new(format!("{}&discoveryInterval=1", server.url()).parse().unwrap());
    let events: Vec<_> = (0..count).map(|at| EventData::json("stat", &at).unwrap()).collect();
    client.unwrap().append_to_stream(stream, &Default::default(), events).await.unwrap();
}

/// As they do while a leader is elected.
#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_send_each_to_the_other_are_left_at_the_limit() {
    let (one, other) = (Place::start().await, Place::start().await);
    let store = one.store(300).await;
    for (from, to) in [(&one, &other), (&other, &one)] {
        from.faults.not_leader(u32::MAX, "127.0.0.1", to.server.address().port());
    }
    let error = within(store.append(vec![commit(Expected::NoStream)])).await.unwrap_err();
    assert!(error.is_transient() && !error.outcome_unknown(), "{error}");
    let error = within(store.head()).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    for place in [&one, &other] {
        place.faults.not_leader(0, "", 0);
    }
    assert_eq!(within(store.head()).await.unwrap().position.number(), 0);
}
