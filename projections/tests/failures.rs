//! What a projection cannot get over stops it, visibly; what may pass is tried again.

#![allow(clippy::unwrap_used, clippy::panic, reason = "test code")]

mod common;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::flaky::{Fault, FlakyRows};
use common::flaky_log::FlakyLog;
use common::{Balance, Bank, World, append, append_raw, deposit, raw, unavailable};
use factum_core::Projection;
use factum_core::codec::DecodeError;
use factum_core::store::{EventStore, Mark, Position, StoreError};
use factum_core::view::{RowBatch, ViewError, ViewId, ViewSpec};
use factum_projections::{EventProblem, FailedEvent, ProjectionError, QueryError};
use factum_stores::MemoryStore;

/// What the projection stops with, once it has met the newest event of the log.
async fn stopped_by(
    world: &World,
    bad: Position,
) -> (FailedEvent, factum_projections::View<Balance>) {
    let (mut runner, view) = world.start().await;
    let error = view.after(bad).get("alice").await.unwrap_err();
    let QueryError::Ended(ProjectionError::Event(event)) = error else { panic!("{error}") };
    assert_eq!(event.position, bad);
    let later = view.after(Position::new(bad.number() + 7)).all().await.unwrap_err();
    assert_eq!(later.to_string(), event.to_string(), "later waits get the same error");
    assert_eq!(runner.stop().await.unwrap_err().to_string(), event.to_string());
    (*event, view)
}

#[tokio::test]
async fn an_event_that_cannot_be_decoded_stops_the_view_before_it() {
    let payload = raw("account.deposited", 1, "\"much\"");
    let version = raw("account.deposited", 2, "1");
    let name = raw("account.frozen", 1, "{}");
    for event in [payload, version, name] {
        for world in World::each() {
            let good = append(&*world.log, "alice", &[deposit(3)]).await;
            let bad = append_raw(&*world.log, "account", "alice", vec![event.clone()]).await;
            append(&*world.log, "alice", &[deposit(100)]).await;
            let (error, view) = stopped_by(&world, bad).await;
            assert!(matches!(error.problem, EventProblem::Decode(_)), "{error}");
            assert_eq!((&*error.stream, error.revision), ("account-alice", 1));
            assert_eq!(error.view, ViewId::new("balances", 1));
            assert_eq!(view.reached(), good);
            assert_eq!(view.get("alice").await.unwrap().unwrap().cents, 3);
        }
    }
}

#[tokio::test]
async fn an_unknown_event_is_named() {
    let [world, _] = World::each();
    let event = raw("account.frozen", 1, "{}");
    let bad = append_raw(&*world.log, "account", "alice", vec![event]).await;
    let (error, _) = stopped_by(&world, bad).await;
    assert!(matches!(error.problem, EventProblem::Decode(DecodeError::UnknownName { .. })));
    assert!(error.to_string().contains("account.frozen at @1, revision 0 of stream account-alice"));
    assert!(error.to_string().contains("mend the code and start again"), "{error}");
}

#[tokio::test]
async fn a_panic_stops_the_view_and_leaves_nothing_half_done() {
    for world in World::each() {
        append(&*world.log, "alice", &vec![deposit(1); 100]).await;
        let bad = append(&*world.log, "alice", &[Bank::Robbed]).await;
        append(&*world.log, "bob", &[deposit(1)]).await;
        for _restart in 0..2 {
            let (error, view) = stopped_by(&world, bad).await;
            assert_eq!(error.problem, EventProblem::Panic("the bank was robbed".to_owned()));
            let alice = view.get("alice").await.unwrap().unwrap();
            assert_eq!((alice.cents, alice.seen.len()), (100, 100));
            assert_eq!(view.get("bob").await.unwrap(), None);
        }
    }
}

