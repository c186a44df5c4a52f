//! Persistent subscriptions, through the client that the adapter uses.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use eventstoredb_test_server::{Faults, Server, Settings};
use kurrentdb::{
    Client, Error, EventData, NakAction, PersistentSubscription, PersistentSubscriptionOptions,
    PersistentSubscriptionToAllOptions, ResolvedEvent, StreamPosition, SubscriptionFilter,
    SystemConsumerStrategy,
};

async fn server_with(settings: Settings) -> (Server, Client, Faults) {
    let faults = Faults::default();
    let server = Server::start(settings, faults.clone()).await.unwrap();
    let url = format!("{}&discoveryInterval=1", server.url());
    let client = Client::new(url.parse().unwrap()).unwrap();
    (server, client, faults)
}

async fn server() -> (Server, Client, Faults) {
    server_with(Settings::default()).await
}

fn from_start() -> PersistentSubscriptionOptions {
    PersistentSubscriptionOptions::default().start_from(StreamPosition::Start)
}

async fn append(client: &Client, stream: &str, types: &[&str]) {
    let events: Vec<_> = types
        .iter()
        .map(|event_type| EventData::json(*event_type, &serde_json::json!({})).unwrap())
        .collect();
    client.append_to_stream(stream, &Default::default(), events).await.unwrap();
}

async fn join(client: &Client, stream: &str) -> PersistentSubscription {
    client.subscribe_to_persistent_subscription(stream, "g", &Default::default()).await.unwrap()
}

fn type_of(event: &ResolvedEvent) -> &str {
    &event.event.as_ref().unwrap().event_type
}

async fn next_types(subscription: &mut PersistentSubscription, count: usize) -> Vec<String> {
    let mut types = Vec::new();
    for _ in 0..count {
        let event = subscription.next().await.unwrap();
        types.push(type_of(&event).to_owned());
        subscription.ack(&event).await.unwrap();
    }
    types
}

/// Waits until the client's answers have come to the server.
async fn until_checkpoint(client: &Client, stream: &str) {
    loop {
        let info = client
            .get_persistent_subscription_info(stream, "g", &Default::default())
            .await
            .unwrap();
        if info.stats.last_checkpointed_event_revision.is_some() {
            return;
        }
    }
}

#[tokio::test]
async fn the_end_is_fixed_when_the_group_is_made() {
    let (_server, client, _) = server().await;
    append(&client, "s", &["before"]).await;
    client.create_persistent_subscription("s", "g", &Default::default()).await.unwrap();
    append(&client, "s", &["after"]).await;
    let mut subscription = join(&client, "s").await;
    assert_eq!(next_types(&mut subscription, 1).await, ["after"]);
}

#[tokio::test]
async fn what_a_consumer_leaves_behind_comes_again_elsewhere() {
    let (_server, client, _) = server().await;
    client.create_persistent_subscription("s", "g", &from_start()).await.unwrap();
    append(&client, "s", &["a", "b"]).await;
    let mut first = join(&client, "s").await;
    assert_eq!(type_of(&first.next().await.unwrap()), "a");
    drop(first);
    let mut second = join(&client, "s").await;
    loop {
        let (event, retries) = {
            let event = second.next_subscription_event().await.unwrap();
            match event {
                kurrentdb::PersistentSubscriptionEvent::EventAppeared { event, retry_count } => {
                    (event, retry_count)
                }
                kurrentdb::PersistentSubscriptionEvent::Confirmed(_) => continue,
            }
        };
        assert_eq!((type_of(&event), retries), ("a", 1));
        break;
    }
}

#[tokio::test]
async fn an_event_is_parked_when_it_was_tried_often_enough() {
    let (_server, client, _) = server().await;
    let mut options = from_start();
    options.settings_mut().max_retry_count = 1;
    client.create_persistent_subscription("s", "g", &options).await.unwrap();
    append(&client, "s", &["bad", "good"]).await;
    let mut subscription = join(&client, "s").await;
    let mut seen = Vec::new();
    while seen.len() < 3 {
        let event = subscription.next().await.unwrap();
        seen.push(type_of(&event).to_owned());
        if type_of(&event) == "bad" {
            subscription.nack(&event, NakAction::Retry, "bad").await.unwrap();
        } else {
            subscription.ack(&event).await.unwrap();
        }
    }
    assert_eq!(seen.iter().filter(|seen| *seen == "bad").count(), 2);

    // The answer may not have come to the server yet.
    let mut parked = None;
    while parked.is_none() {
        let mut read = client
            .read_stream("$persistentsubscription-s::g-parked", &Default::default())
            .await
            .unwrap();
        parked = read.next().await.unwrap_or_default();
    }
    let link = parked.unwrap();
    assert_eq!(link.get_original_event().data.as_ref(), b"0@s");
    client.replay_parked_messages("s", "g", &Default::default()).await.unwrap();
    assert_eq!(next_types(&mut subscription, 1).await, ["bad"]);
}

