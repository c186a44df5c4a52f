//! Rows that an event takes out.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

mod common;

use std::sync::Arc;

use common::Bank::Closed;
use common::flaky::FlakyRows;
use common::{Balance, Bank, World, append, deposit, opened};

#[tokio::test]
async fn a_row_goes_and_comes_back_without_what_it_was() {
    for world in World::each() {
        let (_runner, view) = world.start().await;
        append(&*world.log, "bob", &[deposit(1)]).await;
        let there = append(&*world.log, "alice", &[opened("Alice"), deposit(5)]).await;
        assert_eq!(view.after(there).count().await.unwrap(), 2);

        let gone = append(&*world.log, "alice", &[Closed]).await;
        assert_eq!(view.after(gone).get("alice").await.unwrap(), None);
        assert_eq!(view.count().await.unwrap(), 1);

        let back = append(&*world.log, "alice", &[deposit(2)]).await;
        let alice = view.after(back).get("alice").await.unwrap().unwrap();
        assert_eq!((alice.owner, alice.cents, alice.seen.len()), (None, 2, 1));
    }
}

#[tokio::test]
async fn a_row_may_go_and_come_back_within_one_batch() {
    let rows = Arc::new(FlakyRows::default());
    let [in_memory, stored] = World::each();
    let stored = World { rows: Some(rows.clone()), ..stored };
    for world in [in_memory, stored] {
        let events: [&[Bank]; 4] = [
            &[opened("Alice"), deposit(5), Closed, deposit(2), opened("A. again")],
            &[deposit(1), Closed],
            // Nothing was there: nothing is taken out.
            &[Closed],
            &[deposit(1), Closed, deposit(3), Closed, deposit(4)],
        ];
        let mut last = None;
        for (account, events) in ["alice", "bob", "carol", "dave"].into_iter().zip(events) {
            last = Some(append(&*world.log, account, events).await);
        }
        let (_runner, view) = world.start().await;
        let all = view.after(last.unwrap()).all().await.unwrap();
        let left: Vec<_> = all.iter().map(|row| (&*row.account, row.cents)).collect();
        assert_eq!(left, [("alice", 2), ("dave", 4)]);
        assert_eq!(all[0].owner.as_deref(), Some("A. again"));
    }
    assert_eq!(*rows.batches.lock().unwrap(), [2], "one batch, of two rows that are left");
}

#[tokio::test]
async fn queries_by_index_do_not_see_what_is_gone() {
    for world in World::each() {
        let (_runner, view) = world.start().await;
        for (account, cents) in [("alice", 5), ("bob", 5), ("carol", 7)] {
            append(&*world.log, account, &[opened("one"), deposit(cents)]).await;
        }
        let five = || view.filter(Balance::CENTS.eq(5));
        let last = append(&*world.log, "dave", &[opened("one")]).await;
        assert_eq!(view.after(last).filter(Balance::CENTS.eq(5)).count().await.unwrap(), 2);

        let gone = append(&*world.log, "bob", &[Closed]).await;
        let found = view.after(gone).order_by(Balance::CENTS.desc()).all().await.unwrap();
        let found: Vec<_> = found.iter().map(|row| &*row.account).collect();
        assert_eq!(found, ["carol", "alice", "dave"]);
        assert_eq!(five().count().await.unwrap(), 1);

        let back = append(&*world.log, "bob", &[deposit(5)]).await;
        assert_eq!(view.after(back).filter(Balance::CENTS.eq(5)).count().await.unwrap(), 2);
        let of_one = five().filter(Balance::OWNER.eq(Some("one".to_owned())));
        assert_eq!(of_one.all().await.unwrap()[0].account, "alice");
    }
}
