//! What a projection tells of itself is so, whatever happens to it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

mod common;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use common::flaky::{Fault, FlakyRows};
use common::{Balance, Bank, LONG, World, append, append_noise, deposit};
use factum_core::store::{Commit, EventStore, Expected, Metadata, Position, StreamWrite};
use factum_core::time::Clock;
use factum_core::view::{Owner, RowStore};
use factum_core::{Key, StreamName, Timestamp, codec};
use factum_projections::status::{ConsumerKind, Life, Place, SliceOwner};
use factum_projections::{
    ConsumerStatus, Health, HealthBounds, Hub, LogEnd, Placement, ProjectionError, Runner, View,
};
use factum_stores::{MemoryRowStore, MemoryStore, SqliteStore};

async fn status(log: &dyn EventStore, runner: &Runner) -> ConsumerStatus {
    runner.monitor().status(&LogEnd::read(log, LONG).await).await
}

/// The status, once it is as wanted.
async fn until(
    log: &dyn EventStore,
    runner: &Runner,
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

async fn health(log: &dyn EventStore, status: &ConsumerStatus) -> Health {
    let end = LogEnd::read(log, LONG).await;
    Health::of(&end, std::slice::from_ref(status), &HealthBounds::default())
}

#[tokio::test]
async fn what_was_taken_in_is_told() {
    for (world, place) in World::each().into_iter().zip([Place::Memory, Place::Stored]) {
        let (mut runner, view) = world.start().await;
        append(&*world.log, "alice", &[deposit(1), deposit(2)]).await;
        append(&*world.log, "bob", &[deposit(1)]).await;
        // Noise is seen, but not taken in.
        let done = append_noise(&*world.log).await;
        view.after(done).all().await.unwrap();
        let told = status(&*world.log, &runner).await;
        assert_eq!((told.kind, &*told.name), (ConsumerKind::Projection, "balances"));
        assert_eq!((told.version, told.build, told.place), (1, 0, place));
        assert_eq!((&told.life, told.reached(), told.slices.len()), (&Life::Running, done, 1));
        assert_eq!((told.lag_events(), told.lag_seconds()), (Some(0), Some(0.0)));
        assert_eq!(told.slices[0].owner, SliceOwner::Here);
        let work = told.slices[0].work.clone().unwrap();
        assert_eq!((work.events, work.retries, work.parked, work.trouble), (3, 0, 0, None));
        assert!(told.events_per_second() > 0.0, "{told}");
        assert!(told.to_string().starts_with("balances 1.0: reached @4, caught up, "), "{told}");
        assert!(health(&*world.log, &told).await.ready.ok);

        // As it is served.
        let mut json = Vec::new();
        codec::write_json(&told, &mut json).unwrap();
        let json = String::from_utf8(json).unwrap();
        assert!(json.contains(r#""life":{"state":"running"}"#), "{json}");
        assert!(json.contains(r#""owner":{"by":"here"},"reached":4,"lag_events":0"#), "{json}");

        runner.stop().await.unwrap();
        let told = status(&*world.log, &runner).await;
        assert_eq!(
            (&told.life, told.slices[0].owner.clone()),
            (&Life::Stopped, SliceOwner::Nobody)
        );
        let health = health(&*world.log, &told).await;
        assert_eq!((health.live.ok, health.ready.ok), (true, false));
        assert_eq!(health.to_string(), "live, not ready: balances was stopped");
    }
}

/// The time of the wall, in seconds.
#[derive(Debug)]
struct Wall(AtomicI64);

impl Clock for Wall {
    fn now(&self) -> Timestamp {
        at(self.0.load(Ordering::Relaxed))
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_micros(second * 1_000_000)
}

/// Appends an event that was decided at this second.
async fn append_at(log: &dyn EventStore, second: i64) -> Position {
    let events = vec![common::raw("account.deposited", 1, "1")];
    let stream = StreamName::of("account", "alice").unwrap();
    let writes = vec![StreamWrite { stream, expected: Expected::Any, events }];
    let meta = Metadata { time: at(second), ..Metadata::default() };
    let commit = Commit { key: Key::now_v7(), meta, writes, guard: None, views: Vec::new() };
    log.append(vec![commit]).await.unwrap().remove(0).unwrap().mark.position
}

#[tokio::test(start_paused = true)]
async fn what_is_behind_says_by_how_much_and_why() {
    let log = Arc::new(MemoryStore::new());
    let rows = Arc::new(FlakyRows::new(Vec::new()));
    let wall = Arc::new(Wall(AtomicI64::new(100)));
    let hub = Hub::new(log.clone());
    let place = Placement::stored(rows.clone()).clock(wall.clone());
    let (runner, view) = Runner::start::<Balance>(&hub, place).await.unwrap();
    hub.start();
    let first = append_at(&*log, 100).await;
    view.after(first).within(LONG).all().await.unwrap();
    until(&*log, &runner, |told| told.lag_seconds() == Some(0.0)).await;

    // It saw an empty log until 130, and fails from then on.
    wall.0.store(130, Ordering::Relaxed);
    let noise = append_noise(&*log).await;
    view.after(noise).within(LONG).all().await.unwrap();
    rows.faults.lock().unwrap().extend(vec![Fault::Refuse; 10_000]);
    append_at(&*log, 150).await;
    append_at(&*log, 170).await;
    let told =
        until(&*log, &runner, |told| told.slices[0].work.as_ref().unwrap().retries > 3).await;
    assert_eq!((told.lag_events(), told.lag_seconds()), (Some(2), Some(40.0)));
    assert!(told.trouble().unwrap().contains("it fell over"), "{told}");
    assert_eq!(told.life, Life::Running);
    let line = told.to_string();
    assert!(line.starts_with("balances 1.0: reached @2, 2 events and 40.0 s behind, "), "{line}");

    let end = LogEnd::read(&*log, LONG).await;
    let told = [told];
    let judged = |bounds: HealthBounds| Health::of(&end, &told, &bounds).ready;
    let usual = judged(HealthBounds::default());
    assert!(!usual.ok && usual.reasons[0].contains("balances is 40.0 s behind"), "{usual:?}");
    assert!(usual.reasons[0].contains("it fell over"), "{usual:?}");
    let lag = Duration::from_secs(60);
    assert!(judged(HealthBounds { lag, ..HealthBounds::default() }).ok);
    let strict = judged(HealthBounds { lag, lag_events: Some(1), ..HealthBounds::default() });
    assert_eq!(strict.reasons, ["balances is 2 events behind, 1 are allowed"]);
    // Where positions do not count events nothing is said of how many there are.
    let mut offsets = end.clone();
    offsets.dense = false;
    assert_eq!(offsets.events_after(Position::new(2)), None);
    assert_eq!(offsets.events_after(Position::new(4)), Some(0));

    rows.faults.lock().unwrap().clear();
    let told = until(&*log, &runner, |told| told.lag_events() == Some(0)).await;
    assert_eq!((told.lag_seconds(), told.trouble()), (Some(0.0), None));
}

#[tokio::test]
async fn what_is_parked_is_counted() {
    for world in World::each() {
        let (mut runner, view) = world.start().await;
        append(&*world.log, "alice", &[Bank::Robbed, deposit(1), deposit(1)]).await;
        let done = append(&*world.log, "bob", &[deposit(1)]).await;
        view.after(done).all().await.unwrap();
        let told = status(&*world.log, &runner).await;
        assert_eq!((told.parked(), told.slices[0].work.as_ref().unwrap().events), (3, 4));
        view.parked().discard(Position::new(1)).await.unwrap();
        until(&*world.log, &runner, |told| told.parked() == 2).await;
        // They are found again after a start, and tried again: what they waited for is gone.
        if world.rows.is_some() {
            runner.stop().await.unwrap();
            runner = world.start().await.0;
        } else {
            view.parked().retry().await.unwrap();
        }
        until(&*world.log, &runner, |told| told.parked() == 0).await;
    }
}

/// What processes share.
struct Shared {
    log: Arc<MemoryStore>,
    rows: Arc<MemoryRowStore>,
}

impl Shared {
    async fn join(&self, name: &str) -> (Runner, View<Balance>) {
        let hub = Hub::new(self.log.clone());
        // No test lasts so long that a lease runs out or is renewed.
        let place = Placement::stored(self.rows.clone()).slices(2).leased(LONG * 60);
        let started = Runner::start(&hub, place.owner(Owner::new(name))).await.unwrap();
        hub.start();
        started
    }
}

fn owners(told: &ConsumerStatus) -> Vec<SliceOwner> {
    told.slices.iter().map(|slice| slice.owner.clone()).collect()
}

#[tokio::test]
async fn the_owners_of_slices_are_told_and_a_stop_gives_them_back_at_once() {
    let shared =
        Shared { log: Arc::new(MemoryStore::new()), rows: Arc::new(MemoryRowStore::new()) };
    let (mut a, view) = shared.join("a").await;
    let done = append(&*shared.log, "alice", &[deposit(1)]).await;
    view.after(done).within(LONG).all().await.unwrap();
    // It takes one of the two, as that is fair.
    let (mut b, _) = shared.join("b").await;
    let both = [SliceOwner::Here, SliceOwner::Another("b".to_owned())];
    assert_eq!(owners(&status(&*shared.log, &a).await), both);
    let told = status(&*shared.log, &b).await;
    assert_eq!(owners(&told), [SliceOwner::Another("a".to_owned()), SliceOwner::Here]);
    assert_eq!(told.place, Place::Shared);
    assert!(told.slices[0].work.is_none(), "what others do there is not known");
    assert!(told.to_string().contains("1 of 2 slices here"), "{told}");

    a.stop().await.unwrap();
    let told = status(&*shared.log, &b).await;
    assert_eq!(owners(&told), [SliceOwner::Nobody, SliceOwner::Here]);
    b.stop().await.unwrap();
    let (c, view) = shared.join("c").await;
    assert_eq!(owners(&status(&*shared.log, &c).await), [SliceOwner::Here, SliceOwner::Here]);
    let done = append(&*shared.log, "bob", &[deposit(1)]).await;
    view.after(done).within(LONG).all().await.unwrap();

    // One that just vanishes has them until the leases run out, but for what its share does not cover.
    drop(c);
    let (d, _) = shared.join("d").await;
    let told = status(&*shared.log, &d).await;
    assert_eq!(owners(&told), [SliceOwner::Another("c".to_owned()), SliceOwner::Here]);
    let told = until(&*shared.log, &d, |told| told.slices[1].lag_events == Some(0)).await;
    assert!(health(&*shared.log, &told).await.ready.ok, "others are at work");
}

#[tokio::test]
async fn a_rebuild_shows_how_far_it_is() {
    for world in World::each() {
        let done = append(&*world.log, "alice", &vec![deposit(1); 1_000]).await;
        let (runner, view) = world.start().await;
        view.after(done).all().await.unwrap();
        let slow = NonZeroU32::new(100).unwrap();
        view.rebuild().at_most(slow).start().await.unwrap();
        let begun =
            |told: &ConsumerStatus| told.rebuild.as_ref().is_some_and(|r| r.done > Some(0.0));
        let told = until(&*world.log, &runner, begun).await;
        let rebuild = told.rebuild.clone().unwrap();
        assert_eq!((told.build, rebuild.build, rebuild.failed), (0, 1, None));
        assert!(
            rebuild.done.unwrap() < 1.0 && told.to_string().contains("build 1 under way"),
            "{told}"
        );
        assert_eq!(told.lag_events(), Some(0), "the live one has not moved");
        assert!(health(&*world.log, &told).await.ready.ok);
        assert!(view.rebuild().cancel().await.unwrap());
        assert_eq!(status(&*world.log, &runner).await.rebuild, None);
        view.rebuild().start().await.unwrap();
        view.rebuild().finished().await.unwrap();
        let told = status(&*world.log, &runner).await;
        assert_eq!((told.build, told.rebuild), (1, None));
    }
}

#[tokio::test]
async fn what_has_ended_or_died_says_why() {
    let [_, world] = World::each();
    let done = append(&*world.log, "alice", &[deposit(1), deposit(1)]).await;
    let (mut runner, view) = world.start().await;
    view.after(done).all().await.unwrap();
    runner.stop().await.unwrap();
    let world = World { log: Arc::new(MemoryStore::new()), ..world };
    append(&*world.log, "bob", &vec![deposit(1); 9]).await;
    let (runner, _view) = world.start().await;
    let told = until(&*world.log, &runner, |told| told.life != Life::Running).await;
    assert!(matches!(&told.life, Life::Ended(why) if why.contains("went backwards")), "{told}");
    let judged = health(&*world.log, &told).await;
    assert_eq!((judged.live.ok, judged.ready.ok), (true, false));

    let world = World { rows: Some(Arc::new(FlakyRows::new(vec![Fault::Panic]))), ..world };
    let (runner, _view) = world.start().await;
    let told = until(&*world.log, &runner, |told| told.life != Life::Running).await;
    assert!(matches!(&told.life, Life::Died(why) if why.contains("the row store broke")), "{told}");
    let judged = health(&*world.log, &told).await;
    assert_eq!((judged.live.ok, judged.ready.ok), (false, false));
    assert!(judged.live.reasons[0].starts_with("balances has died: "), "{judged}");
}

#[tokio::test]
async fn a_log_that_cannot_be_read_is_unknown_and_not_zero() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("log.db")).unwrap();
    let hub = Hub::new(Arc::new(store.clone()));
    let (runner, view) = Runner::start::<Balance>(&hub, None).await.unwrap();
    hub.start();
    let done = append(&store, "alice", &[deposit(1)]).await;
    view.after(done).within(LONG).all().await.unwrap();
    store.close().await;
    let end = LogEnd::read(&store, LONG).await;
    assert_eq!(end.position, None);
    let told = runner.monitor().status(&end).await;
    assert_eq!((told.lag_events(), told.lag_seconds(), told.reached()), (None, None, done));
    let judged = Health::of(&end, &[told], &HealthBounds::default());
    assert!(!judged.ready.ok && judged.ready.reasons[0].starts_with("the log: "), "{judged}");
}

#[tokio::test(start_paused = true)]
async fn a_projection_whose_rows_hang_is_cut_short_and_loses_nothing() {
    let rows = Arc::new(FlakyRows::new(vec![Fault::Hang]));
    let [_, world] = World::each();
    let world = World { rows: Some(rows.clone()), ..world };
    append(&*world.log, "alice", &[deposit(1)]).await;
    let (mut runner, view) = world.start().await;
    rows.happened.notified().await;
    let within = Duration::from_secs(3);
    let begun = tokio::time::Instant::now();
    for _ in 0..2 {
        let error = runner.stop_within(within).await.unwrap_err();
        assert!(matches!(error, ProjectionError::CutShort { .. }), "{error}");
    }
    assert_eq!(begun.elapsed(), within, "it had its time, once");
    let told = until(&*world.log, &runner, |told| told.life != Life::Running).await;
    assert_eq!((told.life.clone(), told.reached()), (Life::Stopped, Position::START));
    assert_eq!(view.get("alice").await.unwrap(), None);

    let (_runner, view) = world.start().await;
    let done = append(&*world.log, "alice", &[deposit(1)]).await;
    assert_eq!(view.after(done).get("alice").await.unwrap().unwrap().seen, [1, 2]);
}

/// One slice hangs; the other one is given back all the same.
#[tokio::test(start_paused = true)]
async fn slices_that_are_done_are_given_back_though_others_hang() {
    let log = Arc::new(MemoryStore::new());
    let rows = Arc::new(FlakyRows::new(Vec::new()));
    let hub = Hub::new(log.clone());
    let place = Placement::stored(rows.clone()).slices(2).leased(LONG * 60);
    let (mut runner, _view) = Runner::start::<Balance>(&hub, place).await.unwrap();
    hub.start();
    rows.faults.lock().unwrap().push(Fault::Hang);
    append(&*log, "alice", &[deposit(1)]).await;
    rows.happened.notified().await;
    runner.stop_within(Duration::from_secs(3)).await.unwrap_err();
    let spec = factum_core::view::ViewSpec {
        slices: 2,
        ..factum_core::view::ViewSpec::new(
            factum_core::view::ViewId::new("balances", 1),
            <Balance as factum_core::Projection>::COLUMNS,
        )
    };
    let owned = rows.slices(spec).await.unwrap().iter().filter(|s| s.owner.is_some()).count();
    assert_eq!(owned, 1);
}