#[tokio::test]
async fn a_group_goes_on_after_its_checkpoint_when_the_server_starts_again() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { file: Some(folder.path().join("log")), ..Settings::default() };
    let (server, client, _) = server_with(settings.clone()).await;
    let mut options = from_start();
    options.settings_mut().checkpoint_upper_bound = 1;
    options.settings_mut().checkpoint_lower_bound = 1;
    client.create_persistent_subscription("s", "g", &options).await.unwrap();
    append(&client, "s", &["a", "b"]).await;
    let mut subscription = join(&client, "s").await;
    assert_eq!(next_types(&mut subscription, 1).await, ["a"]);
    until_checkpoint(&client, "s").await;
    drop((subscription, client, server));

    let (_server, client, _) = server_with(settings).await;
    let mut subscription = join(&client, "s").await;
    assert_eq!(next_types(&mut subscription, 1).await, ["b"]);
}

#[tokio::test]
async fn events_are_shared_between_consumers() {
    let (_server, client, _) = server().await;
    let mut options = from_start();
    options.settings_mut().consumer_strategy_name = SystemConsumerStrategy::RoundRobin;
    client.create_persistent_subscription("s", "g", &options).await.unwrap();
    let (mut one, mut other) = (join(&client, "s").await, join(&client, "s").await);
    append(&client, "s", &["a", "b", "c", "d"]).await;
    let first = next_types(&mut one, 2).await;
    let second = next_types(&mut other, 2).await;
    assert_eq!((first.join(""), second.join("")), ("ac".to_owned(), "bd".to_owned()));
}

#[tokio::test]
async fn a_group_on_all_filters_and_starts_after_what_was_there() {
    let (_server, client, _) = server().await;
    append(&client, "wanted", &["before"]).await;
    let filter = SubscriptionFilter::on_stream_name().add_prefix("wanted");
    let options = PersistentSubscriptionToAllOptions::default().filter(filter);
    client.create_persistent_subscription_to_all("g", &options).await.unwrap();
    // What it is to be has to be known from the log alone.
    client.restart_persistent_subscription_subsystem(&Default::default()).await.unwrap();
    append(&client, "other", &["x"]).await;
    append(&client, "wanted", &["after"]).await;
    let mut subscription =
        client.subscribe_to_persistent_subscription_to_all("g", &Default::default()).await.unwrap();
    assert_eq!(next_types(&mut subscription, 1).await, ["after"]);
}

#[tokio::test]
async fn a_group_on_all_does_not_see_that_it_was_made() {
    let (_server, client, _) = server().await;
    client.create_persistent_subscription_to_all("g", &Default::default()).await.unwrap();
    append(&client, "s", &["first"]).await;
    let mut subscription =
        client.subscribe_to_persistent_subscription_to_all("g", &Default::default()).await.unwrap();
    assert_eq!(next_types(&mut subscription, 1).await, ["first"]);
}

#[tokio::test]
async fn an_update_sends_the_consumers_away() {
    let (_server, client, _) = server().await;
    client.create_persistent_subscription("s", "g", &from_start()).await.unwrap();
    let mut subscription = join(&client, "s").await;
    client.update_persistent_subscription("s", "g", &from_start()).await.unwrap();
    assert!(matches!(subscription.next().await, Err(Error::IllegalStateError(_))));
}

#[tokio::test]
async fn no_more_consumers_join_than_may() {
    let (_server, client, _) = server().await;
    let mut options = from_start();
    options.settings_mut().max_subscriber_count = 1;
    client.create_persistent_subscription("s", "g", &options).await.unwrap();
    let _first = join(&client, "s").await;
    let second = client.subscribe_to_persistent_subscription("s", "g", &Default::default()).await;
    assert!(second.is_err());
}

#[tokio::test]
async fn a_group_that_is_made_anew_does_not_know_what_the_old_one_did() {
    let (_server, client, _) = server().await;
    let mut options = from_start();
    options.settings_mut().checkpoint_upper_bound = 1;
    options.settings_mut().checkpoint_lower_bound = 1;
    append(&client, "s", &["a"]).await;
    client.create_persistent_subscription("s", "g", &options).await.unwrap();
    let mut subscription = join(&client, "s").await;
    assert_eq!(next_types(&mut subscription, 1).await, ["a"]);
    until_checkpoint(&client, "s").await;
    client.delete_persistent_subscription("s", "g", &Default::default()).await.unwrap();
    client.create_persistent_subscription("s", "g", &options).await.unwrap();
    let mut subscription = join(&client, "s").await;
    assert_eq!(next_types(&mut subscription, 1).await, ["a"]);
}

#[tokio::test]
async fn a_missing_group_is_not_found() {
    let (_server, client, _) = server().await;
    let missing = client.delete_persistent_subscription("s", "g", &Default::default()).await;
    assert!(matches!(missing, Err(Error::ResourceNotFound)));
    let missing = client.list_persistent_subscriptions_for_stream("s", &Default::default()).await;
    assert!(missing.is_err());
    assert!(
        client.list_all_persistent_subscriptions(&Default::default()).await.unwrap().is_empty()
    );
}
