//! Subscribers: what is delivered, in which order, how much at once, and from where on.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::deliveries::{Act, Actor, Place, follow, reach};
use common::flaky::{Fault, FlakyRows};
use common::flaky_log::FlakyLog;
use common::{Balance, LONG, append, append_noise, deposit, unavailable};
use factum_core::store::Position;
use factum_core::view::ViewError;
use factum_projections::{Hub, Runner, SubscriberError, Subscription};
use factum_stores::MemoryStore;
use tokio::sync::Semaphore;
use tokio::time::timeout;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_is_delivered_in_order_and_others_at_the_same_time() {
    for place in Place::each() {
        let mut streams: Vec<Vec<u64>> = vec![Vec::new(); 10];
        let mut rng = fastrand::Rng::with_seed(7);
        for _ in 0..400 {
            let stream = rng.usize(..streams.len());
            let done = append(&*place.log, &stream.to_string(), &[deposit(1)]).await;
            streams[stream].push(done.number());
        }
        let actor = Actor::new(|at, _| Act::Late(at.position.number() as u32 % 13));
        let (mut runner, subscription) = place.follow(actor.subscriber("s").concurrency(3)).await;
        reach(&subscription, place.log.head().await.unwrap().position).await;
        {
            let seen = actor.seen();
            let by_stream = seen.by_stream();
            for (number, positions) in streams.iter().enumerate() {
                assert_eq!(by_stream[&*format!("account-{number}")], *positions);
            }
            assert_eq!((seen.begun.len(), seen.most), (400, 3));
        }
        runner.stop().await.unwrap();
    }
}

/// The first of the log takes for ever; what may be done behind it is bounded, and so is memory.
#[tokio::test]
async fn no_more_is_taken_than_the_look_ahead() {
    let place = Place::stored();
    for number in 0..2_000 {
        append(&*place.log, &number.to_string(), &[deposit(1)]).await;
    }
    let gate = Arc::new(Semaphore::new(0));
    let closed = gate.clone();
    let actor = Actor::new(move |at, _| match at.position.number() {
        1 => Act::Wait(closed.clone()),
        _ => Act::Done,
    });
    let (mut runner, subscription) = place.follow(actor.subscriber("s").concurrency(2)).await;
    actor.until(|seen| seen.done.len() == 2 + 256 - 1).await;
    // Nothing more comes, however long one waits; some turns of the runtime are long for it.
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(actor.begun(), 2 + 256);
    assert_eq!(subscription.reached(), Position::START);
    gate.add_permits(1);
    reach(&subscription, Position::new(2_000)).await;
    assert_eq!((actor.begun(), actor.most()), (2_000, 2));
    runner.stop().await.unwrap();
}

#[tokio::test]
async fn a_slow_subscriber_holds_no_projection_up() {
    let place = Place::stored();
    let gate = Arc::new(Semaphore::new(0));
    let closed = gate.clone();
    let actor = Actor::new(move |_, _| Act::Wait(closed.clone()));
    let hub = Hub::new(place.log.clone());
    let (mut slow, subscription) =
        actor.subscriber("slow").start(&hub, place.rows.clone()).await.unwrap();
    let (_runner, view) = Runner::start::<Balance>(&hub, place.rows.clone()).await.unwrap();
    hub.start();
    let mut done = Position::START;
    for number in 0..1_000 {
        done = append(&*place.log, &(number % 50).to_string(), &[deposit(1)]).await;
    }
    assert_eq!(view.within(LONG).after(done).count().await.unwrap(), 50);
    assert_eq!(actor.done(), 0);
    gate.add_permits(1_000);
    reach(&subscription, done).await;
    assert_eq!(actor.begun(), 1_000);
    slow.stop().await.unwrap();
}

#[tokio::test]
async fn a_restart_goes_on_from_where_it_was() {
    for place in Place::lasting() {
        let actor = Actor::new(|_, _| Act::Done);
        for round in 1..=3 {
            append(&*place.log, "alice", &[deposit(1), deposit(2)]).await;
            append(&*place.log, "bob", &[deposit(1)]).await;
            let done = append_noise(&*place.log).await;
            let (mut runner, subscription) = place.follow(actor.subscriber("s")).await;
            reach(&subscription, done).await;
            runner.stop().await.unwrap();
            assert_eq!(actor.begun(), round * 3, "none twice after a stop");
        }
        // Another name begins anew.
        let other = Actor::new(|_, _| Act::Done);
        let (_runner, subscription) = place.follow(other.subscriber("other")).await;
        reach(&subscription, place.log.head().await.unwrap().position).await;
        assert_eq!(other.begun(), 9);
    }
}

#[tokio::test]
async fn what_keeps_nothing_begins_with_the_beginning_or_with_now() {
    let place = Place::memory();
    append(&*place.log, "alice", &[deposit(1)]).await;
    for round in 1..=2 {
        let (all, new) = (Actor::new(|_, _| Act::Done), Actor::new(|_, _| Act::Done));
        let (_all, of_all) = place.follow(all.subscriber("all")).await;
        let (_new, of_new) = place.follow(new.subscriber("new").from_now()).await;
        let done = append(&*place.log, "alice", &[deposit(1)]).await;
        reach(&of_all, done).await;
        reach(&of_new, done).await;
        assert_eq!((all.begun(), new.begun()), (round + 1, 1));
    }
}

