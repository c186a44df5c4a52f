//! Several processes keep one view: each slice has one owner, none of its events is lost or taken in
//! twice, whoever comes, goes or falls asleep.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use common::{Balance, LONG, append, deposit};
use factum_core::Projection;
use factum_core::store::{EventStore, Mark, Position};
use factum_core::view::{
    Owner, RowBatch, RowStore, SliceState, Taken, ViewError, ViewId, ViewSpec,
};
use factum_projections::{Hub, Placement, Runner, View};
use factum_stores::{MemoryRowStore, MemoryStore, SqliteStore};
use fastrand::Rng;

const SLICES: u16 = 5;
const LEASE: Duration = Duration::from_millis(200);

/// What processes share.
struct Shared {
    log: Arc<dyn EventStore>,
    rows: Arc<dyn RowStore>,
}

/// A process of them.
struct Process {
    runner: Runner,
    view: View<Balance>,
}

impl Shared {
    fn in_memory() -> Self {
        Self { log: Arc::new(MemoryStore::new()), rows: Arc::new(MemoryRowStore::new()) }
    }

    async fn join(&self, name: &str) -> Process {
        let place = Placement::stored(self.rows.clone()).slices(SLICES).leased(LEASE);
        let hub = Hub::new(self.log.clone());
        let started = Runner::start(&hub, place.owner(Owner::new(name))).await;
        let (runner, view) = started.unwrap();
        hub.start();
        Process { runner, view: view.within(LONG) }
    }

    async fn slices(&self) -> Vec<SliceState> {
        self.rows.slices(spec()).await.unwrap()
    }

