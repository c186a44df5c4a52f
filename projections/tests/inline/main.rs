//! Rows that change in the commits of commands.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

mod bank;
#[path = "../common/mod.rs"]
mod common;
mod lives;
mod refused;
mod versions;

use std::sync::Arc;

use factum_core::Projection;
use factum_core::store::EventStore;
use factum_core::view::{RowStore, ViewId, ViewSpec};
use factum_stores::{MemoryStore, SqliteStore};

use bank::{Life, Tally, What, deposits, from_scratch, one};
use common::append;

/// A log that can do it, of each kind; the folder goes with the file.
fn logs() -> [(Arc<dyn EventStore>, Option<tempfile::TempDir>); 2] {
    let folder = tempfile::tempdir().unwrap();
    let file = SqliteStore::open(folder.path().join("log.db")).unwrap();
    [(Arc::new(MemoryStore::new()), None), (Arc::new(file), Some(folder))]
}

fn tallies() -> ViewSpec {
    ViewSpec::new(ViewId::new(Tally::NAME, 1), Tally::COLUMNS)
}

async fn checkpoint(rows: &dyn RowStore) -> u64 {
    let slices = rows.slices(tallies()).await.unwrap();
    slices[0].checkpoint.map_or(0, |mark| mark.position.number())
}

#[tokio::test]
async fn the_commit_itself_changes_the_row_and_moves_the_checkpoint() {
    for (log, _folder) in logs() {
        let life = Life::unfollowed(log.clone()).await;
        let rows = log.rows().unwrap();
        for round in 1..=10_u64 {
            for account in ["alice", "bob"] {
                let done = life.accounts.send(deposits(account, &[1, 2])).await.unwrap();
                let row = life.view.get(account).await.unwrap().unwrap();
                assert_eq!(row.cents, 3 * round);
                assert_eq!(row.seen.last().unwrap().1, done.position.number());
                assert_eq!(checkpoint(&*rows).await, done.position.number());
            }
        }
        assert_eq!(life.view.all().await.unwrap(), from_scratch(&*log).await);
        life.accounts.send(one("alice", What::Close)).await.unwrap();
        assert_eq!(life.view.get("alice").await.unwrap(), None);
        life.accounts.send(deposits("alice", &[7])).await.unwrap();
        assert_eq!(life.view.get("alice").await.unwrap().unwrap().seen.len(), 1);
    }
}

#[tokio::test]
async fn many_commands_at_once_are_each_in_their_rows() {
    for (log, _folder) in logs() {
        let life = Life::begin(log.clone()).await;
        let mut sent = tokio::task::JoinSet::new();
        for number in 0..200_u64 {
            let (accounts, view) = (life.accounts.clone(), life.view.clone());
            sent.spawn(async move {
                let account = (number % 7).to_string();
                let done = accounts.send(deposits(&account, &[number])).await.unwrap();
                let row = view.get(&account).await.unwrap().unwrap();
                let last = (done.revision.unwrap(), done.position.number());
                assert!(row.seen.contains(&last), "{last:?}: {row:?}");
            });
        }
        while let Some(done) = sent.join_next().await {
            done.unwrap();
        }
        assert_eq!(life.view.all().await.unwrap(), from_scratch(&*log).await);
    }
}

#[tokio::test]
async fn a_command_that_is_sent_again_changes_nothing() {
    for (log, _folder) in logs() {
        let life = Life::begin(log.clone()).await;
        let id = factum_core::Key::now_v7();
        let first = life.accounts.send(deposits("alice", &[5])).id(id).await.unwrap();
        for _ in 0..3 {
            let again = life.accounts.send(deposits("alice", &[5])).id(id).await.unwrap();
            assert_eq!((again.repeated, again.position), (true, first.position));
            assert_eq!(life.view.get("alice").await.unwrap().unwrap().seen.len(), 1);
        }
    }
}

