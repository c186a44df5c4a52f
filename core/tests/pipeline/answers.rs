//! No answer leaves before the state that it was decided on is durable.

use factum_core::pipeline::SendError;
use factum_core::store::StoreError;
use factum_stores::gated::Side;

use crate::account::{AccountEvent, Curse, Deposit, Insufficient, Panic, Withdraw, cents};
use crate::{gated, gated_with, under_way};

#[tokio::test]
async fn a_receipt_tells_what_happened() {
    let (accounts, _gate) = gated();
    let first = accounts.send(Deposit::new("a", 5)).await.unwrap();
    assert_eq!(first.revision, Some(0));
    assert_eq!(first.events, [AccountEvent::Deposited(cents(5))]);
    assert_eq!(first.stream.to_string(), "account-a");
    let second = accounts.send(Withdraw::new("a", 2)).await.unwrap();
    assert_eq!(second.revision, Some(1));
    assert!(second.position > first.position && !second.repeated);
    let nothing = accounts.send(Deposit::new("a", 0)).await.unwrap();
    assert_eq!((nothing.revision, nothing.position), (Some(1), second.position));
    assert!(nothing.events.is_empty());
    let rejected = accounts.send(Withdraw::new("a", 9)).await.unwrap_err();
    assert!(matches!(rejected, SendError::Rejected(Insufficient { available: 3 })));
}

#[tokio::test]
async fn rejections_wait_for_what_they_were_decided_on() {
    for side in [Side::Before, Side::After] {
        let (accounts, gate) = gated_with(10).await;
        gate.hold(side);
        let first = under_way(accounts.send(Withdraw::new("a", 10))).await;
        gate.waiting(1).await;
        // These are decided on top of each other once the first append is over; the second one of
        // them is rejected on a state that is not durable yet.
        let second = under_way(accounts.send(Deposit::new("a", 3))).await;
        let third = under_way(accounts.send(Withdraw::new("a", 4))).await;
        assert!(!first.is_finished() && !second.is_finished() && !third.is_finished());
        gate.release();
        first.await.unwrap().unwrap();
        second.await.unwrap().unwrap();
        let rejected = third.await.unwrap().unwrap_err();
        assert!(matches!(rejected, SendError::Rejected(Insufficient { available: 3 })));
    }
}

#[tokio::test]
async fn a_rejection_whose_ground_was_not_stored_is_decided_again() {
    let (accounts, gate) = gated_with(10).await;
    gate.hold(Side::Before);
    let blocker = under_way(accounts.send(Deposit::new("a", 1))).await;
    gate.waiting(1).await;
    // One run: the first takes all, the second is rejected on that.
    let all = under_way(accounts.send(Withdraw::new("a", 11))).await;
    let more = under_way(accounts.send(Withdraw::new("a", 1))).await;
    gate.fail_next(Side::Before);
    gate.release();
    let failed = blocker.await.unwrap().unwrap_err();
    assert!(matches!(failed, SendError::Store { source: StoreError::Unavailable { .. }, .. }));
    // With the deposit gone there are 10: the first is rejected, the second accepted.
    let rejected = all.await.unwrap().unwrap_err();
    assert!(matches!(rejected, SendError::Rejected(Insufficient { available: 10 })));
    assert_eq!(more.await.unwrap().unwrap().revision, Some(1));
}

#[tokio::test]
async fn a_failed_run_fails_what_was_decided_on_it() {
    let (accounts, gate) = gated_with(10).await;
    gate.fail_next(Side::Before);
    // The worker starts when this task waits for the first time, so both are in one run.
    let all = under_way(accounts.send(Withdraw::new("a", 10))).await;
    let more = under_way(accounts.send(Withdraw::new("a", 1))).await;
    assert!(matches!(all.await.unwrap().unwrap_err(), SendError::Store { .. }));
    // It was rejected on a withdrawal that never happened: it must not hear "insufficient".
    assert!(matches!(more.await.unwrap().unwrap_err(), SendError::Store { .. }));
    assert_eq!(accounts.send(Withdraw::new("a", 10)).await.unwrap().revision, Some(1));
}

#[tokio::test]
async fn commands_that_wait_are_appended_as_one_run() {
    let (accounts, gate) = gated_with(1).await;
    // One append fails; were there more than one, some commands would be accepted.
    gate.fail_next(Side::Before);
    let mut waiting = Vec::new();
    for _ in 0..100 {
        waiting.push(under_way(accounts.send(Deposit::new("a", 1))).await);
    }
    for sent in waiting {
        assert!(matches!(sent.await.unwrap().unwrap_err(), SendError::Store { .. }));
    }
}

#[tokio::test]
async fn a_state_that_ran_ahead_is_not_kept() {
    let (accounts, _gate) = gated_with(1).await;
    for _ in 0..8 {
        accounts.send(Deposit::new("a", 1)).await.unwrap();
    }
    // The tenth event makes a snapshot due, but the curse behind it has spoilt the state.
    let (tenth, cursed) =
        tokio::join!(accounts.send(Deposit::new("a", 1)), accounts.send(Curse::new("a", 1)));
    assert_eq!(tenth.unwrap().revision, Some(9));
    cursed.unwrap_err();
    // A snapshot would be saved by a task that was spawned before this command was sent.
    accounts.send(Deposit::new("b", 1)).await.unwrap();
    let account = accounts.events().load("a").await.unwrap().unwrap();
    assert_eq!((account.state.cents, account.revision), (10, 9));
}

#[tokio::test]
async fn a_dropped_future_does_not_withdraw_its_command() {
    let (accounts, gate) = gated_with(1).await;
    gate.hold(Side::Before);
    let sent = under_way(accounts.send(Deposit::new("a", 7))).await;
    gate.waiting(1).await;
    let queued = under_way(accounts.send(Deposit::new("a", 8))).await;
    sent.abort();
    queued.abort();
    gate.release();
    let done = accounts.send(Withdraw::new("a", 16)).await.unwrap();
    assert_eq!(done.revision, Some(3));
}

#[tokio::test]
async fn panicking_and_oversized_commands_fail_alone() {
    let (accounts, gate) = gated_with(10).await;
    gate.hold(Side::Before);
    let blocker = under_way(accounts.send(Deposit::new("a", 1))).await;
    gate.waiting(1).await;
    let huge = Deposit { note: "x".repeat(2 << 20), ..Deposit::new("a", 1) };
    let good = under_way(accounts.send(Withdraw::new("a", 1))).await;
    let panics = under_way(accounts.send(Panic::new("a", 1))).await;
    let oversized = under_way(accounts.send(huge)).await;
    let cursed = under_way(accounts.send(Curse::new("a", 1))).await;
    let rest = under_way(accounts.send(Withdraw::new("a", 10))).await;
    gate.release();
    blocker.await.unwrap().unwrap();
    assert_eq!(good.await.unwrap().unwrap().revision, Some(2));
    let message = panics.await.unwrap().unwrap_err().to_string();
    assert!(message.contains("the handler panicked"), "{message}");
    let message = oversized.await.unwrap().unwrap_err().to_string();
    assert!(message.contains("the limit is 1048576"), "{message}");
    let message = cursed.await.unwrap().unwrap_err().to_string();
    assert!(message.contains("cursed"), "{message}");
    assert_eq!(rest.await.unwrap().unwrap().revision, Some(3));
}
