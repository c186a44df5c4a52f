//! A view follows the log, tells how far it is, and goes on where it was.

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::flaky::FlakyRows;
use common::{Balance, World, append, append_noise, deposit, opened};
use factum_core::store::{EventStore, Position};
use factum_core::view::{ViewError, ViewId, ViewSpec};
use factum_projections::{ProjectionError, QueryError};

#[tokio::test]
async fn a_query_sees_what_it_waits_for() {
    for world in World::each() {
        let old = append(&*world.log, "alice", &[opened("Alice"), deposit(5)]).await;
        let (_runner, view) = world.start().await;
        assert_eq!(view.after(old).get("alice").await.unwrap().unwrap().cents, 5);

        for round in 1..=50 {
            let done = append(&*world.log, "bob", &[deposit(2)]).await;
            let bob = view.after(done).get("bob").await.unwrap().unwrap();
            assert_eq!(bob.cents, 2 * round);
        }
        assert_eq!(view.get("nobody").await.unwrap(), None);
        assert_eq!(view.all().await.unwrap().len(), 2);
        assert_eq!(view.count().await.unwrap(), 2);
    }
}

#[tokio::test]
async fn an_event_may_concern_several_rows() {
    for world in World::each() {
        let (_runner, view) = world.start().await;
        append(&*world.log, "alice", &[deposit(9)]).await;
        let moved = common::Bank::Moved { to: "bob".into(), cents: 4 };
        let done = append(&*world.log, "alice", &[moved]).await;
        assert_eq!(view.after(done).get("alice").await.unwrap().unwrap().cents, 5);
        assert_eq!(view.after(done).get("bob").await.unwrap().unwrap().cents, 4);
    }
}

#[tokio::test]
async fn a_key_that_is_given_twice_is_one_row_that_changes_once() {
    for world in World::each() {
        let opened = append(&*world.log, "alice", &[deposit(9)]).await;
        let moved = common::Bank::Moved { to: "alice".into(), cents: 4 };
        let done = append(&*world.log, "alice", &[moved]).await;
        let (_runner, view) = world.start().await;
        let alice = view.after(done).get("alice").await.unwrap().unwrap();
        assert_eq!((alice.cents, alice.seen), (5, vec![opened.number(), done.number()]));
    }
}

#[tokio::test]
async fn waiting_for_an_event_that_does_not_concern_the_view_does_not_hang() {
    for world in World::each() {
        let (_runner, view) = world.start().await;
        for _ in 0..20 {
            let done = append_noise(&*world.log).await;
            assert_eq!(view.after(done).all().await.unwrap(), []);
            assert!(view.reached() >= done);
        }
    }
}

#[tokio::test]
async fn a_late_view_says_so() {
    for world in World::each() {
        let done = append(&*world.log, "alice", &[deposit(1)]).await;
        let (_runner, view) = world.start().await;
        let _ = view.after(done).all().await.unwrap();
        let future = Position::new(done.number() + 1);
        let brief = Duration::from_millis(20);
        let error = view.after(future).within(brief).get("alice").await.unwrap_err();
        assert!(
            matches!(error, QueryError::Late { wanted, reached, within, .. }
                if wanted == future && reached == done && within == brief),
            "{error}"
        );
        assert!(error.to_string().contains("the command is done"), "{error}");
        assert_eq!(view.get("alice").await.unwrap().unwrap().cents, 1);
    }
}

#[tokio::test]
async fn a_restart_goes_on_from_the_checkpoint() {
    let rows = Arc::new(FlakyRows::default());
    let [_, world] = World::each();
    let world = World { rows: Some(rows.clone()), ..world };
    let done = append(&*world.log, "alice", &[deposit(1), deposit(2)]).await;
    let (mut runner, view) = world.start().await;
    assert_eq!(view.after(done).count().await.unwrap(), 1);
    runner.stop().await.unwrap();

    let (mut runner, view) = world.start().await;
    assert_eq!(view.after(done).count().await.unwrap(), 1);
    assert_eq!(view.reached(), done);
    let done = append(&*world.log, "alice", &[deposit(4)]).await;
    let alice = view.after(done).get("alice").await.unwrap().unwrap();
    assert_eq!((alice.cents, alice.seen.len()), (7, 3));
    runner.stop().await.unwrap();
    assert_eq!(*rows.batches.lock().unwrap(), [1, 1], "one batch before the restart, one after");
}

