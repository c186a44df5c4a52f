//! Streams, through the client that the adapter uses.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use eventstoredb_test_server::{Faults, Server, Settings};
use kurrentdb::{
    AppendToStreamOptions, Client, CurrentRevision, DeleteStreamOptions, Error, EventData,
    ReadAllOptions, ReadStreamOptions, StreamPosition, StreamState, SubscribeToAllOptions,
    SubscribeToStreamOptions, SubscriptionEvent, SubscriptionFilter, TombstoneStreamOptions,
};
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(30);

async fn server_with(settings: Settings) -> (Server, Client, Faults) {
    let faults = Faults::default();
    let server = Server::start(settings, faults.clone()).await.unwrap();
    let client = client_of(&server);
    (server, client, faults)
}

fn client_of(server: &Server) -> Client {
    let url = format!("{}&discoveryInterval=1", server.url());
    Client::new(url.parse().unwrap()).unwrap()
}

async fn server() -> (Server, Client, Faults) {
    server_with(Settings::default()).await
}

fn event(event_type: &str) -> EventData {
    EventData::json(event_type, &serde_json::json!({"of": event_type})).unwrap().id(Uuid::new_v4())
}

fn events(count: usize) -> Vec<EventData> {
    (0..count).map(|index| event(&format!("e{index}"))).collect()
}

async fn append(client: &Client, stream: &str, events: Vec<EventData>) {
    client.append_to_stream(stream, &Default::default(), events).await.unwrap();
}

async fn types_of(client: &Client, stream: &str, options: &ReadStreamOptions) -> Vec<String> {
    let mut read = client.read_stream(stream, options).await.unwrap();
    let mut types = Vec::new();
    while let Some(event) = read.next().await.unwrap() {
        types.push(event.get_original_event().event_type.clone());
    }
    types
}

fn expecting(state: StreamState) -> AppendToStreamOptions {
    AppendToStreamOptions::default().stream_state(state)
}

#[tokio::test]
async fn a_stream_is_read_both_ways_and_across_pages() {
    let (_server, client, _) = server().await;
    append(&client, "s", events(70)).await;
    let all: Vec<_> = (0..70).map(|index| format!("e{index}")).collect();
    assert_eq!(types_of(&client, "s", &Default::default()).await, all);
    let last = ReadStreamOptions::default().backwards().position(StreamPosition::End).max_count(40);
    let expected: Vec<_> = all.iter().rev().take(40).cloned().collect();
    assert_eq!(types_of(&client, "s", &last).await, expected);
}

#[tokio::test]
async fn a_wrong_version_names_the_actual() {
    let (_server, client, _) = server().await;
    append(&client, "s", events(2)).await;
    let options = expecting(StreamState::StreamRevision(5));
    let error = client.append_to_stream("s", &options, event("late")).await.unwrap_err();
    assert!(matches!(
        error,
        Error::WrongExpectedVersion {
            expected: StreamState::StreamRevision(5),
            current: CurrentRevision::Current(1)
        }
    ));
}

#[tokio::test]
async fn an_append_that_is_sent_again_is_recognised_by_its_ids() {
    let (_server, client, _) = server().await;
    let batch = events(3);
    let options = expecting(StreamState::NoStream);
    let first = client.append_to_stream("s", &options, batch.clone()).await.unwrap();
    append(&client, "s", events(1)).await;
    let again = client.append_to_stream("s", &options, batch).await.unwrap();
    assert_eq!(again.next_expected_version, 2);
    assert_eq!(again.position, first.position);
    assert_eq!(types_of(&client, "s", &Default::default()).await.len(), 4);
}

#[tokio::test]
async fn a_deleted_stream_comes_back_with_its_numbers_going_on() {
    let (_server, client, _) = server().await;
    append(&client, "s", events(3)).await;
    client.delete_stream("s", &DeleteStreamOptions::default()).await.unwrap();
    let mut read = client.read_stream("s", &Default::default()).await.unwrap();
    assert!(matches!(read.next().await, Err(Error::ResourceNotFound)));

    let options = expecting(StreamState::NoStream);
    let back = client.append_to_stream("s", &options, event("back")).await.unwrap();
    assert_eq!(back.next_expected_version, 3);
    assert_eq!(types_of(&client, "s", &Default::default()).await, ["back"]);
}

#[tokio::test]
async fn a_tombstone_is_for_ever_and_ends_subscriptions() {
    let (_server, client, _) = server().await;
    append(&client, "s", events(1)).await;
    let mut subscription = client.subscribe_to_stream("s", &Default::default()).await;
    while !matches!(
        subscription.next_subscription_event().await.unwrap(),
        SubscriptionEvent::CaughtUp(_)
    ) {}
    client.tombstone_stream("s", &TombstoneStreamOptions::default()).await.unwrap();
    let last = subscription.next().await.unwrap();
    assert_eq!(last.get_original_event().event_type, "$streamDeleted");
    assert!(matches!(subscription.next().await, Err(Error::ResourceDeleted)));
    let error = client.append_to_stream("s", &Default::default(), event("x")).await.unwrap_err();
    assert!(matches!(error, Error::ResourceDeleted));
}

