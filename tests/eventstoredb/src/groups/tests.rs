//! What a group does with time and with what can go wrong, without a network.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use uuid::Uuid;

use super::consumer::{Delivery, Newcomer};
use super::group::{Answer, Group};
use super::key::{Begin, Key, Source};
use super::settings::{Entry, GroupSettings, Strategy};
use crate::faults::Faults;
use crate::model::{Expected, Proposed, Visible};
use crate::store::Store;

fn settings() -> GroupSettings {
    GroupSettings {
        resolve_links: false,
        extra_statistics: false,
        message_timeout: 1_000,
        max_retry_count: 1,
        checkpoint_after: 1_000,
        min_checkpoint_count: 2,
        max_checkpoint_count: 4,
        max_subscriber_count: 0,
        live_buffer_size: 500,
        read_batch_size: 20,
        history_buffer_size: 500,
        strategy: Strategy::DispatchToSingle,
    }
}

/// A group on stream `s`, which has `count` events.
fn group(count: usize, settings: GroupSettings) -> (Store, Group) {
    let store = Store::open(100, None).unwrap();
    let events = (0..count).map(|index| Proposed::system(&index.to_string(), "")).collect();
    store.append("s", Expected::Any, events).unwrap();
    let key = Key { source: Source::Stream("s".to_owned()), group: "g".to_owned() };
    let (begin, start_from) = (Begin::Number(0), "0".to_owned());
    let entry = Entry { key, settings, begin, start_from, filter: None };
    (store, Group::new(entry, None, 0))
}

type Deliveries = mpsc::UnboundedReceiver<Delivery>;

fn join(group: &mut Group, buffer_size: i32) -> (Uuid, Deliveries) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let end = Faults::default().end_of_subscription();
    let about = Newcomer { from: String::new(), connection_name: String::new(), buffer_size, end };
    (group.join(about, sender), receiver)
}

/// The number of the next event and how often it was tried before.
fn next(deliveries: &mut Deliveries) -> Option<(Uuid, i64, i32)> {
    match deliveries.try_recv() {
        Ok(Delivery::Event { event, retries }) => {
            let record = event.event.unwrap();
            Some((record.id, record.number, retries))
        }
        _ => None,
    }
}

/// Lets it look as if what is in flight had been sent before the time limit.
fn let_time_pass(group: &mut Group) {
    let before = Instant::now().checked_sub(Duration::from_secs(2)).unwrap();
    group.checkpoint_time = before;
    for sent in group.in_flight.values_mut() {
        sent.since = before;
    }
}

fn parked(store: &Store) -> bool {
    store.read(|log| log.visible("$persistentsubscription-s::g-parked")) != Visible::Missing
}

fn checkpoint(store: &Store) -> Option<String> {
    store.read(|log| {
        let last = log.last_visible("$persistentsubscription-s::g-checkpoint")?;
        Some(String::from_utf8_lossy(&last.data).into_owned())
    })
}

#[test]
fn no_more_is_in_flight_than_a_consumer_takes() {
    let (store, mut group) = group(3, settings());
    let (consumer, mut deliveries) = join(&mut group, 2);
    group.pump(&store);
    let (first, ..) = next(&mut deliveries).unwrap();
    assert_eq!(next(&mut deliveries).unwrap().1, 1);
    assert_eq!(next(&mut deliveries), None);
    group.answer(&store, consumer, first, Answer::Done, "");
    group.pump(&store);
    assert_eq!(next(&mut deliveries).unwrap().1, 2);
}

#[test]
fn an_event_that_is_late_comes_again_and_is_parked_when_it_is_late_again() {
    let (store, mut group) = group(1, settings());
    let (_, mut deliveries) = join(&mut group, 5);
    group.pump(&store);
    assert_eq!(next(&mut deliveries).unwrap().2, 0);
    group.tick(&store);
    assert_eq!(next(&mut deliveries), None);
    let_time_pass(&mut group);
    group.tick(&store);
    group.pump(&store);
    assert_eq!(next(&mut deliveries).unwrap().2, 1);
    assert!(!parked(&store));
    let_time_pass(&mut group);
    group.tick(&store);
    group.pump(&store);
    assert_eq!(next(&mut deliveries), None);
    assert!(parked(&store));
}

#[test]
fn an_answer_of_another_consumer_is_not_heard() {
    let (store, mut group) = group(1, settings());
    let (_, mut deliveries) = join(&mut group, 1);
    let (other, _) = join(&mut group, 1);
    group.pump(&store);
    let (id, ..) = next(&mut deliveries).unwrap();
    group.answer(&store, other, id, Answer::Done, "");
    assert_eq!(group.in_flight.len(), 1);
}

#[test]
fn the_checkpoint_stays_before_what_is_not_answered_for() {
    let (store, mut group) = group(6, settings());
    let (consumer, mut deliveries) = join(&mut group, 6);
    group.pump(&store);
    let ids: Vec<_> = std::iter::from_fn(|| next(&mut deliveries)).map(|(id, ..)| id).collect();
    let mut done = |index: usize| {
        group.answer(&store, consumer, ids[index], Answer::Done, "");
        checkpoint(&store)
    };
    // All but the first: it holds the checkpoint back.
    assert_eq!((1..5).find_map(&mut done), None);
    assert_eq!(done(0), Some("4".to_owned()));
}

#[test]
fn time_brings_a_checkpoint_only_with_the_least_number() {
    let (store, mut group) = group(2, settings());
    let (consumer, mut deliveries) = join(&mut group, 1);
    for expected in [None, Some("1".to_owned())] {
        group.pump(&store);
        let (id, ..) = next(&mut deliveries).unwrap();
        group.answer(&store, consumer, id, Answer::Done, "");
        assert_eq!(checkpoint(&store), None);
        let_time_pass(&mut group);
        group.tick(&store);
        assert_eq!(checkpoint(&store), expected);
    }
}

#[test]
fn a_replay_ends_where_it_is_told_and_takes_what_it_replayed_away() {
    let (store, mut group) = group(2, settings());
    let (consumer, mut deliveries) = join(&mut group, 2);
    group.pump(&store);
    while let Some((id, ..)) = next(&mut deliveries) {
        group.answer(&store, consumer, id, Answer::Park, "aside");
    }
    assert_eq!(group.parked_count(&store), 2);
    group.replay_parked(&store, 1);
    assert_eq!(group.parked_count(&store), 1);
    group.pump(&store);
    assert_eq!(next(&mut deliveries).map(|(_, number, retries)| (number, retries)), Some((0, 0)));
    assert_eq!(next(&mut deliveries), None);
}

#[test]
fn a_stream_keeps_to_its_consumer_when_it_is_pinned() {
    let settings = GroupSettings { strategy: Strategy::Pinned, ..settings() };
    let (store, mut group) = group(4, settings);
    let (_, mut one) = join(&mut group, 9);
    let (_, mut other) = join(&mut group, 9);
    group.pump(&store);
    let count = |deliveries: &mut Deliveries| std::iter::from_fn(|| next(deliveries)).count();
    let counts = [count(&mut one), count(&mut other)];
    assert!(counts == [4, 0] || counts == [0, 4], "{counts:?}");
}
