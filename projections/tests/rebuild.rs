//! A view is built anew beside the one that is seen, which it replaces in one step.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

mod common;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use common::{Balance, Bank, LONG, World, append, append_noise, deposit};
use factum_core::store::EventStore;
use factum_core::view::{RowStore, ViewId};
use factum_core::{Projection, codec};
use factum_projections::{Hub, Placement, QueryError, Runner, View};
use factum_stores::{MemoryRowStore, MemoryStore};

/// The buildings that a row store has: version, build, whether it is live.
async fn builds(world: &World) -> Vec<(u32, u32, bool)> {
    let builds = world.rows.as_ref().unwrap().builds("balances").await.unwrap();
    builds.into_iter().map(|build| (build.id.version, build.id.build, build.live)).collect()
}

async fn until_builds(world: &World, wanted: &[(u32, u32, bool)]) {
    let reached = tokio::time::timeout(LONG, async {
        while builds(world).await != wanted {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    reached.await.unwrap();
}

fn slow(events_per_s: u32) -> NonZeroU32 {
    NonZeroU32::new(events_per_s).unwrap()
}

/// Writes a wrong row, as code would have that was mended since.
async fn spoil(world: &World, view: &View<Balance>) {
    let rows = world.rows.as_ref().unwrap();
    let spec = factum_core::view::ViewSpec::new(ViewId::new("balances", 1), Balance::COLUMNS);
    let state = rows.slices(spec).await.unwrap().remove(0);
    let row = Balance { cents: 999, ..view.get("alice").await.unwrap().unwrap() };
    let (mut values, mut body) = (Vec::new(), Vec::new());
    row.values(&mut values);
    codec::write_json(&row, &mut body).unwrap();
    let puts = vec![factum_core::view::Row { key: "alice".into(), values, body: body.into() }];
    let batch = factum_core::view::RowBatch {
        hold: state.hold,
        rows: factum_core::view::RowChanges { puts, deletes: vec![] },
        ..factum_core::view::RowBatch::new(spec, state.checkpoint, state.checkpoint.unwrap())
    };
    rows.commit(batch).await.unwrap();
}

#[tokio::test]
async fn a_view_that_is_built_anew_is_right_again() {
    for world in World::each() {
        let done = append(&*world.log, "alice", &vec![deposit(1); 500]).await;
        let (mut runner, view) = world.start().await;
        view.after(done).all().await.unwrap();
        runner.stop().await.unwrap();
        if world.rows.is_some() {
            spoil(&world, &view).await;
        }
        let (_runner, view) = world.start().await;
        if world.rows.is_some() {
            assert_eq!(view.get("alice").await.unwrap().unwrap().cents, 999);
        }
        view.rebuild().start().await.unwrap();
        let done = append(&*world.log, "bob", &[deposit(5)]).await;
        view.rebuild().finished().await.unwrap();
        assert_eq!(view.rebuild().progress().await.unwrap(), None);
        assert_eq!(view.after(done).get("bob").await.unwrap().unwrap().cents, 5);
        let alice = view.after(done).get("alice").await.unwrap().unwrap();
        assert_eq!((alice.cents, alice.seen.len()), (500, 500));
        if world.rows.is_some() {
            until_builds(&world, &[(1, 1, true)]).await;
        }
    }
}

#[tokio::test]
async fn the_old_one_is_seen_and_followed_meanwhile() {
    let [_, world] = World::each();
    append(&*world.log, "alice", &vec![deposit(1); 100]).await;
    let (_runner, view) = world.start().await;
    view.rebuild().at_most(slow(200)).start().await.unwrap();
    // Slower than this would be, were it not for the old one.
    for cents in 101..=120 {
        let done = append(&*world.log, "alice", &[deposit(1)]).await;
        assert_eq!(view.after(done).get("alice").await.unwrap().unwrap().cents, cents);
    }
    let under_way = view.rebuild().progress().await.unwrap().unwrap();
    assert!(under_way.reached < under_way.seen, "{under_way:?}");
    view.rebuild().finished().await.unwrap();
    assert_eq!(view.get("alice").await.unwrap().unwrap().cents, 120, "never behind what was seen");
    until_builds(&world, &[(1, 1, true)]).await;
    view.rebuild().start().await.unwrap();
    view.rebuild().finished().await.unwrap();
    until_builds(&world, &[(1, 2, true)]).await;
    assert_eq!(view.get("alice").await.unwrap().unwrap().cents, 120);
}

#[tokio::test]
async fn a_rebuild_can_be_given_up() {
    for world in World::each() {
        let done = append(&*world.log, "alice", &vec![deposit(1); 1000]).await;
        let (_runner, view) = world.start().await;
        view.after(done).all().await.unwrap();
        assert!(!view.rebuild().cancel().await.unwrap());
        view.rebuild().at_most(slow(10)).start().await.unwrap();
        view.rebuild().start().await.unwrap();
        assert!(view.rebuild().progress().await.unwrap().is_some(), "that one is still under way");
        assert!(view.rebuild().cancel().await.unwrap());
        assert_eq!(view.rebuild().progress().await.unwrap(), None);
        assert_eq!(view.get("alice").await.unwrap().unwrap().cents, 1000);
        if world.rows.is_some() {
            assert_eq!(builds(&world).await, [(1, 0, true)]);
        }
        view.rebuild().start().await.unwrap();
        view.rebuild().finished().await.unwrap();
        let done = append(&*world.log, "alice", &[deposit(1)]).await;
        assert_eq!(view.after(done).get("alice").await.unwrap().unwrap().cents, 1001);
    }
}

#[tokio::test]
async fn a_rebuild_goes_on_after_a_restart() {
    let [_, world] = World::each();
    append(&*world.log, "alice", &vec![deposit(1); 1000]).await;
    let (mut runner, view) = world.start().await;
    view.rebuild().at_most(slow(1)).start().await.unwrap();
    runner.stop().await.unwrap();
    assert_eq!(builds(&world).await, [(1, 0, true), (1, 1, false)]);
    let (_runner, view) = world.start().await;
    until_builds(&world, &[(1, 1, true)]).await;
    let done = append(&*world.log, "alice", &[deposit(1)]).await;
    assert_eq!(view.after(done).get("alice").await.unwrap().unwrap().cents, 1001);
}

#[tokio::test]
async fn one_row_can_be_built_anew() {
    let [_, world] = World::each();
    let moved = Bank::Moved { to: "alice".to_owned(), cents: 7 };
    append(&*world.log, "alice", &vec![deposit(1); 2000]).await;
    append(&*world.log, "bob", &[deposit(10), moved]).await;
    let (mut runner, view) = world.start().await;
    let done = append_noise(&*world.log).await;
    view.after(done).all().await.unwrap();
    runner.stop().await.unwrap();
    spoil(&world, &view).await;
    let (_runner, view) = world.start().await;
    assert!(view.rebuild().row("alice").await.unwrap());
    let alice = view.get("alice").await.unwrap().unwrap();
    assert_eq!((alice.cents, alice.seen.len()), (2007, 2001));
    assert!(!view.rebuild().row("nobody").await.unwrap());
    let done = append(&*world.log, "alice", &[deposit(1), Bank::Robbed]).await;
    assert_eq!(view.after(done).get("alice").await.unwrap().unwrap().cents, 2008);
    let refused = view.rebuild().row("alice").await.unwrap_err();
    assert!(refused.to_string().contains("events of it are parked"), "{refused}");
}

/// The same rows by newer code.
macro_rules! newer {
    ($name:ident, $columns:expr, $by:expr) => {
        #[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
        struct $name {
            account: String,
            cents: u64,
        }
        impl Projection for $name {
            const NAME: &'static str = "balances";
            const VERSION: u32 = 2;
            const COLUMNS: &'static [factum_core::view::ColumnSpec] = $columns;
            fn key(&self) -> std::borrow::Cow<'_, str> {
                (&self.account).into()
            }
            fn form() -> codec::Form<Self> {
                codec::Form::serde()
            }
            fn set_key(&mut self, key: &str) -> Result<(), factum_core::BadId> {
                key.clone_into(&mut self.account);
                Ok(())
            }
            fn values(&self, out: &mut Vec<factum_core::view::Value>) {
                let values = [factum_core::view::Value::Null, factum_core::view::Value::Null];
                out.extend(values.into_iter().take(Self::COLUMNS.len()));
            }
            fn sources(list: &mut factum_core::projection::Sources<Self>) {
                list.from::<Bank>();
            }
        }
        impl factum_core::Project<Bank> for $name {
            fn project(&mut self, event: &Bank, _: &factum_core::Origin) {
                if let Bank::Deposited { cents } = event {
                    self.cents += cents * $by;
                }
            }
        }
    };
}
newer!(Tenfold, Balance::COLUMNS, 10);
newer!(Bare, &[], 100);

async fn start<P: Projection>(
    log: Arc<MemoryStore>,
    rows: Arc<dyn RowStore>,
) -> (Hub, Runner, View<P>) {
    let hub = Hub::new(log);
    let (runner, view) = Runner::start(&hub, Placement::stored(rows)).await.unwrap();
    (hub, runner, view.within(LONG))
}

#[tokio::test]
async fn a_new_version_is_seen_once_it_has_caught_up() {
    let (log, rows) = (Arc::new(MemoryStore::new()), Arc::new(MemoryRowStore::new()));
    let world = World { log: log.clone(), rows: Some(rows.clone()) };
    let done = append(&*log, "alice", &vec![deposit(1); 50]).await;
    let (_old_runner, old) = world.start().await;
    old.after(done).all().await.unwrap();

    // The hub does not read yet: queries see what the older version has.
    let (hub, mut runner, view) = start::<Tenfold>(log.clone(), rows.clone()).await;
    assert_eq!(view.get("alice").await.unwrap().unwrap().cents, 50);
    assert_eq!(builds(&world).await, [(1, 0, true), (2, 0, false)]);
    let late = view.within(Duration::from_millis(20)).after(done).get("alice").await;
    assert!(matches!(late, Err(QueryError::Late { .. })), "{late:?}");
    runner.stop().await.unwrap();
    drop(hub);

    let (hub, _runner, view) = start::<Tenfold>(log.clone(), rows.clone()).await;
    assert_eq!(view.get("alice").await.unwrap().unwrap().cents, 50, "still");
    hub.start();
    assert_eq!(view.after(done).get("alice").await.unwrap().unwrap().cents, 500);
    until_builds(&world, &[(1, 0, true), (2, 0, true)]).await;
    let swapped = tokio::time::timeout(LONG, async {
        while view.get("alice").await.unwrap().unwrap().cents == 50 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    swapped.await.unwrap();
    // The older code goes on with its own.
    let done = append(&*log, "alice", &[deposit(1)]).await;
    assert_eq!(old.after(done).get("alice").await.unwrap().unwrap().cents, 51);
    assert_eq!(view.after(done).get("alice").await.unwrap().unwrap().cents, 510);
}

#[tokio::test]
async fn rows_with_other_columns_are_not_shown() {
    let (log, rows) = (Arc::new(MemoryStore::new()), Arc::new(MemoryRowStore::new()));
    let world = World { log: log.clone(), rows: Some(rows.clone()) };
    let done = append(&*log, "alice", &[deposit(1)]).await;
    let (_old_runner, old) = world.start().await;
    old.after(done).all().await.unwrap();
    let (hub, _runner, view) = start::<Bare>(log.clone(), rows.clone()).await;
    assert!(view.get("alice").await.unwrap().is_none());
    hub.start();
    assert_eq!(view.after(done).get("alice").await.unwrap().unwrap().cents, 100);
    assert!(log.head().await.is_ok());
}
