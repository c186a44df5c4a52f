//! Of several processes one runs a subscriber at a time, and another as soon as that one is gone.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

mod common;

use std::time::Duration;

use common::deliveries::{Act, Actor, Place, reach};
use common::{LONG, append, deposit};
use factum_core::view::{Owner, Taken, ViewId, ViewSpec};
use factum_projections::{Hub, Placement, SubscriberRunner, Subscription};

async fn join(place: &Place, actor: &Actor, name: &str) -> (SubscriberRunner, Subscription) {
    let leased = Placement::from(place.rows.clone()).leased(Duration::from_millis(300));
    let hub = Hub::new(place.log.clone());
    let subscriber = actor.subscriber("s").attempts(1);
    let started = subscriber.start(&hub, leased.owner(Owner::new(name))).await.unwrap();
    hub.start();
    started
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_runs_it_and_the_next_takes_over() {
    let place = Place::stored();
    let (first, second) = (Actor::new(|_, _| Act::Done), Actor::new(|_, _| Act::Done));
    let (mut runner, of_first) = join(&place, &first, "first").await;
    let (other, of_second) = join(&place, &second, "second").await;
    for number in 0..50 {
        append(&*place.log, &(number % 7).to_string(), &[deposit(1)]).await;
    }
    let head = place.log.head().await.unwrap().position;
    reach(&of_first, head).await;
    // The other one knows how far it is.
    reach(&of_second, head).await;
    assert_eq!(first.begun() + second.begun(), 50, "none twice while leases are kept");

    // One that stops gives it back at once; of one that is killed the lease runs out.
    runner.stop().await.unwrap();
    let done = append(&*place.log, "alice", &[deposit(1)]).await;
    reach(&of_second, done).await;
    let (_third_runner, of_third) = join(&place, &first, "third").await;
    drop(other);
    let done = append(&*place.log, "alice", &[deposit(1)]).await;
    reach(&of_third, done).await;
    assert!(first.begun() + second.begun() >= 52);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_asked_to_try_again_takes_it_over() {
    let place = Place::stored();
    let fails = Actor::new(|_, _| Act::Refuse);
    let works = Actor::new(|_, _| Act::Done);
    let (_runner, of_first) = join(&place, &fails, "first").await;
    let done = append(&*place.log, "alice", &[deposit(1)]).await;
    reach(&of_first, done).await;
    let (_other, of_second) = join(&place, &works, "second").await;
    assert_eq!(of_second.parked().list(10).await.unwrap().len(), 1);
    let retried = of_second.parked().retry().await.unwrap();
    assert_eq!((retried.taken, retried.left), (1, 0));
    assert_eq!(works.begun(), 1);
    assert_eq!(of_first.parked().list(10).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_loses_it_with_nothing_to_save_takes_it_again() {
    let place = Place::stored();
    let actor = Actor::new(|_, _| Act::Done);
    let (_runner, subscription) = join(&place, &actor, "first").await;
    let (rows, view) = (place.rows.clone().unwrap(), ViewSpec::new(ViewId::new("s", 1), &[]));
    let saved = async |position| {
        let checkpoint = rows.slices(view).await.unwrap().remove(0).checkpoint;
        checkpoint.is_some_and(|mark| mark.position >= position)
    };
    let done = append(&*place.log, "alice", &[deposit(1)]).await;
    reach(&subscription, done).await;
    until(async || saved(done).await).await;
    // Another one takes it, and is gone.
    let taken = rows.take(view, 0, Owner::new("second"), None).await.unwrap();
    let Taken::Yours { hold, .. } = taken else { panic!("{taken:?}") };
    until(async || rows.slices(view).await.unwrap().remove(0).hold.epoch > hold.epoch).await;
    let done = append(&*place.log, "alice", &[deposit(1)]).await;
    reach(&subscription, done).await;
    assert_eq!(actor.begun(), 2);
}

async fn until(holds: impl AsyncFn() -> bool) {
    let wait = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LONG, wait).await.unwrap();
}