#[tokio::test]
async fn a_subscription_goes_from_old_events_to_new_ones() {
    let (_server, client, _) = server().await;
    append(&client, "s", events(40)).await;
    let options = SubscribeToStreamOptions::default().start_from(StreamPosition::Position(1));
    let mut subscription = client.subscribe_to_stream("s", &options).await;
    for number in 2..40 {
        let event = subscription.next().await.unwrap();
        assert_eq!(event.get_original_event().revision, number);
    }
    append(&client, "s", vec![event("new")]).await;
    let new = tokio::time::timeout(PATIENCE, subscription.next()).await.unwrap().unwrap();
    assert_eq!(new.get_original_event().event_type, "new");
}

#[tokio::test]
async fn a_filtered_subscription_says_how_far_it_looked() {
    let (_server, client, _) = server().await;
    for _ in 0..4 {
        append(&client, "noise", events(20)).await;
    }
    append(&client, "wanted", vec![event("w")]).await;
    let filter = SubscriptionFilter::on_stream_name().add_prefix("wanted");
    let options = SubscribeToAllOptions::default().position(StreamPosition::Start).filter(filter);
    let mut subscription = client.subscribe_to_all(&options).await;
    let (mut checkpoints, mut wanted) = (Vec::new(), 0);
    loop {
        match subscription.next_subscription_event().await.unwrap() {
            SubscriptionEvent::Checkpoint(position) => checkpoints.push(position),
            SubscriptionEvent::EventAppeared(event) => {
                assert_eq!(event.get_original_stream_id(), "wanted");
                wanted += 1;
            }
            SubscriptionEvent::CaughtUp(_) => break,
            _ => {}
        }
    }
    assert_eq!(wanted, 1);
    assert!(checkpoints.len() >= 3, "{checkpoints:?}");
    assert!(checkpoints.is_sorted_by(|one, next| one < next));
}

#[tokio::test]
async fn all_is_read_from_a_position_in_both_directions() {
    let (_server, client, _) = server().await;
    let written = client.append_to_stream("s", &Default::default(), events(3)).await.unwrap();
    let from = StreamPosition::Position(written.position);
    let mut read = client.read_all(&ReadAllOptions::default().position(from)).await.unwrap();
    let here = read.next().await.unwrap().unwrap();
    assert_eq!(here.get_original_event().event_type, "e2");
    let options = ReadAllOptions::default().position(from).backwards().max_count(1);
    let mut read = client.read_all(&options).await.unwrap();
    let before = read.next().await.unwrap().unwrap();
    assert_eq!(before.get_original_event().event_type, "e1");
}

#[tokio::test]
async fn what_is_too_big_is_refused_and_nothing_of_it_written() {
    let settings = Settings { max_append_size: 300, max_event_size: 200, ..Settings::default() };
    let (_server, client, _) = server_with(settings).await;
    let of = |size| EventData::binary("b", vec![0; size].into());
    let appends = [vec![of(250)], vec![of(150), of(150), of(150)]];
    for events in appends {
        let refused = client.append_to_stream("s", &Default::default(), events).await;
        assert!(matches!(
            refused.unwrap_err(),
            Error::Grpc { code, .. } if format!("{code:?}") == "InvalidArgument"
        ));
    }
    client.append_to_stream("s", &expecting(StreamState::NoStream), of(150)).await.unwrap();
}

#[tokio::test]
async fn a_batch_says_what_was_wrong_with_each_write() {
    let (_server, client, _) = server().await;
    append(&client, "s", events(1)).await;
    let batch = client.batch_append(&Default::default()).await.unwrap();
    let written = batch.append_to_stream("t", StreamState::NoStream, events(2)).await.unwrap();
    assert_eq!((written.stream_name(), written.current_revision()), ("t", Some(1)));
    let refused = batch.append_to_stream("s", StreamState::NoStream, events(1)).await;
    assert!(format!("{:?}", refused.unwrap_err()).contains("WrongExpectedVersion"));
}

#[tokio::test]
async fn a_server_on_a_file_starts_with_what_it_had() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { file: Some(folder.path().join("log")), ..Settings::default() };
    let (server, client, _) = server_with(settings.clone()).await;
    let first = client.append_to_stream("s", &Default::default(), events(3)).await.unwrap();
    let settings = Settings { port: server.address().port(), ..settings };
    server.stop().await;

    // The same port, so that the same client finds it once it has noticed.
    let _server = Server::start(settings, Faults::default()).await.unwrap();
    let options = expecting(StreamState::StreamRevision(2));
    let next = event("next");
    let written = loop {
        match client.append_to_stream("s", &options, next.clone()).await {
            Ok(written) => break written,
            Err(error) => assert!(!matches!(error, Error::WrongExpectedVersion { .. })),
        }
    };
    assert!(written.position > first.position);
    assert_eq!(types_of(&client, "s", &Default::default()).await, ["e0", "e1", "e2", "next"]);
}
