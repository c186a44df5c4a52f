//! An event that cannot be taken in parks; what comes behind it for its rows waits, and nothing else.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

mod common;

use common::{Balance, Bank, World, append, append_noise, append_raw, deposit, opened, raw};
use factum_core::store::{EventStore, Position};
use factum_core::view::ViewError;
use factum_projections::{ParkedEvent, QueryError, Retried, View};

async fn parked(view: &View<Balance>) -> Vec<ParkedEvent> {
    view.parked().list(100).await.unwrap()
}

async fn positions(view: &View<Balance>) -> Vec<u64> {
    parked(view).await.iter().map(|event| event.position.number()).collect()
}

async fn cents(view: &View<Balance>, account: &str) -> Option<u64> {
    view.get(account).await.unwrap().map(|row| row.cents)
}

#[tokio::test]
async fn an_event_that_cannot_be_decoded_parks_and_says_why() {
    let payload = raw("account.deposited", 1, "\"much\"");
    let version = raw("account.deposited", 2, "1");
    let name = raw("account.frozen", 1, "{}");
    for (event, told) in [(payload, "much"), (version, "version 2"), (name, "account.frozen")] {
        for world in World::each() {
            append(&*world.log, "alice", &[deposit(3)]).await;
            let bad = append_raw(&*world.log, "account", "alice", vec![event.clone()]).await;
            append(&*world.log, "alice", &[deposit(100)]).await;
            let done = append(&*world.log, "bob", &[deposit(7)]).await;
            let (_runner, view) = world.start().await;
            let view = view.after(done);
            assert_eq!(cents(&view, "bob").await, Some(7), "other rows go on");
            assert_eq!(cents(&view, "alice").await, Some(3), "what waits is not taken in");
            let parked = parked(&view).await;
            let [first, behind] = &*parked else { panic!("{parked:?}") };
            assert_eq!((first.position, first.attempts), (bad, 1));
            assert_eq!((&*first.stream, first.revision), ("account-alice", 1));
            let problem = first.problem.as_deref().unwrap();
            assert!(problem.contains(told), "{problem}");
            assert_eq!((behind.problem.as_deref(), behind.attempts), (None, 0));
            assert_eq!(behind.position.number(), bad.number() + 1);
        }
    }
}

#[tokio::test]
async fn a_panic_parks_and_leaves_nothing_half_done() {
    for world in World::each() {
        append(&*world.log, "alice", &vec![deposit(1); 100]).await;
        let bad = append(&*world.log, "alice", &[Bank::Robbed]).await;
        let done = append(&*world.log, "bob", &[deposit(1)]).await;
        for restart in 1..=3 {
            let (mut runner, view) = world.start().await;
            let alice = view.after(done).get("alice").await.unwrap().unwrap();
            assert_eq!((alice.cents, alice.seen.len()), (100, 100));
            assert_eq!(cents(&view, "bob").await, Some(1));
            let parked = parked(&view).await;
            assert_eq!(parked.len(), 1);
            assert_eq!(parked[0].position, bad);
            assert_eq!(
                parked[0].problem.as_deref(),
                Some("`project` panicked: the bank was robbed")
            );
            // Each start tries it again; a view in memory is built from nothing.
            let tries = if world.rows.is_some() { restart } else { 1 };
            assert_eq!(parked[0].attempts, tries);
            runner.stop().await.unwrap();
        }
    }
}

#[tokio::test]
async fn an_event_of_several_rows_parks_for_all_of_them() {
    // The key field cannot hold the one, and would write the other as `bob`.
    for key in ["!", "bob "] {
        for world in World::each() {
            append(&*world.log, "alice", &[deposit(5)]).await;
            let moved = Bank::Moved { to: key.to_owned(), cents: 2 };
            let bad = append(&*world.log, "alice", &[moved]).await.number();
            // Waits for alice, and so does carol from here on.
            let to_carol = Bank::Moved { to: "carol".to_owned(), cents: 1 };
            append(&*world.log, "alice", &[to_carol]).await;
            append(&*world.log, "carol", &[deposit(9)]).await;
            let done = append(&*world.log, "dave", &[deposit(9)]).await;
            let (_runner, view) = world.start().await;
            let view = view.after(done);
            let seen = ["alice", "bob", "carol", "dave"];
            let mut found = Vec::new();
            for account in seen {
                found.push(cents(&view, account).await);
            }
            assert_eq!(found, [Some(5), None, None, Some(9)], "{key:?}");
            assert_eq!(positions(&view).await, [bad, bad + 1, bad + 2]);
        }
    }
}

