//! What a store cannot get over stops a projection, visibly; what may pass is tried again.

#![allow(clippy::unwrap_used, clippy::panic, reason = "test code")]

mod common;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::flaky::{Fault, FlakyRows};
use common::flaky_log::FlakyLog;
use common::{Balance, World, append, deposit, unavailable};
use factum_core::Projection;
use factum_core::store::{EventStore, Mark, Position, StoreError};
use factum_core::view::{RowBatch, ViewError, ViewId, ViewSpec};
use factum_projections::{ProjectionError, QueryError};
use factum_stores::MemoryStore;

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
