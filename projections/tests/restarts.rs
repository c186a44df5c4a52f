//! However often a projection is killed or its row store fails, its rows are those that the log gives.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use common::flaky::{Fault, FlakyRows};
use common::{Balance, Bank, append, append_noise, deposit, opened};
use factum_core::store::{Direction, EventStore, Position, Query, Range};
use factum_core::view::RowStore;
use factum_core::{Project, Projection, codec};
use factum_stores::{MemoryStore, SqliteStore};
use fastrand::Rng;

const ACCOUNTS: u32 = 30;

async fn append_some(log: &dyn EventStore, rng: &mut Rng) -> Position {
    let mut last = Position::START;
    for _ in 0..rng.u32(1..20) {
        let account = rng.u32(..ACCOUNTS).to_string();
        let any = |rng: &mut Rng| match rng.u8(..7) {
            0 => Bank::Closed,
            1..3 => opened(&format!("owner {}", rng.u8(..9))),
            3..5 => deposit(rng.u64(..1_000)),
            _ => {
                let to = rng.u32(..ACCOUNTS).to_string();
                Bank::Moved { to, cents: rng.u64(..100) }
            }
        };
        let events: Vec<Bank> = (0..rng.usize(1..6)).map(|_| any(rng)).collect();
        last = if rng.u8(..4) == 0 {
            append_noise(log).await
        } else {
            append(log, &account, &events).await
        };
    }
    last
}

/// The rows, computed from the log without any of the machinery.
async fn from_scratch(log: &dyn EventStore) -> Vec<Balance> {
    let query = Query::context("account");
    let page = log.read(query, Range::ALL, Direction::Forward, 1_000_000).await.unwrap();
    assert!(!page.more);
    let mut rows: BTreeMap<String, Balance> = BTreeMap::new();
    for recorded in page.events {
        let event = codec::decode::<Bank>(&recorded).unwrap();
        let mut keys = vec![recorded.at.id().to_owned()];
        if let Bank::Moved { to, .. } = &event
            && *to != keys[0]
        {
            keys.push(to.clone());
        }
        for key in keys {
            let row = rows.entry(key.clone()).or_default();
            row.set_key(&key).unwrap();
            row.project(&event, &recorded.at);
            if row.closed {
                rows.remove(&key);
            }
        }
    }
    rows.into_values().collect()
}

fn any_faults(rng: &mut Rng) -> Vec<Fault> {
    let faults = [Fault::Load, Fault::Refuse, Fault::LoseAnswer, Fault::LoseCommit];
    (0..rng.usize(..4)).map(|_| *rng.choice(&faults).unwrap()).collect()
}

async fn random_life(
    seed: u64,
    log: Arc<dyn EventStore>,
    rows: Option<Arc<dyn RowStore>>,
    faults: impl Fn(&mut Rng),
) {
    let mut rng = Rng::with_seed(seed);
    for _life in 0..rng.u32(3..10) {
        faults(&mut rng);
        let (mut runner, view) = common::start(log.clone(), rows.clone()).await.unwrap();
        let mut last = append_some(&*log, &mut rng).await;
        for _ in 0..rng.u32(..6) {
            for _ in 0..rng.u32(..40) {
                tokio::task::yield_now().await;
            }
            last = append_some(&*log, &mut rng).await;
        }
        match rng.u8(..4) {
            0 => {
                let seen = view.after(last).within(common::LONG).all().await.unwrap();
                assert_eq!(seen, from_scratch(&*log).await, "seed {seed}");
            }
            // It may have met a fault at that moment, which it then says.
            1 => drop(runner.stop().await),
            _ => {
                drop(runner);
                // A worker may be at work on another thread until its next await.
                let never = Position::new(u64::MAX);
                view.after(never).within(common::LONG).all().await.unwrap_err();
            }
        }
    }
    let (_runner, view) = common::start(log.clone(), rows).await.unwrap();
    let end = log.head().await.unwrap().position;
    let seen = view.after(end).within(common::LONG).all().await.unwrap();
    assert_eq!(seen, from_scratch(&*log).await, "seed {seed}");
}

async fn flaky_life(seed: u64) {
    let flaky = Arc::new(FlakyRows::new(Vec::new()));
    let rows: Arc<dyn RowStore> = flaky.clone();
    let faults = |rng: &mut Rng| flaky.faults.lock().unwrap().extend(any_faults(rng));
    random_life(seed, Arc::new(MemoryStore::new()), Some(rows), faults).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rows_in_memory_are_those_of_the_log() {
    for seed in 0..40 {
        random_life(seed, Arc::new(MemoryStore::new()), None, |_| {}).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn stored_rows_are_those_of_the_log() {
    for seed in 0..15 {
        flaky_life(seed).await;
    }
}

/// On one thread kills fall between the steps of the work, and no time passes in the pauses.
#[tokio::test(start_paused = true)]
async fn stored_rows_are_those_of_the_log_on_one_thread() {
    for seed in 100..200 {
        flaky_life(seed).await;
    }
}

/// Log and rows in one file, as the embedded store has them.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn embedded_rows_are_those_of_the_log() {
    for seed in 200..208 {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path().join("log.db")).unwrap();
        random_life(seed, Arc::new(store.clone()), Some(Arc::new(store)), |_| {}).await;
    }
}
