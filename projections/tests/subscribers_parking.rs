//! An event that a subscriber cannot deliver is tried again, then parks; what comes behind it in its
//! stream waits, and nothing else.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use common::deliveries::{Act, Actor, Place, parked, parked_at, reach};
use common::{LONG, append, append_raw, deposit, raw};
use factum_core::store::Position;
use factum_projections::{Retried, SubscriberError};
use tokio::sync::Semaphore;

#[tokio::test]
async fn what_passes_is_tried_again_while_its_stream_waits() {
    for place in Place::each() {
        append(&*place.log, "alice", &[deposit(1), deposit(2)]).await;
        let done = append(&*place.log, "bob", &[deposit(1)]).await;
        let actor = Actor::new(|at, tries| match at.position.number() {
            1 if tries < 5 => Act::Fail,
            _ => Act::Done,
        });
        let (_runner, subscription) = place.follow(actor.subscriber("s")).await;
        reach(&subscription, done).await;
        assert_eq!(parked_at(&subscription).await, [0; 0]);
        let seen = actor.seen();
        assert_eq!((seen.tries(1), seen.tries(2)), (5, 1));
        assert_eq!(seen.by_stream()["account-alice"], [1, 2]);
        assert_eq!(seen.by_stream()["account-bob"], [3]);
    }
}

#[tokio::test]
async fn what_fails_too_often_parks_with_what_is_behind_it() {
    for place in Place::each() {
        let fails = Arc::new(AtomicBool::new(true));
        let away = fails.clone();
        let actor = Actor::new(move |at, _| match at.position.number() {
            2 if away.load(Ordering::SeqCst) => Act::Fail,
            _ => Act::Done,
        });
        append(&*place.log, "alice", &[deposit(1), deposit(2), deposit(3)]).await;
        append(&*place.log, "bob", &[deposit(1)]).await;
        let (_runner, subscription) = place.follow(actor.subscriber("s").attempts(3)).await;
        reach(&subscription, Position::new(4)).await;
        let later = append(&*place.log, "alice", &[deposit(4)]).await;
        reach(&subscription, later).await;
        let list = parked(&subscription).await;
        let [bad, behind, newer] = &*list else { panic!("{list:?}") };
        assert_eq!((bad.position.number(), bad.attempts), (2, 3));
        assert_eq!(bad.problem.as_deref(), Some("it is away"));
        assert_eq!((&*bad.stream, bad.revision), ("account-alice", 1));
        assert_eq!(bad.rows, ["account-alice"]);
        assert_eq!((behind.position.number(), behind.attempts, &behind.problem), (3, 0, &None));
        assert_eq!((newer.position, &newer.problem), (later, &None));
        assert_eq!(actor.seen().positions(), [1, 4]);

        // Nothing has changed, so it stays.
        let of_alice = subscription.parked().retry_stream("account-alice").await.unwrap();
        assert_eq!((of_alice.taken, of_alice.left), (0, 3));
        assert_eq!(parked(&subscription).await[0].attempts, 4);
        for nothing in ["account-bob", "no_stream"] {
            let none = subscription.parked().retry_stream(nothing).await.unwrap();
            assert_eq!(none, Retried::default());
        }
        fails.store(false, Ordering::SeqCst);
        let of_alice = subscription.parked().retry_stream("account-alice").await.unwrap();
        assert_eq!((of_alice.taken, of_alice.left), (3, 0));
        assert_eq!(parked_at(&subscription).await, [0; 0]);
        // It goes on by itself.
        let more = append(&*place.log, "alice", &[deposit(5)]).await;
        reach(&subscription, more).await;
        assert_eq!(actor.seen().by_stream()["account-alice"], [1, 2, 3, 5, 6]);
    }
}

#[tokio::test]
async fn what_no_try_helps_parks_at_once() {
    for place in Place::each() {
        append(&*place.log, "panics", &[deposit(1)]).await;
        append(&*place.log, "refuses", &[deposit(1)]).await;
        append_raw(&*place.log, "account", "odd", vec![raw("account.frozen", 1, "{}")]).await;
        append(&*place.log, "waits", &[deposit(1)]).await;
        let done = append(&*place.log, "fine", &[deposit(1)]).await;
        let gate = Arc::new(Semaphore::new(0));
        let actor = Actor::new(move |at, _| match at.id() {
            "panics" => Act::Panic,
            "refuses" => Act::Refuse,
            "waits" => Act::Wait(gate.clone()),
            _ => Act::Done,
        });
        let limited = actor.subscriber("s").time_limit(Duration::from_millis(20)).attempts(2);
        let (mut runner, subscription) = place.follow(limited).await;
        reach(&subscription, done).await;
        let list = parked(&subscription).await;
        let told: Vec<_> =
            list.iter().map(|e| (e.attempts, e.problem.as_deref().unwrap())).collect();
        assert_eq!(told[0], (1, "`on` panicked: the handler broke"));
        assert_eq!(told[1], (1, "no such address"));
        assert!(told[2].0 == 1 && told[2].1.contains("account.frozen"), "{told:?}");
        // Whether more time helps cannot be told.
        assert_eq!(told[3], (2, "it was not done within 20ms"));
        assert_eq!(told.len(), 4);
        assert_eq!(actor.seen().positions(), [5]);
        runner.stop().await.unwrap();
    }
}

