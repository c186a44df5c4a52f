//! Others on the same server: writers of the same log, and programs that know nothing of it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use eventstore::{AppendToStreamOptions, Client, EventData, StreamState};
use eventstoredb_test_server::{Faults, Server, Settings};
use factum_core::store::{
    Actual, Commit, Conflict, Direction, EventStore, Expected, Metadata, NewEvent, Query, Range,
    Receipt, Refused, StoreError, StreamWrite, Tailed,
};
use factum_core::{EventName, Key, StreamName, Tags};
use factum_eventstore::EventStoreDb;
use futures_util::StreamExt;
use serde_json::json;

struct Place {
    server: Server,
    faults: Faults,
    store: EventStoreDb,
}

async fn place() -> Place {
    let faults = Faults::default();
    let server = Server::start(Settings::default(), faults.clone()).await.unwrap();
    let store = EventStoreDb::connect(server.url()).await.unwrap();
    Place { server, faults, store }
}

fn stream() -> StreamName {
    StreamName::of("thing", "a").unwrap()
}

fn commit(expected: Expected, payload: &'static str) -> Commit {
    let name = EventName::fixed("thing.happened");
    let event = NewEvent { name, version: 1, tags: Tags::none(), payload: payload.into() };
    let writes = vec![StreamWrite { stream: stream(), expected, events: vec![event] }];
    Commit { key: Key::now_v7(), meta: Metadata::default(), writes, guard: None, views: Vec::new() }
}

async fn accepted(store: &EventStoreDb, commit: &Commit) -> Receipt {
    store.append(vec![commit.clone()]).await.unwrap().remove(0).unwrap()
}

async fn events(store: &EventStoreDb, query: Query) -> Vec<String> {
    let page = store.read(query, Range::ALL, Direction::Forward, 100).await.unwrap();
    page.events.iter().map(|event| String::from_utf8(event.payload.to_vec()).unwrap()).collect()
}

/// Whatever was expected, and whoever tries again.
#[tokio::test(flavor = "multi_thread")]
async fn an_append_whose_answer_was_lost_can_be_tried_again() {
    for expected in [Expected::NoStream, Expected::Any, Expected::Revision(0)] {
        let place = place().await;
        if expected != Expected::NoStream {
            accepted(&place.store, &commit(Expected::NoStream, "0")).await;
        }
        let lost = commit(expected, "1");
        place.faults.drop_replies(1);
        let error = place.store.append(vec![lost.clone()]).await.unwrap_err();
        assert!(error.outcome_unknown(), "{error}");
        let other = EventStoreDb::connect(place.server.url()).await.unwrap();
        let again = accepted(&other, &lost).await;
        assert!(again.repeated, "{expected:?}");
        assert_eq!(accepted(&place.store, &lost).await, again);
        let newest =
            place.store.read(Query::All, Range::ALL, Direction::Backward, 1).await.unwrap();
        assert_eq!(newest.events[0].at.mark(), again.mark);
        assert_eq!(place.store.head().await.unwrap(), again.mark);
    }
}

/// The server takes an append of known ids for done: that must not hide what is in it.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_another_process_used_is_known() {
    let place = place().await;
    let other = EventStoreDb::connect(place.server.url()).await.unwrap();
    for store in [&place.store, &other] {
        accepted(store, &commit(Expected::Any, "0")).await;
    }
    let newest = place.store.read(Query::All, Range::ALL, Direction::Backward, 1).await.unwrap();
    let expected = Expected::Revision(newest.events[0].at.revision);
    // Each of the two thinks that the stream ends where this one expects it to.
    let first = commit(expected, "1");
    let receipt = accepted(&other, &first).await;
    let again = accepted(&place.store, &first).await;
    assert_eq!(again, Receipt { repeated: true, ..receipt.clone() });
    let third = EventStoreDb::connect(place.server.url()).await.unwrap();
    let reused = Commit { key: first.key, ..commit(Expected::NoStream, "2") };
    let outcome = third.append(vec![reused]).await.unwrap().remove(0);
    let position = receipt.mark.position;
    assert_eq!(outcome, Err(Refused::KeyReused { key: first.key, position }));
}

fn client(place: &Place) -> Client {
    let url = format!("{}&discoveryInterval=1", place.server.url());
    Client::new(url.parse().unwrap()).unwrap()
}

