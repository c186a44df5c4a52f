//! A command that is sent again under its id has one effect.

use std::sync::Arc;

use factum_core::Key;
use factum_core::pipeline::SendError;
use factum_stores::MemoryStore;
use factum_stores::gated::Side;

use crate::account::{Deposit, DepositMany, Withdraw};
use crate::{dispatcher, gated_with, under_way};

#[tokio::test]
async fn an_accepted_command_gives_its_first_receipt_again() {
    let store = Arc::new(MemoryStore::new());
    let id = Key::now_v7();
    let accounts = dispatcher(store.clone());
    let first = accounts.send(Deposit::new("a", 5)).id(id).await.unwrap();
    accounts.send(Withdraw::new("a", 5)).await.unwrap();
    // The second dispatcher stands for the process after a restart.
    for accounts in [accounts, dispatcher(store)] {
        let again = accounts.send(Deposit::new("a", 5)).id(id).await.unwrap();
        assert!(again.repeated);
        assert_eq!((again.revision, again.position), (first.revision, first.position));
        assert_eq!(again.events, first.events);
    }
}

#[tokio::test]
async fn an_id_belongs_to_one_command() {
    let store = Arc::new(MemoryStore::new());
    let accounts = dispatcher(store);
    let id = Key::now_v7();
    accounts.send(Deposit::new("a", 5)).id(id).await.unwrap();
    for other in [
        accounts.send(Deposit::new("a", 6)).id(id).await,
        accounts.send(Deposit::new("b", 5)).id(id).await,
        accounts.send(Withdraw::new("a", 5)).id(id).await,
    ] {
        assert!(matches!(other.unwrap_err(), SendError::KeyReused { command } if command == id));
    }
    assert_eq!(accounts.send(Deposit::new("a", 1)).await.unwrap().revision, Some(1));
}

#[tokio::test]
async fn a_map_in_a_command_does_not_make_it_another() {
    let accounts = dispatcher(Arc::new(MemoryStore::new()));
    let id = Key::now_v7();
    // Each map has an order of its own.
    let deposit = |last: u64| DepositMany {
        account: "a".to_owned(),
        cents: (0..10).chain([last]).map(|n| (n.to_string(), n)).collect(),
    };
    accounts.send(deposit(10)).id(id).await.unwrap();
    assert!(accounts.send(deposit(10)).id(id).await.unwrap().repeated);
    let other = accounts.send(deposit(11)).id(id).await.unwrap_err();
    assert!(matches!(other, SendError::KeyReused { .. }));
}

#[tokio::test]
async fn a_rejected_command_is_decided_again() {
    let (accounts, _gate) = gated_with(1).await;
    let id = Key::now_v7();
    let rejected = accounts.send(Withdraw::new("a", 5)).id(id).await.unwrap_err();
    assert!(matches!(rejected, SendError::Rejected(_)));
    accounts.send(Deposit::new("a", 5)).await.unwrap();
    assert!(!accounts.send(Withdraw::new("a", 5)).id(id).await.unwrap().repeated);
}

#[tokio::test]
async fn an_unknown_outcome_is_found_out_by_sending_again() {
    let (accounts, gate) = gated_with(1).await;
    for (side, repeated) in [(Side::Before, false), (Side::After, true)] {
        let id = Key::now_v7();
        gate.fail_next(side);
        let failed = accounts.send(Deposit::new("a", 5)).id(id).await.unwrap_err();
        assert_eq!(failed.outcome_unknown(), repeated);
        assert_eq!(accounts.send(Deposit::new("a", 5)).id(id).await.unwrap().repeated, repeated);
    }
    let all = accounts.send(Withdraw::new("a", 11)).await.unwrap();
    assert_eq!(all.revision, Some(3));
}

#[tokio::test]
async fn the_same_command_twice_in_one_run_has_one_effect() {
    let (accounts, gate) = gated_with(1).await;
    gate.hold(Side::Before);
    let blocker = under_way(accounts.send(Deposit::new("a", 1))).await;
    gate.waiting(1).await;
    let id = Key::now_v7();
    let one = under_way(accounts.send(Deposit::new("a", 5)).id(id)).await;
    let two = under_way(accounts.send(Deposit::new("a", 5)).id(id)).await;
    gate.release();
    blocker.await.unwrap().unwrap();
    let (one, two) = (one.await.unwrap().unwrap(), two.await.unwrap().unwrap());
    assert_eq!((one.repeated, two.repeated), (false, true));
    assert_eq!(one.position, two.position);
}

#[tokio::test]
async fn the_store_knows_an_id_that_is_not_looked_up() {
    let store = Arc::new(MemoryStore::new());
    let accounts = dispatcher(store.clone());
    let id = Key::now_v7();
    let first = accounts.send(Deposit::new("a", 5)).id(id).await.unwrap();
    for accounts in [accounts, dispatcher(store)] {
        let shown = accounts.send(Deposit::new("a", 5)).id(id).shown_by_state();
        let unsent = accounts.send(Deposit::new("a", 5)).id(id).never_sent();
        for again in [shown.await.unwrap(), unsent.await.unwrap()] {
            assert!(again.repeated);
            assert_eq!((again.revision, again.position), (first.revision, first.position));
        }
    }
}

#[tokio::test]
async fn what_is_not_looked_up_is_decided_on_the_state() {
    let (accounts, _gate) = gated_with(5).await;
    let id = Key::now_v7();
    accounts.send(Withdraw::new("a", 5)).id(id).await.unwrap();
    let again = accounts.send(Withdraw::new("a", 5)).id(id);
    let refused = again.shown_by_state().await.unwrap_err();
    assert!(matches!(refused, SendError::Rejected(_)));
}