#[tokio::test]
async fn what_is_given_up_lets_the_rest_go_on() {
    for place in Place::each() {
        append(&*place.log, "alice", &[deposit(1), deposit(2), deposit(3)]).await;
        let done = append(&*place.log, "bob", &[deposit(1)]).await;
        let actor = Actor::new(|at, _| match at.position.number() {
            1 | 4 => Act::Refuse,
            _ => Act::Done,
        });
        let (_runner, subscription) = place.follow(actor.subscriber("s")).await;
        reach(&subscription, done).await;
        assert_eq!(parked_at(&subscription).await, [1, 2, 3, 4]);
        let at = |position| (subscription.clone(), Position::new(position));
        for (position, known) in [(1, true), (1, false), (9, false)] {
            let (subscription, position) = at(position);
            assert_eq!(subscription.parked().discard(position).await.unwrap(), known);
        }
        assert_eq!(actor.begun(), 2, "the rest is tried when somebody says so");
        let retried = subscription.parked().retry().await.unwrap();
        assert_eq!((retried.taken, retried.left), (2, 1));
        assert_eq!(parked_at(&subscription).await, [4]);
        // The last of a stream opens it.
        assert!(subscription.parked().discard(Position::new(4)).await.unwrap());
        let more = append(&*place.log, "bob", &[deposit(2)]).await;
        reach(&subscription, more).await;
        assert_eq!(actor.seen().positions(), [2, 3, 5]);
    }
}

/// While parked events are tried again, others are delivered, and what comes for their stream waits.
#[tokio::test]
async fn trying_again_holds_nobody_up_and_keeps_the_order() {
    for place in Place::each() {
        let gate = Arc::new(Semaphore::new(0));
        let closed = gate.clone();
        let actor = Actor::new(move |at, tries| match (at.position.number(), tries) {
            (1, 1) => Act::Refuse,
            (1, _) => Act::Wait(closed.clone()),
            _ => Act::Done,
        });
        append(&*place.log, "alice", &[deposit(1), deposit(2)]).await;
        let (_runner, subscription) = place.follow(actor.subscriber("s")).await;
        reach(&subscription, Position::new(2)).await;
        let of = subscription.clone();
        let retry = tokio::spawn(async move { of.parked().retry().await });
        actor.until(|seen| seen.tries(1) == 2).await;
        append(&*place.log, "alice", &[deposit(3)]).await;
        let done = append(&*place.log, "bob", &[deposit(1)]).await;
        reach(&subscription, done).await;
        assert_eq!(actor.seen().positions(), [4]);
        assert_eq!(parked_at(&subscription).await, [1, 2, 3]);
        gate.add_permits(1);
        let retried = retry.await.unwrap().unwrap();
        assert_eq!((retried.taken, retried.left), (3, 0));
        assert_eq!(actor.seen().by_stream()["account-alice"], [1, 2, 3]);
    }
}

#[tokio::test]
async fn a_stop_waits_for_what_is_tried_again_and_leaves_the_rest_parked() {
    for place in Place::each() {
        let gate = Arc::new(Semaphore::new(0));
        let closed = gate.clone();
        let actor = Actor::new(move |at, tries| match (at.position.number(), tries) {
            (1, 1) => Act::Refuse,
            (1, _) => Act::Wait(closed.clone()),
            _ => Act::Done,
        });
        append(&*place.log, "alice", &[deposit(1), deposit(2)]).await;
        let (mut runner, subscription) = place.follow(actor.subscriber("s")).await;
        reach(&subscription, Position::new(2)).await;
        let of = subscription.clone();
        let retry = tokio::spawn(async move { of.parked().retry().await });
        actor.until(|seen| seen.tries(1) == 2).await;
        let mut stop = Box::pin(runner.stop());
        assert!(tokio::time::timeout(Duration::ZERO, &mut stop).await.is_err());
        gate.add_permits(1);
        stop.await.unwrap();
        let refused = retry.await.unwrap().unwrap_err();
        assert!(matches!(refused, SubscriberError::Stopped { .. }), "{refused}");
        assert_eq!(actor.seen().positions(), [1]);
        assert_eq!(parked_at(&subscription).await, [2]);
    }
}