#[tokio::test]
async fn stopping_writes_down_how_far_the_log_was_searched() {
    let [_, world] = World::each();
    let (mut runner, view) = world.start().await;
    let mut last = Position::START;
    for _ in 0..100 {
        last = append_noise(&*world.log).await;
    }
    view.after(last).all().await.unwrap();
    runner.stop().await.unwrap();
    let spec = ViewSpec::new(error_view(), <Balance as factum_core::Projection>::COLUMNS);
    let slices = world.rows.as_ref().unwrap().slices(spec).await.unwrap();
    assert_eq!(slices[0].checkpoint, Some(world.log.head().await.unwrap()));
}

#[tokio::test(start_paused = true)]
async fn events_of_others_cost_a_write_a_second() {
    let rows = Arc::new(FlakyRows::default());
    let [_, world] = World::each();
    let world = World { rows: Some(rows.clone()), ..world };
    let (_runner, view) = world.start().await;
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let done = append_noise(&*world.log).await;
        view.after(done).count().await.unwrap();
    }
    let writes = rows.batches.lock().unwrap().len();
    assert!((9..=11).contains(&writes), "{writes} writes in ten seconds");
}

#[tokio::test(start_paused = true)]
async fn a_quiet_log_is_written_down_once() {
    let rows = Arc::new(FlakyRows::default());
    let [_, world] = World::each();
    let world = World { rows: Some(rows.clone()), ..world };
    let (_runner, view) = world.start().await;
    let done = append_noise(&*world.log).await;
    view.after(done).count().await.unwrap();
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(*rows.batches.lock().unwrap(), [0]);
}

#[tokio::test]
async fn many_events_of_one_row_are_one_put() {
    let rows = Arc::new(FlakyRows::default());
    let [_, world] = World::each();
    let world = World { rows: Some(rows.clone()), ..world };
    let mut done = Position::START;
    for _ in 0..100 {
        done = append(&*world.log, "alice", &vec![deposit(1); 100]).await;
    }
    let (_runner, view) = world.start().await;
    let alice = view.after(done).all().await.unwrap().remove(0);
    assert_eq!((alice.cents, alice.seen.len()), (10_000, 10_000));
    let batches = rows.batches.lock().unwrap().clone();
    assert!(batches.iter().all(|rows| *rows == 1), "{batches:?}");
    assert!(batches.len() <= 10, "10,000 events in {} batches", batches.len());
    assert_eq!(*rows.loads.lock().unwrap(), [1], "a hot row is loaded once");
}

#[tokio::test]
async fn dropping_the_runner_ends_the_waits_and_leaves_the_rows() {
    for world in World::each() {
        let done = append(&*world.log, "alice", &[deposit(1)]).await;
        let (runner, view) = world.start().await;
        view.after(done).all().await.unwrap();
        let future = Position::new(done.number() + 1);
        let waiting = tokio::spawn({
            let view = view.clone();
            async move { view.after(future).all().await }
        });
        drop(runner);
        let error = waiting.await.unwrap().unwrap_err();
        let stopped = QueryError::Ended(ProjectionError::Stopped { view: error_view() });
        assert_eq!(error.to_string(), stopped.to_string());
        assert_eq!(view.get("alice").await.unwrap().unwrap().cents, 1);
        assert_eq!(view.after(done).get("alice").await.unwrap().unwrap().cents, 1);
    }
}

fn error_view() -> ViewId {
    ViewId::new("balances", 1)
}

#[tokio::test]
async fn other_columns_are_refused_at_the_start() {
    let [_, world] = World::each();
    let spec = ViewSpec::new(error_view(), &[]);
    world.rows.as_ref().unwrap().open(spec).await.unwrap();
    let error = common::start(world.log.clone(), world.rows).await.unwrap_err();
    assert!(matches!(error, ViewError::OtherColumns { .. }), "{error}");
}
