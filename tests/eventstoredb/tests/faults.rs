//! The faults, through the client that the adapter uses.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use eventstoredb_test_server::{Faults, Server, Settings};
use kurrentdb::{
    Client, Error, EventData, StreamPosition, StreamState, SubscribeToStreamOptions,
    SubscriptionEvent,
};

const PATIENCE: Duration = Duration::from_secs(30);

async fn server() -> (Server, Client, Faults) {
    let faults = Faults::default();
    let server = Server::start(Settings::default(), faults.clone()).await.unwrap();
    let url = format!("{}&discoveryInterval=1&maxDiscoverAttempts=2", server.url());
    let client = Client::new(url.parse().unwrap()).unwrap();
    (server, client, faults)
}

fn event() -> EventData {
    EventData::json("e", &serde_json::json!({})).unwrap()
}

async fn count(client: &Client, stream: &str) -> usize {
    let mut read = client.read_stream(stream, &Default::default()).await.unwrap();
    let mut count = 0;
    while read.next().await.unwrap().is_some() {
        count += 1;
    }
    count
}

#[tokio::test]
async fn a_reply_that_is_dropped_leaves_the_write() {
    let (_server, client, faults) = server().await;
    client.append_to_stream("s", &Default::default(), event()).await.unwrap();
    faults.drop_replies(1);
    client.append_to_stream("s", &Default::default(), event()).await.unwrap_err();
    assert_eq!(count(&client, "s").await, 2);
}

#[tokio::test]
async fn a_refused_connect_is_the_only_one() {
    let (server, client, faults) = server().await;
    faults.refuse_connects(1);
    client.append_to_stream("s", &Default::default(), event()).await.unwrap_err();
    let other = Client::new(server.url().parse().unwrap()).unwrap();
    other.append_to_stream("s", &Default::default(), event()).await.unwrap();
}

#[tokio::test]
async fn a_call_is_told_where_the_leader_is() {
    let (_server, client, faults) = server().await;
    client.append_to_stream("s", &Default::default(), event()).await.unwrap();
    faults.not_leader(1, "127.0.0.1", 1);
    let error = client.append_to_stream("s", &Default::default(), event()).await.unwrap_err();
    assert!(matches!(error, Error::NotLeaderException(_)), "{error:?}");
}

#[tokio::test]
async fn calls_wait_as_long_as_asked() {
    let (_server, client, faults) = server().await;
    faults.delay(Duration::from_millis(300));
    let begin = Instant::now();
    client.append_to_stream("s", &Default::default(), event()).await.unwrap();
    assert!(begin.elapsed() >= Duration::from_millis(300));
}

/// The client of a subscription that ended cleanly reads on for ever, so that it runs on threads of
/// its own, which are left to themselves.
#[test]
fn a_subscription_ends_cleanly_after_its_events() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.unwrap();
    let (seen, heard) = std::sync::mpsc::channel();
    let (server, client) = runtime.block_on(async {
        let (server, client, faults) = server().await;
        let events = vec![event(), event(), event()];
        client.append_to_stream("s", &Default::default(), events).await.unwrap();
        faults.end_subscriptions_after(2);
        tokio::spawn(report_events(client.clone(), seen));
        (server, client)
    });
    assert_eq!(heard.recv_timeout(PATIENCE), Ok(0));
    assert_eq!(heard.recv_timeout(PATIENCE), Ok(1));
    // By the time that a later call is answered, the third event would be there.
    assert_eq!(runtime.block_on(count(&client, "s")), 3);
    heard.try_recv().unwrap_err();
    drop(server);
    runtime.shutdown_background();
}

/// The client panics when a persistent subscription ends cleanly; that it does shows that it ended.
#[tokio::test]
async fn a_persistent_subscription_ends_cleanly_when_told() {
    let (_server, client, faults) = server().await;
    client.create_persistent_subscription("s", "g", &Default::default()).await.unwrap();
    let mut subscription =
        client.subscribe_to_persistent_subscription("s", "g", &Default::default()).await.unwrap();
    let consumer = tokio::spawn(async move { subscription.next().await.is_ok() });
    faults.end_subscriptions();
    assert!(tokio::time::timeout(PATIENCE, consumer).await.unwrap().unwrap_err().is_panic());
}

#[tokio::test]
async fn a_batch_that_is_not_answered_was_written() {
    let (_server, client, faults) = server().await;
    faults.drop_replies(1);
    let batch = client.batch_append(&Default::default()).await.unwrap();
    let events = vec![event(), event()];
    batch.append_to_stream("s", StreamState::Any, events).await.unwrap_err();
    assert_eq!(count(&client, "s").await, 2);
}

async fn report_events(client: Client, seen: std::sync::mpsc::Sender<u64>) {
    let options = SubscribeToStreamOptions::default().start_from(StreamPosition::Start);
    let mut subscription = client.subscribe_to_stream("s", &options).await;
    while let Ok(event) = subscription.next_subscription_event().await {
        if let SubscriptionEvent::EventAppeared(event) = event {
            seen.send(event.get_original_event().revision).unwrap();
        }
    }
}