async fn foreign(place: &Place, stream: &str, metadata: Option<serde_json::Value>) {
    let client = client(place);
    let event = EventData::json("foreign.event", &json!({"foreign": true})).unwrap();
    let event = match metadata {
        Some(metadata) => event.metadata_as_json(&metadata).unwrap(),
        None => event,
    };
    let options = AppendToStreamOptions::default().stream_state(StreamState::Any);
    client.append_to_stream(stream, &options, event).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_others_are_left_out() {
    let place = place().await;
    foreign(&place, "thing-a", None).await;
    accepted(&place.store, &commit(Expected::NoStream, "1")).await;
    foreign(&place, "thing-a", Some(json!({"other": 1}))).await;
    foreign(&place, "elsewhere", None).await;
    let last = accepted(&place.store, &commit(Expected::Revision(1), "2")).await;
    foreign(&place, "elsewhere", None).await;
    assert_eq!(last.writes[0].first, 3, "they count as revisions");
    for query in [Query::All, Query::Stream(stream()), Query::context("thing")] {
        assert_eq!(events(&place.store, query).await, ["1", "2"]);
    }
    assert_eq!(place.store.head().await.unwrap(), last.mark);
    let mut tail = place.store.tail(Query::All, None);
    let mut seen = Vec::new();
    loop {
        match tail.next().await.unwrap().unwrap() {
            Tailed::Events(events) => seen.extend(events.into_iter().map(|event| event.payload)),
            Tailed::Progress(mark) if mark == last.mark => break,
            Tailed::Progress(_) => {}
        }
    }
    assert_eq!(seen, ["1", "2"]);
}

/// However many they are: who reads the stream does not see them, and cannot expect them.
#[tokio::test(flavor = "multi_thread")]
async fn events_of_others_are_no_conflict() {
    let place = place().await;
    let options = EventStoreDb::options().keys(2);
    let few = options.connect(place.server.url()).await.unwrap();
    for store in [&place.store, &few] {
        let first = accepted(store, &commit(Expected::Any, "1")).await;
        for _ in 0..3 {
            foreign(&place, "thing-a", None).await;
        }
        let revision = first.writes[0].last;
        let outcome = store.append(vec![commit(Expected::NoStream, "2")]).await.unwrap().remove(0);
        let (expected, actual) = (Expected::NoStream, Actual::Revision(revision));
        let conflict = Conflict::Stream { stream: stream(), expected, actual };
        assert_eq!(outcome, Err(conflict.into()));
        let second = accepted(store, &commit(Expected::Revision(revision), "2")).await;
        assert_eq!(second.writes[0].first, revision + 4);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_event_is_named_and_can_be_passed() {
    let place = place().await;
    accepted(&place.store, &commit(Expected::Any, "1")).await;
    foreign(&place, "thing-a", Some(json!({"factum": {"version": "x"}}))).await;
    let last = accepted(&place.store, &commit(Expected::Any, "3")).await;
    // What comes before it is given first.
    for query in [Query::All, Query::Stream(stream())] {
        assert_eq!(events(&place.store, query.clone()).await, ["1"]);
        let first =
            place.store.read(query.clone(), Range::ALL, Direction::Forward, 1).await.unwrap();
        let rest = Range::since(first.complete_to);
        let error = place.store.read(query.clone(), rest, Direction::Forward, 9).await.unwrap_err();
        let StoreError::CorruptEvent { stream: of, revision: 1, position, .. } = error else {
            panic!("{error}")
        };
        assert_eq!(of, stream());
        let page =
            place.store.read(query, Range::after(position), Direction::Forward, 9).await.unwrap();
        assert_eq!(page.events.len(), 1);
        assert_eq!(page.complete_to, last.mark);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_store_says_so() {
    let place = place().await;
    let mut tail = place.store.tail(Query::All, None);
    assert!(matches!(tail.next().await, Some(Ok(Tailed::Progress(_)))));
    let other = place.store.clone();
    place.store.close().await;
    assert!(matches!(tail.next().await, Some(Err(StoreError::Closed))));
    assert!(tail.next().await.is_none());
    assert!(matches!(
        other.append(vec![commit(Expected::Any, "1")]).await,
        Err(StoreError::Closed)
    ));
    assert!(matches!(other.head().await, Err(StoreError::Closed)));
}

/// Commits of one stream go together: others wait for the first, and then go in one append.
#[tokio::test(flavor = "multi_thread")]
async fn senders_to_one_stream_do_not_get_into_each_others_way() {
    let place = place().await;
    let senders = (0..64).map(|_| {
        let store = place.store.clone();
        tokio::spawn(async move { accepted(&store, &commit(Expected::Any, "1")).await })
    });
    let mut revisions = Vec::new();
    for sender in senders.collect::<Vec<_>>() {
        revisions.push(sender.await.unwrap().writes[0].first);
    }
    revisions.sort_unstable();
    assert!(revisions.into_iter().eq(0..64));
}

/// Sets the metadata of the stream, as its operator does.
async fn operate(place: &Place, metadata: serde_json::Value) {
    let client = client(place);
    let event = EventData::json("$metadata", &metadata).unwrap();
    let options = AppendToStreamOptions::default().stream_state(StreamState::Any);
    client.append_to_stream("$$thing-a", &options, event).await.unwrap();
}

/// Its events are too old, or before `$tb`: it is there and goes on, but nothing of it can be read.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_which_nothing_is_left_goes_on() {
    for expected in [Expected::Any, Expected::NoStream] {
        let place = place().await;
        for payload in ["1", "2"] {
            accepted(&place.store, &commit(Expected::Any, payload)).await;
        }
        operate(&place, json!({"$tb": 2})).await;
        let other = EventStoreDb::connect(place.server.url()).await.unwrap();
        let next = accepted(&other, &commit(expected, "3")).await;
        assert_eq!(next.writes[0].first, 2);
        assert_eq!(events(&other, Query::Stream(stream())).await, ["3"]);
        // The one who remembers more goes on as well.
        let last = accepted(&place.store, &commit(Expected::Revision(2), "4")).await;
        assert_eq!(last.writes[0].first, 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_keeps_few_events_takes_many() {
    let place = place().await;
    operate(&place, json!({"$maxCount": 1})).await;
    let run = [Expected::NoStream, Expected::Revision(0), Expected::Revision(1)];
    let run = run.map(|expected| commit(expected, "1")).to_vec();
    let outcomes = place.store.append(run).await.unwrap();
    let marks: Vec<_> = outcomes.into_iter().map(|outcome| outcome.unwrap().mark).collect();
    let page = place.store.read(Query::All, Range::ALL, Direction::Forward, 9).await.unwrap();
    assert!(page.events.iter().map(|event| event.at.mark()).eq(marks));
}

/// Somebody copied an event of ours and changed what it says about its commit.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_contradicts_itself_is_damaged() {
    for (field, value) in [("of", 0), ("index", 7)] {
        let place = place().await;
        let receipt = accepted(&place.store, &commit(Expected::Any, "1")).await;
        let mut read = client(&place).read_stream("thing-a", &Default::default()).await.unwrap();
        let copied = read.next().await.unwrap().unwrap();
        let copied = copied.get_original_event();
        let mut metadata: serde_json::Value =
            serde_json::from_slice(&copied.custom_metadata).unwrap();
        metadata["factum"][field] = value.into();
        foreign(&place, "thing-a", Some(metadata)).await;
        let other = EventStoreDb::connect(place.server.url()).await.unwrap();
        let found = other.find(receipt.key, &stream()).await.unwrap();
        assert_eq!(found, Some(Receipt { repeated: true, ..receipt.clone() }), "{field}");
        let rest = Range::since(receipt.mark);
        let error = other.read(Query::All, rest, Direction::Forward, 9).await.unwrap_err();
        assert!(matches!(error, StoreError::CorruptEvent { revision: 1, .. }), "{field}: {error}");
    }
}

/// More than is read at once.
#[tokio::test(flavor = "multi_thread")]
async fn keys_of_large_commits_are_known() {
    let place = place().await;
    let large: &str = "x".repeat(500_000).leak();
    let commits: Vec<_> = (0..12).map(|_| commit(Expected::Any, large)).collect();
    for commit in &commits {
        accepted(&place.store, commit).await;
    }
    let other = EventStoreDb::connect(place.server.url()).await.unwrap();
    for (revision, commit) in (0..).zip(&commits) {
        let receipt = other.find(commit.key, &stream()).await.unwrap().unwrap();
        assert_eq!(receipt.writes[0].first, revision);
    }
    assert!(accepted(&other, &commits[0]).await.repeated);
    let page = other.read(Query::All, Range::ALL, Direction::Forward, 100).await.unwrap();
    assert!(page.more && page.events.len() < 12, "{}", page.events.len());
}
