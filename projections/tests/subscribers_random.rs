//! Subscribers that are killed at random moments, and random lives of one against a model.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

mod common;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use common::deliveries::{Act, Actor, Place, parked_at, reach};
use common::{append, deposit};
use factum_core::store::Position;

/// None is lost, and none comes before one that stands before it in its stream.
fn check(actor: &Actor, given_up: &HashSet<u64>, appended: &[Vec<u64>]) {
    let seen = actor.seen();
    let by_stream = seen.by_stream();
    for (stream, positions) in appended.iter().enumerate() {
        let delivered = by_stream.get(&*format!("account-{stream}"));
        let due: Vec<u64> =
            positions.iter().copied().filter(|position| !given_up.contains(position)).collect();
        let mut known = 0;
        for position in delivered.into_iter().flatten() {
            if !given_up.contains(position) {
                let place = due.iter().position(|due| due == position).unwrap();
                assert!(place <= known, "{position} came before {:?}", due.get(known));
                known = known.max(place + 1);
            }
        }
        assert_eq!(known, due.len(), "all of {stream}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscriber_that_is_dropped_at_random_moments_loses_nothing() {
    for (place, seed) in Place::lasting().into_iter().zip(1..) {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut appended: Vec<Vec<u64>> = vec![Vec::new(); 12];
        // Every seventh fails once.
        let actor = Actor::new(|at, tries| match at.position.number() {
            position if position % 7 == 0 && tries % 2 == 1 => Act::Fail,
            position => Act::Late(position as u32 % 5),
        });
        for _ in 0..60 {
            for _ in 0..rng.usize(..20) {
                let stream = rng.usize(..appended.len());
                let done = append(&*place.log, &stream.to_string(), &[deposit(1)]).await;
                appended[stream].push(done.number());
            }
            let (runner, _) =
                place.follow(actor.subscriber("s").concurrency(rng.usize(1..6))).await;
            let (begun, more) = (actor.begun(), rng.usize(..15));
            if !appended.iter().all(Vec::is_empty) && more > 0 {
                let head = place.log.head().await.unwrap().position.number();
                actor
                    .until(|seen| {
                        seen.begun.len() >= begun + more
                            || seen.done.iter().any(|(p, _)| *p == head)
                    })
                    .await;
            }
            drop(runner);
            actor.gone().await;
        }
        let (mut runner, subscription) = place.follow(actor.subscriber("s")).await;
        reach(&subscription, place.log.head().await.unwrap().position).await;
        runner.stop().await.unwrap();
        check(&actor, &HashSet::new(), &appended);
        assert!(parked_at(&subscription).await.is_empty());
        // And a stop is no crash.
        let begun = actor.begun();
        let (mut runner, subscription) = place.follow(actor.subscriber("s")).await;
        reach(&subscription, place.log.head().await.unwrap().position).await;
        runner.stop().await.unwrap();
        assert_eq!(actor.begun(), begun);
    }
}

/// What should be parked.
#[derive(Default)]
struct Model {
    bad: HashSet<u64>,
    parked: BTreeMap<usize, Vec<u64>>,
    given_up: HashSet<u64>,
}

impl Model {
    fn append(&mut self, stream: usize, position: u64, is_bad: bool) {
        if is_bad {
            self.bad.insert(position);
        }
        if is_bad || self.parked.contains_key(&stream) {
            self.parked.entry(stream).or_default().push(position);
        }
    }

    /// How many are taken, and how many left, of the streams that had something.
    fn retry(&mut self, stream: Option<usize>) -> (usize, usize) {
        let (mut taken, mut left) = (0, 0);
        let bad = &self.bad;
        self.parked.retain(|of, parked| {
            if stream.is_some_and(|stream| stream != *of) {
                return true;
            }
            let good = parked.iter().take_while(|position| !bad.contains(position)).count();
            parked.drain(..good);
            (taken, left) = (taken + good, left + parked.len());
            !parked.is_empty()
        });
        (taken, left)
    }

    fn discard(&mut self, position: u64) -> bool {
        let mut known = false;
        self.parked.retain(|_, parked| {
            let before = parked.len();
            parked.retain(|parked| *parked != position);
            known |= parked.len() < before;
            !parked.is_empty()
        });
        if known {
            self.given_up.insert(position);
        }
        known
    }

    fn positions(&self) -> Vec<u64> {
        let mut positions: Vec<u64> = self.parked.values().flatten().copied().collect();
        positions.sort_unstable();
        positions
    }
}

async fn live(place: Place, seed: u64) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut appended: Vec<Vec<u64>> = vec![Vec::new(); 6];
    let mut model = Model::default();
    let bad: Arc<Mutex<HashMap<u64, Act>>> = Arc::default();
    let (scripted, is_calm) = (bad.clone(), Arc::new(AtomicBool::new(false)));
    let calm = is_calm.clone();
    let actor = Actor::new(move |at, tries| {
        let position = at.position.number();
        match scripted.lock().unwrap().get(&position) {
            Some(act) => act.clone(),
            None if position % 5 == 0 && tries == 1 && !calm.load(Ordering::SeqCst) => Act::Fail,
            None => Act::Late(position as u32 % 4),
        }
    });
    let subscriber = || actor.subscriber("s").attempts(2).concurrency(3);
    let (mut runner, mut subscription) = place.follow(subscriber()).await;
    for _ in 0..120 {
        match rng.u8(..10) {
            0..=4 => {
                let stream = rng.usize(..appended.len());
                let next = place.log.head().await.unwrap().position.number() + 1;
                let act = rng.choice([Act::Fail, Act::Refuse, Act::Panic]).unwrap();
                let is_bad = rng.u8(..6) == 0;
                if is_bad {
                    bad.lock().unwrap().insert(next, act);
                }
                let done = append(&*place.log, &stream.to_string(), &[deposit(1)]).await.number();
                assert_eq!(done, next);
                appended[stream].push(done);
                model.append(stream, done, is_bad);
            }
            5 if place.rows.is_some() => {
                drop(runner);
                actor.gone().await;
                (runner, subscription) = place.follow(subscriber()).await;
            }
            6 if place.rows.is_some() => {
                runner.stop().await.unwrap();
                (runner, subscription) = place.follow(subscriber()).await;
            }
            _ => {
                reach(&subscription, place.log.head().await.unwrap().position).await;
                assert_eq!(parked_at(&subscription).await, model.positions(), "seed {seed}");
                let some = rng.choice(model.positions());
                match (rng.u8(..4), some) {
                    (0, Some(position)) => {
                        let known = subscription.parked().discard(Position::new(position)).await;
                        assert_eq!(known.unwrap(), model.discard(position));
                    }
                    (1, Some(position)) => {
                        model.bad.remove(&position);
                        bad.lock().unwrap().remove(&position);
                    }
                    (kind, _) => {
                        let stream = (kind == 2).then(|| rng.usize(..appended.len()));
                        // One that is tried again must not fail by chance.
                        is_calm.store(true, Ordering::SeqCst);
                        let parked = subscription.parked();
                        let retried = match stream {
                            Some(stream) => parked.retry_stream(&format!("account-{stream}")).await,
                            None => parked.retry().await,
                        };
                        is_calm.store(false, Ordering::SeqCst);
                        let retried = retried.unwrap();
                        assert_eq!(
                            (retried.taken, retried.left),
                            model.retry(stream),
                            "seed {seed}"
                        );
                    }
                }
            }
        }
    }
    bad.lock().unwrap().clear();
    model.bad.clear();
    reach(&subscription, place.log.head().await.unwrap().position).await;
    is_calm.store(true, Ordering::SeqCst);
    assert_eq!(subscription.parked().retry().await.unwrap().left, 0);
    assert!(parked_at(&subscription).await.is_empty());
    runner.stop().await.unwrap();
    check(&actor, &model.given_up, &appended);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_lives_end_as_the_model_says() {
    for seed in 0..15 {
        for place in Place::each() {
            live(place, seed).await;
        }
    }
}
