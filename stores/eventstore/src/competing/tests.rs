use bytes::Bytes;
use eventstore::{
    Client, DeletePersistentSubscriptionOptions, EventData, GetPersistentSubscriptionInfoOptions,
    PersistentSubscriptionInfo, ReplayParkedMessagesOptions,
};
use factum_core::store::{
    Commit, Direction, EventStore, Expected, NewEvent, Query, Range, Recorded, StreamWrite,
};
use factum_core::{EventName, Key};

use super::*;
use crate::EventStoreDb;
use crate::link::tests::{Place, within};
use crate::link::{Raw, ReadFrom};

async fn store(place: &Place) -> EventStoreDb {
    EventStoreDb::connect(place.server.url()).await.unwrap()
}

/// Appends events of numbers.
async fn append(store: &EventStoreDb, stream: &str, numbers: impl IntoIterator<Item = u32>) {
    let event = |number: u32| NewEvent {
        name: EventName::new("test.happened").unwrap(),
        version: 1,
        tags: Default::default(),
        payload: Bytes::from(number.to_string()),
    };
    let events = numbers.into_iter().map(event).collect();
    let stream = StreamName::new(stream).unwrap();
    let write = StreamWrite { stream, expected: Expected::Any, events };
    let commit = Commit {
        key: Key::now_v7(),
        meta: Default::default(),
        writes: vec![write],
        guard: None,
        views: Vec::new(),
    };
    within(store.append(vec![commit])).await.unwrap().remove(0).unwrap();
}

fn number(event: &Recorded) -> u32 {
    str::from_utf8(&event.payload).unwrap().parse().unwrap()
}

fn competing(store: &EventStoreDb) -> Competing {
    // So long that no test waits for it.
    store.competing("mailer").answer_within(Duration::from_secs(900))
}

async fn next(consumer: &mut CompetingConsumer) -> Delivery {
    within(consumer.next()).await.unwrap()
}

/// Acknowledges so many events.
async fn take(consumer: &mut CompetingConsumer, count: usize) -> Vec<u32> {
    let mut taken = Vec::new();
    while taken.len() < count {
        let delivery = next(consumer).await;
        taken.push(number(delivery.event()));
        delivery.ack();
    }
    taken.sort_unstable();
    taken
}

/// The numbers of the events that are parked, once there are so many.
async fn parked(place: &Place, count: usize) -> Vec<Raw> {
    let (link, stream) = (place.link(), "$persistentsubscription-$all::mailer-parked");
    let parked = async {
        loop {
            let parked = link.read_stream(stream, ReadFrom::Start, 100).await.unwrap();
            if parked.len() >= count {
                return parked.to_vec();
            }
            tokio::task::yield_now().await;
        }
    };
    within(parked).await
}

/// What the server says of the group.
async fn info(place: &Place) -> PersistentSubscriptionInfo<LogPosition> {
    let options = GetPersistentSubscriptionInfoOptions::default();
    client(place).get_persistent_subscription_info_to_all("mailer", &options).await.unwrap()
}

/// How many consumers the server counts.
async fn consumers(place: &Place) -> usize {
    info(place).await.connections.len()
}

fn client(place: &Place) -> Client {
    let address = format!("{}&discoveryInterval=1", place.server.url());
    Client::new(address.parse().unwrap()).unwrap()
}

#[tokio::test]
async fn two_consumers_share_the_work() {
    let place = Place::start().await;
    let store = store(&place).await;
    let mut one = competing(&store).in_flight(1).start().await.unwrap();
    let mut other = competing(&store).in_flight(1).start().await.unwrap();
    append(&store, "a-1", 0..10).await;
    append(&store, "b-1", 10..20).await;
    let held = next(&mut one).await;
    let mut all = take(&mut other, 19).await;
    all.push(number(held.event()));
    all.sort_unstable();
    assert_eq!(all, Vec::from_iter(0..20));
    held.ack();
    append(&store, "a-1", [20]).await;
    append(&store, "a-1", [21]).await;
    // Neither has anything left to answer, so that both get one.
    let (first, second) = tokio::join!(next(&mut one), next(&mut other));
    let mut last = [number(first.event()), number(second.event())];
    last.sort_unstable();
    assert_eq!(last, [20, 21]);
}

#[tokio::test]
async fn a_group_of_a_stream_gets_no_other_events() {
    let place = Place::start().await;
    let store = store(&place).await;
    append(&store, "b-1", 0..3).await;
    append(&store, "a-1", 3..6).await;
    place.append("$own", 6..9).await;
    let stream = StreamName::new("a-1").unwrap();
    let mut consumer = competing(&store).stream(&stream).start().await.unwrap();
    assert_eq!(take(&mut consumer, 3).await, [3, 4, 5]);
    append(&store, "b-1", [9]).await;
    append(&store, "a-1", [10]).await;
    assert_eq!(take(&mut consumer, 1).await, [10]);
}