/// The checkpoint stays before the first, which is in hand, so the parked one comes from the log again.
#[tokio::test]
async fn what_is_parked_stays_as_it_is_when_the_log_is_read_again() {
    for place in Place::lasting() {
        let gate = Arc::new(Semaphore::new(0));
        let closed = gate.clone();
        let actor = Actor::new(move |at, _| match at.position.number() {
            1 => Act::Wait(closed.clone()),
            2 => Act::Refuse,
            _ => Act::Done,
        });
        append(&*place.log, "alice", &[deposit(1)]).await;
        append(&*place.log, "bob", &[deposit(1), deposit(2)]).await;
        let done = append(&*place.log, "carol", &[deposit(1)]).await;
        let (runner, subscription) = place.follow(actor.subscriber("s")).await;
        actor.until(|seen| seen.done.iter().any(|(position, _)| *position == 4)).await;
        while parked_at(&subscription).await != [2, 3] {
            tokio::task::yield_now().await;
        }
        let before = parked(&subscription).await;
        drop(runner);
        actor.gone().await;
        gate.add_permits(1);
        let (_runner, subscription) = place.follow(actor.subscriber("s")).await;
        reach(&subscription, done).await;
        assert_eq!(parked(&subscription).await, before);
        assert_eq!(actor.seen().tries(2), 1);
        assert_eq!(actor.seen().positions(), [1, 4]);
    }
}

#[tokio::test]
async fn there_is_an_end_to_what_may_park() {
    let place = Place::stored();
    for number in 0..1_001 {
        append(&*place.log, &number.to_string(), &[deposit(1)]).await;
    }
    let actor = Actor::new(|_, _| Act::Refuse);
    let (mut runner, subscription) = place.follow(actor.subscriber("s").concurrency(1)).await;
    let refused = subscription.wait(Position::new(1_001)).await.unwrap_err();
    let told = "subscriber s stopped before event account.deposited at @1001, revision 0 of stream \
                account-1000: no such address; so many streams wait";
    assert!(refused.to_string().starts_with(told), "{refused}");
    assert_eq!(parked(&subscription).await.len(), 1_000);
    let refused = subscription.parked().retry().await.unwrap_err();
    assert!(matches!(refused, SubscriberError::Full(_)), "{refused}");
    assert!(matches!(runner.stop().await.unwrap_err(), SubscriberError::Full(_)));
}

/// What was done ahead of the checkpoint comes again after a crash: not behind what parked after it.
#[tokio::test]
async fn what_comes_again_does_not_park_behind_what_stands_after_it() {
    for place in Place::lasting() {
        append(&*place.log, "bob", &[deposit(1)]).await;
        append(&*place.log, "alice", &[deposit(1), deposit(1), deposit(1)]).await;
        let (gate, fails) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicBool::new(true)));
        let (closed, away) = (gate.clone(), fails.clone());
        let actor = Actor::new(move |at, _| match at.position.number() {
            1 => Act::Wait(closed.clone()),
            3 if away.load(Ordering::SeqCst) => Act::Refuse,
            _ => Act::Done,
        });
        let (runner, subscription) = place.follow(actor.subscriber("s")).await;
        actor.until(|seen| seen.begun.len() == 3).await;
        let saved = async {
            while parked_at(&subscription).await != [3, 4] {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(LONG, saved).await.unwrap();
        drop(runner);
        actor.gone().await;

        gate.add_permits(1);
        let (_runner, subscription) = place.follow(actor.subscriber("s")).await;
        reach(&subscription, Position::new(4)).await;
        assert_eq!(parked_at(&subscription).await, [3, 4]);
        fails.store(false, Ordering::SeqCst);
        let retried = subscription.parked().retry().await.unwrap();
        assert_eq!((retried.taken, retried.left), (2, 0));
        assert_eq!(actor.seen().by_stream()["account-alice"], [2, 2, 3, 4]);
    }
}

#[tokio::test]
async fn a_retry_gives_way_to_what_comes_again_and_fails_before_it() {
    for place in Place::lasting() {
        append(&*place.log, "bob", &[deposit(1)]).await;
        append(&*place.log, "alice", &[deposit(1), deposit(1)]).await;
        let [bob, alice] = [(); 2].map(|()| Arc::new(Semaphore::new(0)));
        let (of_bob, of_alice) = (bob.clone(), alice.clone());
        let actor = Actor::new(move |at, tries| match (at.position.number(), tries) {
            (1, _) => Act::Wait(of_bob.clone()),
            (2, 1) => Act::Done,
            (2, 2) => Act::RefuseAfter(of_alice.clone()),
            (3, 1) => Act::Refuse,
            _ => Act::Done,
        });
        let (runner, subscription) = place.follow(actor.subscriber("s")).await;
        let saved = async {
            while parked_at(&subscription).await != [3] {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(LONG, saved).await.unwrap();
        drop(runner);
        actor.gone().await;

        let (_runner, subscription) = place.follow(actor.subscriber("s")).await;
        actor.until(|seen| seen.tries(2) == 2).await;
        let parked = subscription.parked();
        let mut retry = std::pin::pin!(parked.retry());
        for _ in 0..100 {
            assert!(tokio::time::timeout(Duration::ZERO, &mut retry).await.is_err());
            tokio::task::yield_now().await;
        }
        alice.add_permits(1);
        let retried = tokio::time::timeout(LONG, retry).await.unwrap().unwrap();
        assert_eq!((retried.taken, retried.left), (0, 2));
        assert_eq!(parked_at(&subscription).await, [2, 3]);
        let retried = subscription.parked().retry().await.unwrap();
        assert_eq!((retried.taken, retried.left), (2, 0));
        bob.add_permits(1);
        reach(&subscription, Position::new(3)).await;
    }
}
