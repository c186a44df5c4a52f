//! However commands, writers from elsewhere and crashes follow each other, each event is in its row
//! once, and in that of an answered command at once.

use std::sync::Arc;

use factum_core::StreamName;
use factum_core::pipeline::Dispatcher;
use factum_core::store::{Direction, EventStore, Query, Range};
use factum_projections::{Hub, Placement, Runner, View};
use factum_stores::{MemoryStore, SqliteStore};
use fastrand::Rng;
use tokio::task::JoinSet;

use crate::bank::{Account, Do, Life, Tally, What, from_scratch};
use crate::common::{Bank, append, append_noise, deposit};

const ACCOUNTS: u32 = 8;

fn any_account(rng: &mut Rng) -> String {
    rng.u32(..ACCOUNTS).to_string()
}

fn any_command(rng: &mut Rng) -> Do {
    let what = (0..rng.usize(1..4)).map(|_| match rng.u8(..6) {
        0 => What::Close,
        _ => What::Deposit(rng.u64(..100)),
    });
    let what = what.collect();
    Do { account: any_account(rng), what }
}

/// Sends commands one after another; after each its row must be there.
async fn send(
    log: Arc<dyn EventStore>,
    accounts: Dispatcher<Account>,
    view: View<Tally>,
    seed: u64,
    commands: u32,
) {
    let mut rng = Rng::with_seed(seed);
    for _ in 0..commands {
        let command = any_command(&mut rng);
        let Ok(done) = accounts.send(command.clone()).await else { return };
        let Ok(row) = view.get(&command.account).await else { return };
        let mine = (done.revision.unwrap(), done.position.number());
        match row {
            Some(row) => assert!(*row.seen.last().unwrap() >= mine, "{mine:?}: {row:?}"),
            None => assert!(is_closed(&*log, done.stream, mine.0).await, "{mine:?}"),
        }
        if rng.u8(..4) == 0 {
            tokio::task::yield_now().await;
        }
    }
}

/// Whether an account was closed at a revision or after it.
async fn is_closed(log: &dyn EventStore, stream: StreamName, revision: u64) -> bool {
    let range = Range::from_revision(revision);
    let page = log.read(Query::Stream(stream), range, Direction::Forward, 1_000).await.unwrap();
    page.events.iter().any(|event| *event.name == *"account.closed")
}

/// Appends without any knowledge of the view.
async fn write_elsewhere(log: Arc<dyn EventStore>, seed: u64, times: u32) {
    let mut rng = Rng::with_seed(seed);
    for _ in 0..times {
        let closed = if rng.u8(..5) == 0 { Bank::Closed } else { deposit(rng.u64(..100)) };
        match rng.u8(..3) {
            0 => append_noise(&*log).await,
            _ => append(&*log, &any_account(&mut rng), &[deposit(1), closed]).await,
        };
        for _ in 0..rng.u8(..30) {
            tokio::task::yield_now().await;
        }
    }
}

/// A life that ends somewhere in the middle of its work, or in good order.
async fn live(rng: &mut Rng, log: &Arc<dyn EventStore>) {
    let mut life = Life::begin(log.clone()).await;
    let mut work = JoinSet::new();
    for _ in 0..rng.u8(1..4) {
        let (accounts, view) = (life.accounts.clone(), life.view.clone());
        work.spawn(send(log.clone(), accounts, view, rng.u64(..), rng.u32(..25)));
    }
    for _ in 0..rng.u8(..3) {
        work.spawn(write_elsewhere(log.clone(), rng.u64(..), rng.u32(..10)));
    }
    if rng.bool() {
        // A crash: what is under way is dropped, the log keeps what it has.
        for _ in 0..rng.u32(..200) {
            tokio::task::yield_now().await;
        }
        if rng.bool() {
            drop(life);
            work.shutdown().await;
        } else {
            work.shutdown().await;
        }
        return;
    }
    if rng.u8(..3) == 0 {
        life.view.rebuild().start().await.unwrap();
    }
    while let Some(done) = work.join_next().await {
        done.unwrap();
    }
    life.accounts.stop().await;
    if rng.bool() {
        check(&life.view, &**log, "within a life").await;
    }
    life.runner.stop().await.unwrap();
}

/// A life of an app that has the view, but not inline.
async fn live_otherwise(rng: &mut Rng, log: &Arc<dyn EventStore>) {
    let hub = Hub::new(log.clone());
    let place = Placement::stored(log.rows().unwrap());
    let (mut runner, _view) = Runner::start::<Tally>(&hub, place).await.unwrap();
    hub.start();
    write_elsewhere(log.clone(), rng.u64(..), rng.u32(..20)).await;
    if rng.bool() {
        runner.stop().await.unwrap();
    }
}

async fn lives(seed: u64, log: Arc<dyn EventStore>) {
    let mut rng = Rng::with_seed(seed);
    for _ in 0..rng.u32(2..7) {
        match rng.u8(..5) {
            0 => live_otherwise(&mut rng, &log).await,
            1 => write_elsewhere(log.clone(), rng.u64(..), rng.u32(..20)).await,
            _ => live(&mut rng, &log).await,
        }
    }
    let life = Life::begin(log.clone()).await;
    check(&life.view, &*log, &format!("seed {seed}")).await;
}

/// Compares the rows with those of the log.
async fn check(view: &View<Tally>, log: &dyn EventStore, what: &str) {
    loop {
        let end = log.head().await.unwrap();
        let seen = view.after(end.position).all().await.unwrap();
        let expected = from_scratch(log).await;
        // A commit that was under way at a crash may come at any time.
        if log.head().await.unwrap() == end {
            return assert_eq!(seen, expected, "{what}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rows_of_the_memory_store_are_those_of_the_log() {
    for seed in 0..60 {
        lives(seed, Arc::new(MemoryStore::new())).await;
    }
}

/// On one thread crashes fall between the steps of the work.
#[tokio::test]
async fn rows_of_the_memory_store_are_those_of_the_log_on_one_thread() {
    for seed in 100..200 {
        lives(seed, Arc::new(MemoryStore::new())).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rows_of_the_embedded_store_are_those_of_the_log() {
    for seed in 200..230 {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path().join("log.db")).unwrap();
        lives(seed, Arc::new(store)).await;
    }
}