#[tokio::test]
async fn a_key_that_does_not_fit_stops_the_view() {
    // The key field cannot hold the one, and would write the other as `bob`.
    for key in ["!", "bob "] {
        for world in World::each() {
            append(&*world.log, "alice", &[deposit(5)]).await;
            let moved = Bank::Moved { to: key.to_owned(), cents: 2 };
            let bad = append(&*world.log, "alice", &[moved]).await;
            let (error, view) = stopped_by(&world, bad).await;
            assert!(matches!(&error.problem, EventProblem::Key(bad) if bad.text == key), "{error}");
            let alice = view.get("alice").await.unwrap().unwrap();
            assert_eq!(alice.cents, 5, "the row that it did fit is as before the event");
            assert_eq!(view.count().await.unwrap(), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn failures_that_may_pass_are_tried_again() {
    let faults = vec![
        Fault::Load,
        Fault::Load,
        Fault::Refuse,
        Fault::LoseAnswer,
        Fault::LoseCommit,
        Fault::LoseCommit,
        Fault::LoseAnswer,
        Fault::Refuse,
    ];
    let rows = Arc::new(FlakyRows::new(faults));
    let [_, world] = World::each();
    let world = World { rows: Some(rows.clone()), ..world };
    let (_runner, view) = world.start().await;
    for round in 1..=20 {
        let done = append(&*world.log, "alice", &[deposit(1)]).await;
        let alice = view.after(done).get("alice").await.unwrap().unwrap();
        assert_eq!((alice.cents, alice.seen.len()), (round, round as usize));
    }
    assert_eq!(rows.faults.lock().unwrap().len(), 0, "all of it happened");
}

#[tokio::test(start_paused = true)]
async fn a_late_view_says_what_it_is_trying_again() {
    let [_, world] = World::each();
    let rows = Arc::new(FlakyRows::new(vec![Fault::Refuse; 3]));
    let flaky = World { rows: Some(rows.clone()), ..world };
    let done = append(&*flaky.log, "alice", &[deposit(1)]).await;
    let (_runner, view) = flaky.start().await;
    let brief = Duration::from_millis(10);
    let error = view.after(done).within(brief).all().await.unwrap_err();
    let QueryError::Late { cause: Some(cause), .. } = &error else { panic!("{error}") };
    assert!(matches!(**cause, ProjectionError::Rows(ViewError::Store { .. })), "{cause}");
    assert!(error.to_string().contains("it fell over"), "{error}");

    // It worked in the end, so that is not why it is late now.
    view.after(done).all().await.unwrap();
    let future = view.after(Position::new(done.number() + 1)).within(brief);
    let error = future.all().await.unwrap_err();
    assert!(matches!(error, QueryError::Late { cause: None, .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_late_view_says_that_its_log_cannot_be_read() {
    let inner = MemoryStore::new();
    let breaks = vec![(0, unavailable()); 1_000];
    let log = Arc::new(FlakyLog { inner: inner.clone(), breaks: Mutex::new(breaks) });
    let (_runner, view) = common::start(log.clone(), None).await.unwrap();
    let done = append(&inner, "alice", &[deposit(1)]).await;
    let error = view.after(done).all().await.unwrap_err();
    let QueryError::Late { cause: Some(cause), .. } = &error else { panic!("{error}") };
    assert!(matches!(**cause, ProjectionError::Log { .. }), "{cause}");
    log.breaks.lock().unwrap().clear();
    let view = view.within(common::LONG);
    assert_eq!(view.after(done).get("alice").await.unwrap().unwrap().cents, 1);
}

#[tokio::test]
async fn stopping_does_not_wait_for_a_store_that_is_gone() {
    let rows = Arc::new(FlakyRows::new(vec![Fault::Refuse; 10_000]));
    let [_, world] = World::each();
    let world = World { rows: Some(rows.clone()), ..world };
    append(&*world.log, "alice", &[deposit(1)]).await;
    let (mut runner, view) = world.start().await;
    rows.happened.notified().await;
    let error = tokio::time::timeout(common::LONG, runner.stop()).await.unwrap().unwrap_err();
    assert!(error.to_string().contains("it fell over"), "{error}");
    assert_eq!(view.reached(), Position::START);
}

#[tokio::test]
async fn a_worker_whose_place_was_taken_stops() {
    let [_, world] = World::each();
    let rows = world.rows.clone().unwrap();
    let done = append(&*world.log, "alice", &[deposit(1)]).await;
    let (_runner, view) = world.start().await;
    view.after(done).all().await.unwrap();

    let head = world.log.head().await.unwrap();
    let to = Mark { position: Position::new(done.number() + 1), ..head };
    let spec = ViewSpec::new(ViewId::new("balances", 1), Balance::COLUMNS);
    let hold = rows.slices(spec).await.unwrap()[0].hold;
    rows.commit(RowBatch { hold, ..RowBatch::new(spec, Some(head), to) }).await.unwrap();

    let done = append(&*world.log, "alice", &[deposit(1)]).await;
    let error = view.after(done).all().await.unwrap_err();
    let QueryError::Ended(ProjectionError::Rows(ViewError::Fenced(fenced))) = error else {
        panic!("{error}")
    };
    assert_eq!((fenced.expected, fenced.found), (Some(head), Some(to)));
    assert_eq!(view.get("alice").await.unwrap().unwrap().cents, 1);
}

#[tokio::test]
async fn a_panic_of_a_row_store_ends_the_waits() {
    let rows = Arc::new(FlakyRows::new(vec![Fault::Panic]));
    let [_, world] = World::each();
    let world = World { rows: Some(rows), ..world };
    let (_runner, view) = world.start().await;
    let done = append(&*world.log, "alice", &[deposit(1)]).await;
    let error = view.after(done).all().await.unwrap_err();
    assert!(matches!(error, QueryError::Ended(ProjectionError::Panicked { .. })), "{error}");
}

#[tokio::test]
async fn a_log_that_went_backwards_stops_the_view() {
    // The other log ends behind the checkpoint, or before it.
    for others in [1, 20] {
        let [_, world] = World::each();
        let done = append(&*world.log, "alice", &vec![deposit(1); 10]).await;
        let (mut runner, view) = world.start().await;
        view.after(done).all().await.unwrap();
        runner.stop().await.unwrap();

        let world = World { log: Arc::new(MemoryStore::new()), ..world };
        append(&*world.log, "bob", &vec![deposit(1); others]).await;
        let (_runner, view) = world.start().await;
        for wanted in [1, 20, 1] {
            let error = view.after(Position::new(wanted)).all().await.unwrap_err();
            let rewound = matches!(
                &error,
                QueryError::Ended(ProjectionError::Log { source: StoreError::Rewound(_), .. })
            );
            assert!(rewound, "{error}");
            assert!(error.to_string().contains("raising its projection's version"), "{error}");
        }
        assert_eq!(view.get("bob").await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_damaged_row_is_named() {
    let [_, world] = World::each();
    let rows = world.rows.clone().unwrap();
    let done = append(&*world.log, "alice", &[deposit(1)]).await;
    let spec = ViewSpec::new(ViewId::new("balances", 1), Balance::COLUMNS);
    rows.open(spec).await.unwrap();
    let to = Mark::start(world.log.head().await.unwrap().log);
    let values = vec![factum_core::view::Value::Null, factum_core::view::Value::Uint(0)];
    let puts = vec![factum_core::view::Row { key: "alice".into(), values, body: "no".into() }];
    let changes = factum_core::view::RowChanges { puts, deletes: Vec::new() };
    rows.commit(RowBatch { rows: changes, ..RowBatch::new(spec, None, to) }).await.unwrap();
    let (_runner, view) = world.start().await;
    let error = view.after(done).all().await.unwrap_err();
    let bad = QueryError::Ended(ProjectionError::Rows(ViewError::BadRow {
        view: spec.id,
        key: "alice".to_owned(),
        problem: String::new(),
    }));
    assert_eq!(std::mem::discriminant(&error), std::mem::discriminant(&bad));
    assert!(error.to_string().contains("row \"alice\""), "{error}");
    assert!(error.to_string().contains("raise the projection's version"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_tail_that_breaks_goes_on_where_it_was() {
    let inner = MemoryStore::new();
    let damaged = StoreError::Corrupt { place: "the log".to_owned(), what: "a page".to_owned() };
    let mut breaks = vec![(0, unavailable()), (1, unavailable()), (5, unavailable()), (9, damaged)];
    breaks.reverse();
    let log = Arc::new(FlakyLog { inner: inner.clone(), breaks: Mutex::new(breaks) });
    let (mut runner, view) = common::start(log, None).await.unwrap();
    let view = view.within(common::LONG);
    let mut error = None;
    for round in 1..=20 {
        let done = append(&inner, "alice", &[deposit(1)]).await;
        match view.after(done).get("alice").await {
            Ok(alice) => assert_eq!(alice.unwrap().seen.len(), round),
            Err(late) => error = Some(late),
        }
    }
    let error = error.expect("the last tail ended for good");
    assert!(
        matches!(
            error,
            QueryError::Ended(ProjectionError::Log { source: StoreError::Corrupt { .. }, .. })
        ),
        "{error}"
    );
    assert!(matches!(runner.stop().await, Err(ProjectionError::Log { .. })));
}
