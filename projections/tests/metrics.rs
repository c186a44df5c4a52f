//! What projections and subscribers tell by the crate `metrics`.

#![cfg(feature = "metrics")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

mod common;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::deliveries::{Act, Actor, follow, reach};
use common::flaky::{Fault, FlakyRows};
use common::{Bank, LONG, World, append, deposit};
use factum_projections::metrics as names;
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};

type Values = Arc<Mutex<BTreeMap<String, f64>>>;

/// Keeps the last value of each metric; of a histogram how many there were.
#[derive(Default)]
struct Kept(Values);

struct One(Values, String);

impl One {
    fn change(&self, change: impl FnOnce(&mut f64)) {
        change(self.0.lock().unwrap().entry(self.1.clone()).or_default());
    }
}

impl CounterFn for One {
    fn increment(&self, value: u64) {
        self.change(|kept| *kept += value as f64);
    }
    fn absolute(&self, value: u64) {
        self.change(|kept| *kept = value as f64);
    }
}

impl GaugeFn for One {
    fn increment(&self, value: f64) {
        self.change(|kept| *kept += value);
    }
    fn decrement(&self, value: f64) {
        self.change(|kept| *kept -= value);
    }
    fn set(&self, value: f64) {
        self.change(|kept| *kept = value);
    }
}

impl HistogramFn for One {
    fn record(&self, value: f64) {
        assert!(value >= 0.0);
        self.change(|kept| *kept += 1.0);
    }
}

impl Kept {
    fn one(&self, key: &Key) -> Arc<One> {
        let labels = key.labels().map(|label| format!("{}={}", label.key(), label.value()));
        let labels = labels.collect::<Vec<_>>().join(",");
        Arc::new(One(self.0.clone(), format!("{}{{{labels}}}", key.name())))
    }

    fn get(&self, name: &str) -> f64 {
        self.of("kind=projection,consumer=balances", name)
    }

    fn of(&self, consumer: &str, name: &str) -> f64 {
        let key = format!("{name}{{{consumer},build=1.0,slice=0}}");
        let values = self.0.lock().unwrap();
        *values.get(&key).unwrap_or_else(|| panic!("{key} is not in {values:?}"))
    }
}

impl Recorder for Kept {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.one(key))
    }
    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.one(key))
    }
    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.one(key))
    }
}

#[tokio::test(start_paused = true)]
async fn each_figure_is_told() {
    let kept = Kept::default();
    let _kept = metrics::set_default_local_recorder(&kept);
    let rows = Arc::new(FlakyRows::new(vec![Fault::Refuse; 3]));
    let [_, world] = World::each();
    let world = World { rows: Some(rows), ..world };
    let (mut runner, view) = world.start().await;
    assert_eq!(kept.get(names::OWNED), 1.0);
    append(&*world.log, "alice", &[deposit(1), deposit(1), Bank::Robbed]).await;
    let done = append(&*world.log, "alice", &[deposit(1)]).await;
    view.after(done).all().await.unwrap();
    runner.stop().await.unwrap();

    assert_eq!(kept.get(names::POSITION), 4.0);
    assert_eq!(kept.get(names::EVENTS), 4.0);
    assert_eq!(kept.get(names::LAG_SECONDS), 0.0);
    assert_eq!(kept.get(names::RETRIES), 3.0);
    // The slice was given up, and what is parked there is counted by its next owner.
    assert_eq!(kept.get(names::PARKED), 0.0);
    assert_eq!((kept.get(names::OWNED), kept.get(names::OWNER_CHANGES)), (0.0, 2.0));
    let commits = kept.get(names::COMMITS);
    assert!((1.0..=4.0).contains(&commits), "{commits}");
    assert_eq!(kept.get(names::COMMIT_SECONDS), commits);

    let (_runner, view) = world.start().await;
    let done = append(&*world.log, "bob", &[Bank::Robbed]).await;
    view.after(done).all().await.unwrap();
    view.parked().list(10).await.unwrap();
    // Answered after what came before.
    assert!(!view.parked().discard(factum_core::Position::new(99)).await.unwrap_or_default());
    assert_eq!(kept.get(names::PARKED), 3.0);
    assert_eq!(kept.get(names::OWNER_CHANGES), 3.0);
}

#[tokio::test(start_paused = true)]
async fn each_figure_of_a_subscriber_is_told_under_its_kind() {
    let kept = Kept::default();
    let _kept = metrics::set_default_local_recorder(&kept);
    let get = |name| kept.of("kind=subscriber,consumer=mails", name);
    let rows = Arc::new(FlakyRows::new(vec![Fault::Refuse; 2]));
    let [_, world] = World::each();
    let actor = Actor::new(|at, tries| match (at.id(), tries) {
        ("bob", _) => Act::Refuse,
        (_, 1) => Act::Fail,
        _ => Act::Done,
    });
    let mails = actor.subscriber("mails");
    let (mut runner, subscription) = follow(mails, world.log.clone(), Some(rows)).await;
    assert_eq!((get(names::OWNED), get(names::OWNER_CHANGES)), (1.0, 1.0));
    append(&*world.log, "alice", &[deposit(1)]).await;
    let done = append(&*world.log, "bob", &[deposit(1), deposit(1)]).await;
    reach(&subscription, done).await;
    assert_eq!((get(names::POSITION), get(names::EVENTS)), (3.0, 3.0));
    assert_eq!(get(names::PARKED), 2.0);
    // The events are of long ago.
    let caught_up = async {
        while get(names::LAG_SECONDS) > 0.0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LONG, caught_up).await.unwrap();
    // A delivery and two saves.
    assert_eq!(get(names::RETRIES), 3.0);
    subscription.parked().discard(factum_core::Position::new(2)).await.unwrap();
    assert_eq!(get(names::PARKED), 1.0);
    runner.stop().await.unwrap();
    let commits = get(names::COMMITS);
    assert!(commits >= 2.0 && get(names::COMMIT_SECONDS) == commits, "{commits}");
    // Whoever has it next counts what is parked.
    assert_eq!((get(names::OWNED), get(names::PARKED)), (0.0, 0.0));
    assert_eq!(get(names::OWNER_CHANGES), 2.0);
}