/// The first event cannot be taken in as long as the log has it so; the log is another one then.
#[tokio::test]
async fn what_is_given_up_lets_the_rest_go_on() {
    for world in World::each() {
        append(&*world.log, "alice", &[deposit(1), Bank::Robbed, deposit(10)]).await;
        append(&*world.log, "alice", &[Bank::Robbed, deposit(100)]).await;
        let to_bob = Bank::Moved { to: "bob".to_owned(), cents: 3 };
        append(&*world.log, "carol", &[deposit(50), Bank::Robbed, deposit(1)]).await;
        let done = append(&*world.log, "alice", &[to_bob]).await;
        let (_runner, view) = world.start().await;
        let view = view.after(done);
        assert_eq!(cents(&view, "alice").await, Some(1));
        assert_eq!(positions(&view).await, [2, 3, 4, 5, 7, 8, 9]);

        // Nothing has changed, so nothing is taken in.
        let retried = view.parked().retry_row("bob").await.unwrap();
        assert_eq!((retried.taken, retried.left), (0, 5), "carol's are not asked");
        assert_eq!(parked(&view).await[0].attempts, 2);
        assert_eq!(parked(&view).await[4].attempts, 1);
        let none = view.parked().retry_row("nobody").await.unwrap();
        assert_eq!(none, Retried::default());

        assert!(view.parked().discard(Position::new(2)).await.unwrap());
        assert!(!view.parked().discard(Position::new(2)).await.unwrap());
        let retried = view.parked().retry_row("alice").await.unwrap();
        assert_eq!((retried.taken, retried.left), (1, 3));
        assert_eq!(cents(&view, "alice").await, Some(11));
        assert_eq!(positions(&view).await, [4, 5, 7, 8, 9]);
        assert!(view.parked().discard(Position::new(4)).await.unwrap());
        let retried = view.parked().retry().await.unwrap();
        assert_eq!((retried.taken, retried.left), (2, 2), "carol's stay");
        assert_eq!(cents(&view, "alice").await, Some(108));
        assert_eq!(cents(&view, "bob").await, Some(3));

        // What comes now is taken in at once again, except for carol.
        append(&*world.log, "alice", &[deposit(1000)]).await;
        let done = append(&*world.log, "carol", &[deposit(1000)]).await;
        let view = view.after(done);
        assert_eq!(cents(&view, "alice").await, Some(1108));
        assert_eq!(cents(&view, "carol").await, Some(50));
        assert_eq!(positions(&view).await, [7, 8, 10 + 1]);
    }
}

#[tokio::test]
async fn what_waits_is_known_after_a_restart() {
    let [_, world] = World::each();
    append(&*world.log, "alice", &[opened("Alice"), Bank::Robbed]).await;
    let (mut runner, view) = world.start().await;
    let done = append(&*world.log, "alice", &[deposit(1)]).await;
    assert_eq!(cents(&view.after(done), "alice").await, Some(0));
    runner.stop().await.unwrap();

    append(&*world.log, "alice", &[deposit(2)]).await;
    let done = append_noise(&*world.log).await;
    let (_runner, view) = world.start().await;
    assert_eq!(cents(&view.after(done), "alice").await, Some(0));
    assert_eq!(positions(&view).await, [2, 3, 4]);
}

#[tokio::test]
async fn there_is_an_end_to_what_may_park() {
    for world in World::each() {
        for number in 0..1_100 {
            append(&*world.log, &format!("account {number}"), &[Bank::Robbed]).await;
        }
        let head = world.log.head().await.unwrap().position;
        let (_runner, view) = world.start().await;
        let error = view.after(head).all().await.unwrap_err();
        assert!(error.to_string().contains("so many keys wait"), "{error}");
        assert_eq!(view.parked().list(10_000).await.unwrap().len(), 1_000);
        // Nobody takes an order any more, and that says why.
        let refused = view.parked().retry().await.unwrap_err();
        assert!(matches!(refused, QueryError::Ended(_)), "{refused}");
    }
}

#[tokio::test]
async fn a_view_that_nobody_keeps_has_nothing_parked() {
    let view = View::<Balance>::missing();
    let error = view.parked().list(1).await.unwrap_err();
    assert!(matches!(error, QueryError::Rows(ViewError::Missing { .. })), "{error}");
    let error = view.parked().retry().await.unwrap_err();
    assert!(error.to_string().contains("is not kept"), "{error}");
}