#[tokio::test]
async fn a_group_begins_after_a_mark_or_with_what_is_new() {
    let place = Place::start().await;
    let store = store(&place).await;
    append(&store, "a-1", 0..6).await;
    let page = store.read(Query::All, Range::ALL, Direction::Forward, 3).await.unwrap();
    let (mark, stream) = (page.events[2].at.mark(), page.events[2].at.stream.clone());
    let of_all = competing(&store).after(mark);
    let of_stream = competing(&store).stream(&stream).after(mark);
    for group in [of_all, of_stream] {
        let mut consumer = group.start().await.unwrap();
        assert_eq!(take(&mut consumer, 3).await, [3, 4, 5]);
    }
    let group = Competing { group: "new".to_owned(), ..competing(&store) };
    let mut consumer = group.new_events().start().await.unwrap();
    append(&store, "a-1", [6]).await;
    assert_eq!(take(&mut consumer, 1).await, [6]);
    let group = Competing { group: "all".to_owned(), ..competing(&store) };
    let mut consumer = group.after(Mark::start(mark.log)).start().await.unwrap();
    assert_eq!(take(&mut consumer, 7).await, [0, 1, 2, 3, 4, 5, 6]);
}

#[tokio::test]
async fn a_parked_event_comes_again_only_when_it_is_replayed() {
    let place = Place::start().await;
    let store = store(&place).await;
    append(&store, "a-1", 0..2).await;
    let mut consumer = competing(&store).in_flight(1).start().await.unwrap();
    next(&mut consumer).await.park("cannot be sent");
    assert_eq!(take(&mut consumer, 1).await, [1]);
    assert_eq!(parked(&place, 1).await.len(), 1);
    let options = ReplayParkedMessagesOptions::default();
    client(&place).replay_parked_messages_to_all("mailer", &options).await.unwrap();
    assert_eq!(take(&mut consumer, 1).await, [0]);
    // With one event in flight, this comes only if the answer named the right event.
    append(&store, "a-1", [2]).await;
    assert_eq!(take(&mut consumer, 1).await, [2]);
}

#[tokio::test]
async fn an_event_is_retried_and_parked_in_the_end() {
    let place = Place::start().await;
    let store = store(&place).await;
    append(&store, "a-1", 0..2).await;
    let mut consumer = competing(&store).in_flight(1).retries(2).start().await.unwrap();
    for retries in 0..2 {
        let delivery = next(&mut consumer).await;
        assert_eq!((number(delivery.event()), delivery.retries()), (0, retries));
        delivery.retry("not now");
    }
    // Nor does one that is dropped get lost.
    let delivery = next(&mut consumer).await;
    assert_eq!((number(delivery.event()), delivery.retries()), (0, 2));
    drop(delivery);
    assert_eq!(take(&mut consumer, 1).await, [1]);
    assert_eq!(parked(&place, 1).await.len(), 1);
}

#[tokio::test]
async fn an_event_that_is_skipped_does_not_come_again() {
    let place = Place::start().await;
    let store = store(&place).await;
    append(&store, "a-1", 0..2).await;
    let mut consumer = competing(&store).in_flight(1).start().await.unwrap();
    next(&mut consumer).await.skip("not for us");
    assert_eq!(take(&mut consumer, 1).await, [1]);
}

#[tokio::test]
async fn what_is_foreign_is_left_out_and_what_is_damaged_is_parked_and_said() {
    let place = Place::start().await;
    let store = store(&place).await;
    let foreign = EventData::json("other", &1).unwrap();
    let damaged = EventData::json("other", &1)
        .unwrap()
        .metadata_as_json(&serde_json::json!({"factum": 1}))
        .unwrap();
    let client = client(&place);
    client.append_to_stream("a-1", &Default::default(), vec![foreign, damaged]).await.unwrap();
    append(&store, "a-1", [2]).await;
    let mut consumer = competing(&store).in_flight(1).start().await.unwrap();
    let error = within(consumer.next()).await.unwrap_err();
    assert!(matches!(error, StoreError::CorruptEvent { revision: 1, .. }), "{error}");
    assert_eq!(take(&mut consumer, 1).await, [2]);
    assert_eq!(parked(&place, 1).await.len(), 1);
}

#[tokio::test]
async fn what_was_not_answered_comes_again_after_a_cut() {
    let place = Place::start().await;
    let store = store(&place).await;
    append(&store, "a-1", 0..3).await;
    let mut consumer = competing(&store).in_flight(1).start().await.unwrap();
    let before = next(&mut consumer).await;
    let place = place.restart().await;
    let again = next(&mut consumer).await;
    assert_eq!((number(before.event()), number(again.event())), (0, 0));
    // An answer that came too late: the event is still to be answered.
    before.ack();
    again.ack();
    assert_eq!(take(&mut consumer, 2).await, [1, 2]);
    drop(place);
}

