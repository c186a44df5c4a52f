//! Each building of a view has rows of its own, and one of a version is the one that queries see.

use std::sync::Arc;

use factum_core::view::{Owner, RowBatch, RowStore, Select, Taken, ViewError, ViewId, ViewSpec};

use super::RowSubject;
use super::making::{VIEW, batch, changes, checkpoint_of, mark, numbered};

fn building(version: u32, build: u32) -> ViewSpec {
    ViewSpec { id: ViewId { name: VIEW.id.name, version, build }, ..VIEW }
}

/// Opens a building and writes a row to it, and parks one.
async fn write(rows: &Arc<dyn RowStore>, view: ViewSpec, number: u32) {
    rows.open(view).await.unwrap();
    let parked = changes([parked(number)], &[]);
    let batch = batch(None, mark(number.into()), [numbered("a", number)], &[]);
    rows.commit(RowBatch { view, parked, ..batch }).await.unwrap();
}

fn parked(number: u32) -> factum_core::view::Row {
    use factum_core::view::Value::{Text, Uint};
    let values = vec![Text("a".to_owned()), Uint(number.into()), Uint(0)];
    factum_core::view::Row { values, ..numbered("parked", number) }
}

/// Which buildings there are, and whether each is live.
async fn told(rows: &Arc<dyn RowStore>) -> Vec<(u32, u32, bool)> {
    let builds = rows.builds(VIEW.id.name).await.unwrap();
    for build in &builds {
        assert_eq!((&*build.columns, build.slices), (&*VIEW.column_list(), 1));
    }
    builds.into_iter().map(|build| (build.id.version, build.id.build, build.live)).collect()
}

/// Rows, checkpoint and what is parked are those of one building.
pub async fn each_build_is_apart<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    assert_eq!(told(&rows).await, []);
    let all = [building(1, 0), building(1, 1), building(1, 12), building(2, 0), building(11, 2)];
    for (number, view) in (1..).zip(all) {
        write(&rows, view, number).await;
    }
    let other = ViewSpec { id: ViewId::new("everything else", 1), ..VIEW };
    rows.open(other).await.unwrap();
    for (number, view) in (1..).zip(all) {
        assert_eq!(checkpoint_of(&rows, view).await, Some(mark(number.into())), "{}", view.id);
        let loaded = rows.load(view, vec!["a".to_owned()]).await.unwrap();
        assert_eq!(loaded, [Some(numbered("a", number).body)], "{}", view.id);
        let stored = rows.select(view.parked(), Select::default()).await.unwrap();
        assert_eq!(stored, [parked(number).body], "{}", view.id);
    }
    let ids: Vec<(u32, u32)> = all.map(|view| (view.id.version, view.id.build)).into();
    let found = told(&rows).await.into_iter().map(|(version, build, _)| (version, build));
    assert_eq!(found.collect::<Vec<_>>(), ids);
}

/// The newest promise counts, and each version has its own.
pub async fn one_build_is_live<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    for view in [building(1, 0), building(1, 1), building(2, 0)] {
        rows.open(view).await.unwrap();
    }
    assert_eq!(told(&rows).await, [(1, 0, false), (1, 1, false), (2, 0, false)]);
    rows.promote(building(1, 0).id).await.unwrap();
    rows.promote(building(2, 0).id).await.unwrap();
    assert_eq!(told(&rows).await, [(1, 0, true), (1, 1, false), (2, 0, true)]);
    for _ in 0..2 {
        rows.promote(building(1, 1).id).await.unwrap();
        assert_eq!(told(&rows).await, [(1, 0, false), (1, 1, true), (2, 0, true)]);
    }
    let missing = rows.promote(building(1, 2).id).await;
    assert!(matches!(missing, Err(ViewError::Missing { .. })), "{missing:?}");
    assert_eq!(told(&rows).await, [(1, 0, false), (1, 1, true), (2, 0, true)]);
}

/// Nothing is left of a building that was dropped, and the others stay.
pub async fn a_dropped_one_is_gone<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    let (old, new) = (building(1, 0), building(1, 1));
    write(&rows, old, 1).await;
    write(&rows, new, 2).await;
    for _ in 0..2 {
        rows.drop_view(old.id).await.unwrap();
        assert_eq!(told(&rows).await, [(1, 1, false)]);
        let gone = rows.select(old, Select::default()).await;
        assert!(matches!(gone, Err(ViewError::Missing { view }) if view == old.id), "{gone:?}");
    }
    let refused = rows.commit(batch(Some(mark(1)), mark(2), [numbered("b", 1)], &[])).await;
    assert!(matches!(refused, Err(ViewError::Missing { .. })), "{refused:?}");
    assert_eq!(rows.select(new, Select::default()).await.unwrap().len(), 1);
}

/// One that is opened again begins from nothing, and nobody has it.
pub async fn a_dropped_one_can_be_built_again<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    let view = building(1, 0);
    write(&rows, view, 1).await;
    let long = Some(std::time::Duration::from_secs(600));
    rows.take(view, 0, Owner::new("me"), long).await.unwrap();
    rows.drop_view(view.id).await.unwrap();
    rows.open(view).await.unwrap();
    assert_eq!(rows.select(view, Select::default()).await.unwrap().len(), 0);
    assert_eq!(rows.select(view.parked(), Select::default()).await.unwrap().len(), 0);
    let taken = rows.take(view, 0, Owner::new("you"), long).await.unwrap();
    assert!(matches!(taken, Taken::Yours { checkpoint: None, .. }), "{taken:?}");
}
