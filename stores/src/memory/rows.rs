//! Rows of read models in memory, in the plainest way there is.

mod table;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use factum_core::store::BoxFuture;
use factum_core::view::{
    BuildState, Hold, Owner, RowBatch, RowStore, Select, SliceState, Taken, ViewError, ViewId,
    ViewSpec, check_conditions,
};

pub(super) use table::Table;

/// A row store in memory that looks at every row for each query: what other row stores are compared
/// with, and what stands in for them in tests. Clones are handles of the same rows.
///
/// ```
/// use factum_core::view::{RowStore, ViewId, ViewSpec};
/// use factum_stores::MemoryRowStore;
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let rows = MemoryRowStore::new();
/// let view = ViewSpec::new(ViewId::new("balances", 1), &[]);
/// rows.open(view).await?;
/// assert_eq!(rows.slices(view).await?[0].checkpoint, None);
/// # Ok::<(), factum_core::view::ViewError>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryRowStore {
    views: Arc<Mutex<BTreeMap<ViewId, Table>>>,
}

impl MemoryRowStore {
    /// A store without rows.
    pub fn new() -> Self {
        Self::default()
    }

    fn views(&self) -> MutexGuard<'_, BTreeMap<ViewId, Table>> {
        self.views.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with the table of a view, if it is there: nobody changes it meanwhile.
    pub(super) fn with<R>(&self, view: ViewId, work: impl FnOnce(&mut Table) -> R) -> Option<R> {
        self.views().get_mut(&view).map(work)
    }

    fn with_table<R>(
        &self,
        view: ViewId,
        work: impl FnOnce(&mut Table) -> Result<R, ViewError>,
    ) -> Result<R, ViewError> {
        work(self.views().get_mut(&view).ok_or(ViewError::Missing { view })?)
    }
}

impl RowStore for MemoryRowStore {
    fn open(&self, view: ViewSpec) -> BoxFuture<'_, Result<(), ViewError>> {
        Box::pin(async move {
            self.views().entry(view.id).or_insert_with(|| Table::new(view)).check(&view)
        })
    }

    fn take(
        &self,
        view: ViewSpec,
        slice: u16,
        owner: Owner,
        lease: Option<Duration>,
    ) -> BoxFuture<'_, Result<Taken, ViewError>> {
        Box::pin(async move {
            self.with_table(view.id, |table| {
                Ok(table.slice(&view, slice)?.take(slice, owner, lease))
            })
        })
    }

    fn release(&self, view: ViewSpec, hold: Hold) -> BoxFuture<'_, Result<(), ViewError>> {
        Box::pin(async move {
            self.with_table(view.id, |table| {
                table.slice(&view, hold.slice)?.release(hold);
                Ok(())
            })
        })
    }

    fn slices(&self, view: ViewSpec) -> BoxFuture<'_, Result<Vec<SliceState>, ViewError>> {
        Box::pin(async move { self.with_table(view.id, |table| Ok(table.states())) })
    }

    fn builds(&self, name: &'static str) -> BoxFuture<'_, Result<Vec<BuildState>, ViewError>> {
        Box::pin(async move {
            let views = self.views();
            let named = views.iter().filter(|(id, _)| id.name == name);
            Ok(named.map(|(id, table)| table.build_state(*id)).collect())
        })
    }

    fn promote(&self, view: ViewId) -> BoxFuture<'_, Result<(), ViewError>> {
        Box::pin(async move {
            let mut views = self.views();
            if !views.contains_key(&view) {
                return Err(ViewError::Missing { view });
            }
            let same = |id: &ViewId| (id.name, id.version) == (view.name, view.version);
            for (id, table) in views.iter_mut().filter(|(id, _)| same(id)) {
                table.live = *id == view;
            }
            Ok(())
        })
    }

    fn drop_view(&self, view: ViewId) -> BoxFuture<'_, Result<(), ViewError>> {
        Box::pin(async move {
            self.views().remove(&view);
            Ok(())
        })
    }

    fn load(
        &self,
        view: ViewSpec,
        keys: Vec<String>,
    ) -> BoxFuture<'_, Result<Vec<Option<Bytes>>, ViewError>> {
        Box::pin(async move {
            self.with_table(view.id, |table| {
                let rows = table.part(view.part);
                let body = |key: &String| rows.get(key).map(|row| row.body.clone());
                Ok(keys.iter().map(body).collect())
            })
        })
    }

    fn commit(&self, batch: RowBatch) -> BoxFuture<'_, Result<(), ViewError>> {
        Box::pin(async move { self.with_table(batch.view.id, |table| table.commit(batch)) })
    }

    fn select(
        &self,
        view: ViewSpec,
        select: Select,
    ) -> BoxFuture<'_, Result<Vec<Bytes>, ViewError>> {
        Box::pin(async move {
            check_conditions(&select.conditions)
                .map_err(|problem| ViewError::BadFilter { view: view.id, problem })?;
            self.with_table(view.id, |table| {
                let rows = select.apply(table.part(view.part).values());
                Ok(rows.into_iter().map(|row| row.body.clone()).collect())
            })
        })
    }
}