#[tokio::test]
async fn from_now_is_from_the_first_start() {
    for (place, before) in Place::lasting().into_iter().zip([0, 5]) {
        for _ in 0..before {
            append(&*place.log, "alice", &[deposit(1)]).await;
        }
        let actor = Actor::new(|_, _| Act::Done);
        let (mut runner, _) = place.follow(actor.subscriber("s").from_now()).await;
        // It has seen nothing, and yet it is known where it began.
        runner.stop().await.unwrap();
        let done = append(&*place.log, "alice", &[deposit(1)]).await;
        let (_runner, subscription) = place.follow(actor.subscriber("s").from_now()).await;
        reach(&subscription, done).await;
        assert_eq!(actor.seen().positions(), [done.number()]);
    }
}

#[tokio::test]
async fn a_stop_waits_for_what_is_in_hand_and_begins_nothing_more() {
    for place in Place::each() {
        append(&*place.log, "alice", &[deposit(1), deposit(2)]).await;
        append(&*place.log, "bob", &[deposit(1)]).await;
        let gate = Arc::new(Semaphore::new(0));
        let closed = gate.clone();
        let actor = Actor::new(move |_, _| Act::Wait(closed.clone()));
        let (mut runner, subscription) = place.follow(actor.subscriber("s").concurrency(1)).await;
        actor.until(|seen| seen.begun.len() == 1).await;
        let mut stop = Box::pin(runner.stop());
        assert!(timeout(Duration::ZERO, &mut stop).await.is_err());
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert!(timeout(Duration::ZERO, &mut stop).await.is_err(), "alice's first is in hand");
        gate.add_permits(9);
        timeout(LONG, stop).await.unwrap().unwrap();
        runner.stop().await.unwrap();
        assert_eq!((actor.begun(), actor.done()), (1, 1));
        let refused = subscription.wait(Position::new(3)).await.unwrap_err();
        assert!(matches!(refused, SubscriberError::Stopped { .. }), "{refused}");
        let refused = subscription.parked().retry().await.unwrap_err();
        assert_eq!(refused.to_string(), "subscriber s was stopped");
        if place.rows.is_some() {
            let (_runner, subscription) = place.follow(actor.subscriber("s")).await;
            reach(&subscription, Position::new(3)).await;
            assert_eq!(actor.begun(), 3);
        }
    }
}

#[tokio::test]
async fn a_store_that_fails_now_and_then_costs_nothing() {
    let faults = vec![Fault::Refuse, Fault::LoseAnswer, Fault::LoseCommit, Fault::LoseAnswer];
    let rows = Arc::new(FlakyRows::new(faults));
    let breaks = vec![(3, unavailable()), (0, unavailable()), (2, unavailable())];
    let log = Arc::new(FlakyLog { inner: MemoryStore::new(), breaks: breaks.into() });
    let bad = append(&*log, "alice", &[deposit(1)]).await;
    for number in 0..20 {
        append(&*log, &number.to_string(), &[deposit(1)]).await;
    }
    let actor = Actor::new(|at, tries| match at.id() {
        "alice" if tries < 3 => Act::Refuse,
        _ => Act::Done,
    });
    let (mut runner, subscription) =
        follow(actor.subscriber("s"), log.clone(), Some(rows.clone())).await;
    reach(&subscription, Position::new(21)).await;
    // Each writes.
    assert_eq!(subscription.parked().retry().await.unwrap().left, 1);
    assert_eq!(subscription.parked().retry().await.unwrap().taken, 1);
    runner.stop().await.unwrap();
    assert!(rows.faults.lock().unwrap().is_empty(), "all of it happened");
    let seen = actor.seen();
    assert_eq!((seen.positions().len(), seen.done.len()), (21, 21));
    assert_eq!(seen.tries(bad.number()), 3);
}

/// Whoever starts it last has it.
#[tokio::test]
async fn one_that_was_taken_over_saves_nothing() {
    for place in Place::lasting() {
        let [one, other] = [(), ()].map(|()| Actor::new(|_, _| Act::Done));
        let (mut first, of_first) = place.follow(one.subscriber("s")).await;
        let (mut second, of_second) = place.follow(other.subscriber("s")).await;
        let done = append(&*place.log, "alice", &[deposit(1)]).await;
        reach(&of_first, done).await;
        reach(&of_second, done).await;
        let refused = first.stop().await.unwrap_err();
        let SubscriberError::Rows { source: ViewError::Fenced(fenced), .. } = &refused else {
            panic!("{refused}")
        };
        assert!(fenced.taken);
        second.stop().await.unwrap();
    }
}

#[tokio::test]
async fn one_that_nobody_runs_says_so() {
    let subscription = Subscription::missing("mails");
    let told = "there is no subscriber \"mails\": start the app with `.subscriber(\"mails\", …)`";
    assert_eq!(subscription.parked().list(1).await.unwrap_err().to_string(), told);
    assert_eq!(subscription.parked().retry().await.unwrap_err().to_string(), told);
    assert_eq!(subscription.wait(Position::new(1)).await.unwrap_err().to_string(), told);
}