    /// Waits until these, and nobody else, have slices, as many each as the others or one more.
    async fn until_shared_by(&self, wanted: &[&str]) {
        let reached = tokio::time::timeout(LONG, async {
            loop {
                let mut found: BTreeMap<String, usize> = BTreeMap::new();
                for owner in self.slices().await.into_iter().filter_map(|slice| slice.owner) {
                    *found.entry(owner.to_string()).or_default() += 1;
                }
                let (least, most) = (found.values().min(), found.values().max());
                let even = most.zip(least).is_some_and(|(most, least)| most - least <= 1);
                let all = found.values().sum::<usize>() == usize::from(SLICES);
                if even && all && found.keys().eq(wanted) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        reached.await.unwrap();
    }
}

fn spec() -> ViewSpec {
    ViewSpec { slices: SLICES, ..ViewSpec::new(ViewId::new("balances", 1), Balance::COLUMNS) }
}

/// How often each account was paid, and by how much.
#[derive(Default)]
struct Paid(BTreeMap<String, u64>);

impl Paid {
    async fn pay_some(&mut self, log: &dyn EventStore, rng: &mut Rng) -> Position {
        let mut last = Position::START;
        for _ in 0..rng.u32(1..30) {
            let account = format!("account {}", rng.u8(..40));
            last = append(log, &account, &[deposit(1)]).await;
            *self.0.entry(account).or_default() += 1;
        }
        last
    }

    async fn check(&self, view: &View<Balance>, after: Position) {
        let rows = view.after(after).all().await.unwrap();
        let found = rows.iter().map(|row| (row.account.clone(), row.cents)).collect();
        assert_eq!(self.0, found);
        for row in rows {
            assert!(row.seen.is_sorted() && row.seen.len() as u64 == row.cents, "{row:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn slices_are_shared_out_and_taken_over() {
    let shared = Shared::in_memory();
    let (mut rng, mut paid) = (Rng::with_seed(7), Paid::default());
    let a = shared.join("a").await;
    shared.until_shared_by(&["a"]).await;
    let done = paid.pay_some(&*shared.log, &mut rng).await;
    paid.check(&a.view, done).await;

    let mut b = shared.join("b").await;
    shared.until_shared_by(&["a", "b"]).await;
    let c = shared.join("c").await;
    shared.until_shared_by(&["a", "b", "c"]).await;
    let done = paid.pay_some(&*shared.log, &mut rng).await;
    // Each knows of the slices of the others.
    for view in [&a.view, &b.view, &c.view] {
        paid.check(view, done).await;
    }

    // One that stops gives its slices back at once, of one that is killed the leases run out.
    b.runner.stop().await.unwrap();
    shared.until_shared_by(&["a", "c"]).await;
    drop(a);
    shared.until_shared_by(&["c"]).await;
    let done = paid.pay_some(&*shared.log, &mut rng).await;
    paid.check(&c.view, done).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_and_goes_each_event_is_taken_in_once() {
    for seed in 0..8 {
        let shared = Shared::in_memory();
        let (mut rng, mut paid) = (Rng::with_seed(seed), Paid::default());
        let mut processes = vec![shared.join("0").await];
        for number in 1..12 {
            paid.pay_some(&*shared.log, &mut rng).await;
            match rng.u8(..4) {
                0 if processes.len() > 1 => {
                    processes
                        .swap_remove(rng.usize(..processes.len()))
                        .runner
                        .stop()
                        .await
                        .unwrap();
                }
                1 if processes.len() > 1 => {
                    drop(processes.swap_remove(rng.usize(..processes.len())))
                }
                _ => processes.push(shared.join(&number.to_string()).await),
            }
            tokio::time::sleep(Duration::from_millis(rng.u64(..40))).await;
        }
        let done = paid.pay_some(&*shared.log, &mut rng).await;
        for process in &processes {
            paid.check(&process.view, done).await;
        }
    }
}

/// A process that slept while its lease ran out: what it commits when it wakes is refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_zombie_writes_nothing() {
    let shared = Shared::in_memory();
    shared.rows.open(spec()).await.unwrap();
    let zombie = Owner::new("zombie");
    let lease = Some(Duration::from_millis(1));
    let taken = shared.rows.take(spec(), 0, zombie, lease).await.unwrap();
    let Taken::Yours { hold, checkpoint } = taken else { panic!("{taken:?}") };

    let a = shared.join("a").await;
    shared.until_shared_by(&["a"]).await;
    let done = append(&*shared.log, "alice", &[deposit(1)]).await;
    a.view.after(done).all().await.unwrap();
    let to = Mark { position: Position::new(99), ..shared.log.head().await.unwrap() };
    let refused =
        shared.rows.commit(RowBatch { hold, ..RowBatch::new(spec(), checkpoint, to) }).await;
    assert!(matches!(&refused, Err(ViewError::Fenced(fenced)) if fenced.taken), "{refused:?}");
    let done = append(&*shared.log, "alice", &[deposit(1)]).await;
    assert_eq!(a.view.after(done).get("alice").await.unwrap().unwrap().cents, 2);
}

/// One that dies between taking a slice by force and having a lease of it keeps nobody from it.
#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_took_without_a_lease_is_taken_over() {
    let shared = Shared::in_memory();
    let (mut rng, mut paid) = (Rng::with_seed(11), Paid::default());
    shared.rows.open(spec()).await.unwrap();
    for slice in 0..SLICES {
        shared.rows.take(spec(), slice, Owner::new("gone"), None).await.unwrap();
    }
    let a = shared.join("a").await;
    shared.until_shared_by(&["a"]).await;
    let done = paid.pay_some(&*shared.log, &mut rng).await;
    paid.check(&a.view, done).await;
}

/// What is asked of a slice that another process has is done all the same.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_parked_elsewhere_can_be_given_up_from_here() {
    let shared = Shared::in_memory();
    for account in 0..20 {
        append(&*shared.log, &account.to_string(), &[common::Bank::Robbed, deposit(1)]).await;
    }
    let done = shared.log.head().await.unwrap().position;
    let (a, b) = (shared.join("a").await, shared.join("b").await);
    shared.until_shared_by(&["a", "b"]).await;
    a.view.after(done).count().await.unwrap();
    let parked = b.view.parked().list(100).await.unwrap();
    assert_eq!(parked.len(), 40);
    for event in parked.iter().filter(|event| event.problem.is_some()) {
        assert!(b.view.parked().discard(event.position).await.unwrap());
    }
    // Some were taken in as their slices moved.
    assert_eq!(a.view.parked().retry().await.unwrap().left, 0);
    assert_eq!(a.view.parked().list(100).await.unwrap(), []);
    assert_eq!(a.view.count().await.unwrap(), 20);
    shared.until_shared_by(&["a", "b"]).await;
}

#[tokio::test]
async fn a_process_alone_works_on_all_slices() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("log.db")).unwrap();
    let (mut rng, mut paid) = (Rng::with_seed(3), Paid::default());
    for _life in 0..4 {
        let hub = Hub::new(Arc::new(store.clone()));
        let place = Placement::stored(Arc::new(store.clone())).slices(SLICES);
        let (mut runner, view) = Runner::start(&hub, place).await.unwrap();
        hub.start();
        let done = paid.pay_some(&store, &mut rng).await;
        paid.check(&view, done).await;
        runner.stop().await.unwrap();
    }
    let other = Placement::stored(Arc::new(store.clone())).slices(2);
    let refused = Runner::start::<Balance>(&Hub::new(Arc::new(store)), other).await.unwrap_err();
    assert!(refused.to_string().contains("as many as before"), "{refused}");
}
