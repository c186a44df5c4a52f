//! What a subscriber tells of itself is so, whatever happens to it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::deliveries::{Act, Actor, Place, follow, parked_at, reach};
use common::flaky::{Fault, FlakyRows};
use common::{LONG, append, append_noise, deposit};
use factum_core::store::{EventStore, Position};
use factum_core::view::Owner;
use factum_core::{Timestamp, codec};
use factum_projections::status::{ConsumerKind, Life, Place as KeptIn, SliceOwner};
use factum_projections::{
    ConsumerStatus, Health, HealthBounds, Hub, LogEnd, Placement, SubscriberError,
    SubscriberRunner, Subscription,
};
use factum_stores::MemoryStore;
use tokio::sync::Semaphore;

async fn status(log: &dyn EventStore, runner: &SubscriberRunner) -> ConsumerStatus {
    runner.monitor().status(&LogEnd::read(log, LONG).await).await
}

/// The status, once it is as wanted.
async fn until(
    log: &dyn EventStore,
    runner: &SubscriberRunner,
    wanted: impl Fn(&ConsumerStatus) -> bool,
) -> ConsumerStatus {
    let reached = tokio::time::timeout(LONG, async {
        loop {
            let now = status(log, runner).await;
            if wanted(&now) {
                return now;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    reached.await.unwrap()
}

fn health(told: &ConsumerStatus, end: &LogEnd, bounds: &HealthBounds) -> Health {
    Health::of(end, std::slice::from_ref(told), bounds)
}

/// Within bounds that are the usual ones, and have one for subscribers.
async fn strictly(log: &dyn EventStore, told: &ConsumerStatus) -> Health {
    let subscriber_lag = Some(Duration::from_secs(30));
    let bounds = HealthBounds { subscriber_lag, ..HealthBounds::default() };
    health(told, &LogEnd::read(log, LONG).await, &bounds)
}

#[tokio::test]
async fn what_was_delivered_is_told() {
    let kept_in = [KeptIn::Memory, KeptIn::Stored, KeptIn::Stored];
    for (place, kept_in) in Place::each().into_iter().zip(kept_in) {
        let log = &*place.log;
        let actor = Actor::new(|at, tries| match (at.id(), tries) {
            ("bob", 1..=2) => Act::Fail,
            ("carol", _) => Act::Refuse,
            _ => Act::Done,
        });
        let (mut runner, subscription) = place.follow(actor.subscriber("mails")).await;
        assert_eq!(status(log, &runner).await.slices[0].owner, SliceOwner::Here);
        append(log, "alice", &[deposit(1), deposit(2)]).await;
        append(log, "bob", &[deposit(1)]).await;
        append(log, "carol", &[deposit(1), deposit(1)]).await;
        // Noise is seen, but not delivered.
        let done = append_noise(log).await;
        reach(&subscription, done).await;
        let told = status(log, &runner).await;
        assert_eq!((told.kind, &*told.name), (ConsumerKind::Subscriber, "mails"));
        assert_eq!((&told.life, told.place, told.slices.len()), (&Life::Running, kept_in, 1));
        assert_eq!((told.reached(), told.lag_events()), (done, Some(0)));
        assert_eq!(told.lag_seconds(), Some(0.0));
        let work = told.slices[0].work.clone().unwrap();
        assert_eq!((work.events, work.retries, work.parked, work.trouble), (5, 2, 2, None));
        assert!(told.events_per_second() > 0.0, "{told}");
        let line = told.to_string();
        assert!(line.starts_with("subscriber mails: reached @6, caught up, "), "{line}");
        assert!(line.ends_with(", 2 parked"), "{line}");
        assert!(strictly(log, &told).await.ready.ok);
        let mut json = Vec::new();
        codec::write_json(&told, &mut json).unwrap();
        let json = String::from_utf8(json).unwrap();
        assert!(json.starts_with(r#"{"kind":"subscriber","name":"mails","#), "{json}");

        // Tried again in vain, given up, and found again at the next start.
        subscription.parked().retry().await.unwrap();
        assert_eq!(status(log, &runner).await.parked(), 2);
        assert!(subscription.parked().discard(Position::new(4)).await.unwrap());
        assert_eq!(status(log, &runner).await.parked(), 1);
        runner.stop().await.unwrap();
        let told = status(log, &runner).await;
        let owner = told.slices[0].owner.clone();
        assert_eq!((&told.life, owner, told.parked()), (&Life::Stopped, SliceOwner::Nobody, 0));
        let judged = strictly(log, &told).await;
        assert_eq!(judged.to_string(), "live, not ready: subscriber mails was stopped");
        if place.rows.is_some() {
            let (runner, subscription) = place.follow(actor.subscriber("mails")).await;
            reach(&subscription, done).await;
            assert_eq!(status(log, &runner).await.parked(), 1);
        }
    }
}

/// An end of the log that was decided so many seconds after the epoch.
async fn end_at(log: &dyn EventStore, second: i64) -> LogEnd {
    let mut end = LogEnd::read(log, LONG).await;
    end.time = Some(Timestamp::from_micros(second * 1_000_000));
    end
}

#[tokio::test]
async fn what_is_behind_says_by_how_much_and_why() {
    let place = Place::stored();
    let log = &*place.log;
    let gate = Arc::new(Semaphore::new(0));
    let closed = gate.clone();
    let actor = Actor::new(move |at, _| match at.id() {
        "bob" => Act::Fail,
        "carol" => Act::Wait(closed.clone()),
        _ => Act::Done,
    });
    // Decided at the epoch.
    let first = append(log, "alice", &[deposit(1)]).await;
    append(log, "bob", &[deposit(1)]).await;
    append(log, "carol", &[deposit(1)]).await;
    let clock = Arc::new(Epoch);
    let hub = Hub::new(place.log.clone());
    let kept = Placement::from(place.rows.clone()).clock(clock);
    let mails = actor.subscriber("mails").attempts(u32::MAX);
    let (runner, subscription) = mails.start(&hub, kept).await.unwrap();
    hub.start();
    let failed = |told: &ConsumerStatus| {
        let work = told.slices[0].work.as_ref();
        work.is_some_and(|work| work.retries > 2) && told.reached() == first
    };
    until(log, &runner, failed).await;
    let end = end_at(log, 40).await;
    let told = runner.monitor().status(&end).await;
    assert_eq!((told.lag_events(), told.lag_seconds()), (Some(2), Some(40.0)));
    assert_eq!(told.trouble(), Some("the event at @2: it is away"));
    assert_eq!((&told.life, subscription.trouble().is_none()), (&Life::Running, true));
    assert!(told.to_string().starts_with("subscriber mails: reached @1, 2 events and 40.0 s"));

    // Nobody's query waits for it, unless somebody says so.
    let few = HealthBounds { lag_events: Some(1), ..HealthBounds::default() };
    assert!(health(&told, &end, &few).ready.ok);
    let judged = |lag| {
        let subscriber_lag = Some(Duration::from_secs(lag));
        let bounds = HealthBounds { subscriber_lag, ..HealthBounds::default() };
        health(&told, &end, &bounds).ready
    };
    assert!(judged(50).ok);
    let late = judged(30).reasons;
    assert!(late[0].starts_with("subscriber mails is 40.0 s behind, 30.0 are allowed"), "{late:?}");
    assert!(late[0].ends_with("the event at @2: it is away"), "{late:?}");
}

/// A clock that stands where the events of these tests were decided.
#[derive(Debug)]
struct Epoch;

impl factum_core::time::Clock for Epoch {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(0)
    }
}

#[tokio::test]
async fn what_is_no_longer_tried_is_no_trouble() {
    let place = Place::stored();
    let away = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let fails = away.clone();
    let actor = Actor::new(move |_, _| match fails.load(std::sync::atomic::Ordering::SeqCst) {
        true => Act::Fail,
        false => Act::Done,
    });
    let subscriber = actor.subscriber("mails").attempts(u32::MAX);
    let (runner, _) = place.follow(subscriber).await;
    append(&*place.log, "alice", &[deposit(1)]).await;
    until(&*place.log, &runner, |told| told.trouble().is_some()).await;
    away.store(false, std::sync::atomic::Ordering::SeqCst);
    let told = until(&*place.log, &runner, |told| told.lag_events() == Some(0)).await;
    assert_eq!(told.trouble(), None);
}

#[tokio::test]
async fn a_store_that_fails_is_told_until_it_works() {
    let rows = Arc::new(FlakyRows::new(vec![Fault::Refuse; 10_000]));
    let log = Arc::new(MemoryStore::new());
    let actor = Actor::new(|_, _| Act::Refuse);
    let subscriber = actor.subscriber("mails");
    let (runner, subscription) = follow(subscriber, log.clone(), Some(rows.clone())).await;
    let done = append(&*log, "alice", &[deposit(1)]).await;
    // More than once: so it stands also while it is tried.
    for retries in 1..5 {
        let told = until(&*log, &runner, |told| {
            told.slices[0].work.as_ref().is_some_and(|work| work.retries > retries)
        });
        let told = told.await;
        assert!(told.trouble().unwrap().contains("it fell over"), "{told}");
    }
    rows.faults.lock().unwrap().clear();
    reach(&subscription, done).await;
    let told = status(&*log, &runner).await;
    assert_eq!((told.trouble(), told.parked()), (None, 1));
}

#[tokio::test]
async fn what_has_ended_or_died_says_why() {
    let place = Place::stored();
    let actor = Actor::new(|_, _| Act::Done);
    let done = append(&*place.log, "alice", &[deposit(1), deposit(1)]).await;
    let (mut runner, subscription) = place.follow(actor.subscriber("mails")).await;
    reach(&subscription, done).await;
    runner.stop().await.unwrap();
    let log = Arc::new(MemoryStore::new());
    append(&*log, "bob", &vec![deposit(1); 9]).await;
    let (runner, _) = follow(actor.subscriber("mails"), log.clone(), place.rows.clone()).await;
    let told = until(&*log, &runner, |told| told.life != Life::Running).await;
    assert!(matches!(&told.life, Life::Ended(why) if why.contains("went backwards")), "{told}");
    assert_eq!(told.slices[0].owner, SliceOwner::Nobody);
    let end = LogEnd::read(&*log, LONG).await;
    let judged = health(&told, &end, &HealthBounds::default());
    assert_eq!((judged.live.ok, judged.ready.ok), (true, false));
    assert!(judged.ready.reasons[0].starts_with("subscriber mails has ended: "), "{judged}");

    let rows = Arc::new(FlakyRows::new(vec![Fault::Panic]));
    let (runner, _) = follow(actor.subscriber("mails"), log.clone(), Some(rows)).await;
    let told = until(&*log, &runner, |told| told.life != Life::Running).await;
    assert!(matches!(&told.life, Life::Died(why) if why.contains("the row store broke")), "{told}");
    let judged = health(&told, &end, &HealthBounds::default());
    assert_eq!((judged.live.ok, judged.ready.ok), (false, false));
    assert!(judged.live.reasons[0].starts_with("subscriber mails has died: "), "{judged}");
}

async fn join(place: &Place, actor: &Actor, name: &str) -> (SubscriberRunner, Subscription) {
    // No test lasts so long that a lease runs out.
    let leased = Placement::from(place.rows.clone()).leased(LONG * 60);
    let hub = Hub::new(place.log.clone());
    let subscriber = actor.subscriber("mails");
    let started = subscriber.start(&hub, leased.owner(Owner::new(name))).await.unwrap();
    hub.start();
    started
}

#[tokio::test]
async fn its_owner_is_told_and_a_stop_gives_it_back_at_once() {
    let place = Place::stored();
    let log = &*place.log;
    let actor = Actor::new(|_, _| Act::Refuse);
    let (mut a, of_a) = join(&place, &actor, "a").await;
    let (b, of_b) = join(&place, &actor, "b").await;
    let done = append(log, "alice", &[deposit(1)]).await;
    reach(&of_a, done).await;
    reach(&of_b, done).await;
    let told = status(log, &a).await;
    assert_eq!((told.place, &told.slices[0].owner), (KeptIn::Shared, &SliceOwner::Here));
    assert_eq!(told.parked(), 1);
    let told = status(log, &b).await;
    assert_eq!(told.slices[0].owner, SliceOwner::Another("a".to_owned()));
    assert_eq!((told.reached(), told.lag_events(), &told.life), (done, Some(0), &Life::Running));
    assert!(told.slices[0].work.is_none(), "what another does there is not known");

    a.stop().await.unwrap();
    let told = until(log, &b, |told| told.slices[0].owner == SliceOwner::Here).await;
    assert!(told.slices[0].work.is_some(), "{told}");
    until(log, &b, |told| told.parked() == 1).await;
    let told = status(log, &a).await;
    assert_eq!(told.slices[0].owner, SliceOwner::Another("b".to_owned()));
    assert_eq!(told.life, Life::Stopped);
}

#[tokio::test]
async fn one_whose_handler_hangs_is_cut_short_and_says_so_each_time() {
    for place in Place::lasting() {
        let actor = Actor::new(|at, tries| match (at.id(), tries) {
            ("alice", 1) => Act::Wait(Arc::new(Semaphore::new(0))),
            _ => Act::Done,
        });
        append(&*place.log, "alice", &[deposit(1)]).await;
        let (mut runner, subscription) = place.follow(actor.subscriber("mails")).await;
        actor.until(|seen| seen.begun.len() == 1).await;
        let within = Duration::from_millis(30);
        for _ in 0..2 {
            let error = runner.stop_within(within).await.unwrap_err();
            assert!(matches!(error, SubscriberError::CutShort { .. }), "{error}");
            let error = runner.stop().await.unwrap_err().to_string();
            assert!(error.starts_with("subscriber mails did not finish within 30ms"), "{error}");
        }
        let told = until(&*place.log, &runner, |told| told.life != Life::Running).await;
        assert_eq!((told.life, told.slices[0].owner.clone()), (Life::Stopped, SliceOwner::Nobody));
        assert_eq!(parked_at(&subscription).await, [0; 0]);
        actor.gone().await;
        let (_runner, subscription) = place.follow(actor.subscriber("mails")).await;
        reach(&subscription, Position::new(1)).await;
    }
}