/// Whoever dealt with an event whose answer goes nowhere would do so twice.
#[tokio::test]
async fn what_came_over_a_lost_connection_is_not_handed_out() {
    let place = Place::start().await;
    let store = store(&place).await;
    append(&store, "a-1", 0..3).await;
    let mut consumer = competing(&store).in_flight(3).start().await.unwrap();
    let lost = next(&mut consumer).await;
    let place = place.restart().await;
    within(async { while consumers(&place).await == 0 {} }).await;
    lost.ack();
    assert_eq!(take(&mut consumer, 3).await, [0, 1, 2]);
    append(&store, "a-1", [3]).await;
    assert_eq!(take(&mut consumer, 1).await, [3]);
}

#[tokio::test]
async fn an_end_in_order_is_got_over() {
    let place = Place::start().await;
    let store = store(&place).await;
    let mut consumer = competing(&store).start().await.unwrap();
    for round in 0..10 {
        append(&store, "a-1", [round]).await;
        let before = next(&mut consumer).await;
        place.faults.end_subscriptions();
        let again = next(&mut consumer).await;
        assert_eq!((number(before.event()), number(again.event())), (round, round));
        again.ack();
    }
}

#[tokio::test]
async fn a_changed_group_is_joined_again_and_a_deleted_one_is_an_error() {
    let place = Place::start().await;
    let store = store(&place).await;
    let mut consumer = competing(&store).start().await.unwrap();
    append(&store, "a-1", [0]).await;
    assert_eq!(take(&mut consumer, 1).await, [0]);
    let options = PersistentSubscriptionToAllOptions::default();
    let update = client(&place).update_persistent_subscription_to_all("mailer", &options).await;
    update.unwrap();
    append(&store, "a-1", [1]).await;
    while take(&mut consumer, 1).await != [1] {}
    let options = DeletePersistentSubscriptionOptions::default();
    let delete = client(&place).delete_persistent_subscription_to_all("mailer", &options).await;
    delete.unwrap();
    let error = within(consumer.next()).await.unwrap_err().to_string();
    assert!(error.contains("no group mailer any more"), "{error}");
    assert!(matches!(within(consumer.next()).await, Err(StoreError::Closed)));
}

#[tokio::test]
async fn whoever_stops_has_sent_all_answers_and_leaves_the_rest_to_others() {
    let place = Place::start().await;
    let store = store(&place).await;
    append(&store, "a-1", 0..6).await;
    let mut one = competing(&store).in_flight(6).start().await.unwrap();
    let (first, second) = (next(&mut one).await, next(&mut one).await);
    let held = number(second.event());
    first.ack();
    within(one.stop()).await;
    assert_eq!(consumers(&place).await, 0);
    // An answer that comes too late goes nowhere.
    second.ack();
    let mut other = competing(&store).start().await.unwrap();
    assert_eq!(take(&mut other, 5).await, [1, 2, 3, 4, 5]);
    assert!((1..6).contains(&held));
}

#[tokio::test]
async fn the_group_is_as_it_was_asked_for() {
    let place = Place::start().await;
    let store = store(&place).await;
    let group = store.competing("mailer").answer_within(Duration::MAX).retries(3);
    let _consumer = group.start().await.unwrap();
    let settings = info(&place).await.settings.unwrap();
    assert_eq!((settings.message_timeout, settings.max_retry_count), (LONGEST, 3));
    // It is made once.
    let _other = competing(&store).start().await.unwrap();
    assert_eq!(info(&place).await.settings.unwrap().message_timeout, LONGEST);
}

#[tokio::test]
async fn a_mark_of_another_log_is_refused() {
    let (place, other) = (Place::start().await, Place::start().await);
    let (store, other) = (store(&place).await, store(&other).await);
    append(&other, "a-1", [0]).await;
    let mark = other.head().await.unwrap();
    let error = competing(&store).after(mark).start().await.unwrap_err();
    assert!(matches!(error, StoreError::Rewound(_)), "{error}");
}

#[tokio::test]
async fn a_closed_store_has_no_consumers() {
    let place = Place::start().await;
    let store = store(&place).await;
    append(&store, "a-1", [0]).await;
    let mut consumer = competing(&store).start().await.unwrap();
    assert_eq!(take(&mut consumer, 1).await, [0]);
    store.close().await;
    assert!(matches!(within(consumer.next()).await, Err(StoreError::Closed)));
    assert!(matches!(competing(&store).start().await, Err(StoreError::Closed)));
}

#[tokio::test]
async fn a_server_that_is_gone_is_said_at_the_start() {
    let place = Place::start().await;
    let address = format!("{}&defaultDeadline=200", place.server.url());
    let store = EventStoreDb::connect(address).await.unwrap();
    place.server.stop().await;
    assert!(within(competing(&store).start()).await.unwrap_err().is_transient());
}