/// The log has events that nobody took in; commands wait until they are.
#[tokio::test]
async fn what_was_there_before_comes_first() {
    for (log, _folder) in logs() {
        for _ in 0..50 {
            append(&*log, "alice", &[common::deposit(1), common::deposit(1)]).await;
        }
        let life = Life::begin(log.clone()).await;
        life.accounts.send(deposits("alice", &[1])).await.unwrap();
        assert_eq!(life.view.get("alice").await.unwrap().unwrap().cents, 101);
        assert_eq!(life.view.all().await.unwrap(), from_scratch(&*log).await);
    }
}

#[tokio::test]
async fn events_from_elsewhere_are_neither_missed_nor_doubled() {
    for (log, _folder) in logs() {
        let life = Life::begin(log.clone()).await;
        for round in 0..100_u64 {
            let account = ["alice", "bob", "carol"][(round % 3) as usize];
            if round % 5 == 0 {
                append(&*log, account, &[common::deposit(round)]).await;
            }
            if round % 7 == 0 {
                common::append_noise(&*log).await;
            }
            let done = life.accounts.send(deposits(account, &[round])).await.unwrap();
            let row = life.view.get(account).await.unwrap().unwrap();
            assert_eq!(row.seen.last().unwrap().1, done.position.number());
        }
        assert_eq!(life.view.all().await.unwrap(), from_scratch(&*log).await);
    }
}

/// What cannot be taken in parks; what comes after it waits, in order, and no command hangs.
#[tokio::test]
async fn an_event_that_parks_holds_its_row_back_and_no_command() {
    for (log, _folder) in logs() {
        let life = Life::begin(log.clone()).await;
        life.accounts.send(deposits("alice", &[1])).await.unwrap();
        let robbed = life.accounts.send(one("alice", What::Rob)).await.unwrap();
        life.accounts.send(deposits("alice", &[2])).await.unwrap();
        life.accounts.send(deposits("bob", &[3])).await.unwrap();
        assert_eq!(life.view.get("alice").await.unwrap().unwrap().cents, 1);
        assert_eq!(life.view.get("bob").await.unwrap().unwrap().cents, 3);
        assert_eq!(life.view.parked().list(10).await.unwrap().len(), 2);

        assert!(life.view.parked().discard(robbed.position).await.unwrap());
        assert_eq!(life.view.parked().retry().await.unwrap().taken, 1);
        let done = life.accounts.send(deposits("alice", &[4])).await.unwrap();
        let alice = life.view.get("alice").await.unwrap().unwrap();
        let revisions: Vec<_> = alice.seen.iter().map(|(revision, _)| *revision).collect();
        assert_eq!((alice.cents, revisions), (7, vec![0, 2, 3]));
        // From here on commits change rows again.
        assert_eq!(checkpoint(&*log.rows().unwrap()).await, done.position.number());
    }
}

/// Rows can be built anew, one or all, while commands change them.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_rebuild_and_commands_do_not_disturb_each_other() {
    for (log, _folder) in logs() {
        let life = Life::begin(log.clone()).await;
        let (accounts, view) = (life.accounts.clone(), life.view.clone());
        let sending = tokio::spawn(async move {
            for number in 0..2_000_u64 {
                let account = (number % 5).to_string();
                let done = accounts.send(deposits(&account, &[number])).await.unwrap();
                let row = view.get(&account).await.unwrap().unwrap();
                assert_eq!(row.seen.last().unwrap().1, done.position.number());
            }
        });
        for _ in 0..5 {
            life.view.rebuild().row("3").await.unwrap();
            life.view.rebuild().start().await.unwrap();
            life.view.rebuild().finished().await.unwrap();
        }
        sending.await.unwrap();
        assert_eq!(life.view.all().await.unwrap(), from_scratch(&*log).await);
        let done = life.accounts.send(deposits("3", &[1])).await.unwrap();
        let row = life.view.get("3").await.unwrap().unwrap();
        assert_eq!(row.seen.last().unwrap().1, done.position.number());
    }
}
