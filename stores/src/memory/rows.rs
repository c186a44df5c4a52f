//! Rows of read models in memory, in the plainest way there is.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use factum_core::store::{BoxFuture, Mark};
use factum_core::view::{
    Fenced, Row, RowBatch, RowStore, Select, ViewError, ViewId, ViewSpec, check_conditions,
};

/// A row store in memory that looks at every row for each query: what other row stores are compared
/// with, and what stands in for them in tests. Clones are handles of the same rows.
///
/// ```
/// use factum_core::view::{RowStore, ViewId, ViewSpec};
/// use factum_stores::MemoryRowStore;
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let rows = MemoryRowStore::new();
/// let view = ViewSpec { id: ViewId { name: "balances", version: 1 }, columns: &[] };
/// assert_eq!(rows.open(view).await?, None);
/// # Ok::<(), factum_core::view::ViewError>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryRowStore {
    views: Arc<Mutex<HashMap<ViewId, Table>>>,
}

#[derive(Debug)]
struct Table {
    columns: String,
    checkpoint: Option<Mark>,
    rows: BTreeMap<String, Row>,
}

impl MemoryRowStore {
    /// A store without rows.
    pub fn new() -> Self {
        Self::default()
    }

    fn with_table<R>(
        &self,
        view: ViewSpec,
        work: impl FnOnce(&mut Table) -> Result<R, ViewError>,
    ) -> Result<R, ViewError> {
        let mut views: MutexGuard<'_, _> =
            self.views.lock().unwrap_or_else(PoisonError::into_inner);
        let table = views.get_mut(&view.id).ok_or(ViewError::Missing { view: view.id })?;
        work(table)
    }
}

impl Table {
    fn commit(&mut self, batch: RowBatch) -> Result<(), ViewError> {
        if self.checkpoint != batch.from {
            let (expected, found) = (batch.from, self.checkpoint);
            return Err(Fenced { view: batch.view.id, expected, found }.into());
        }
        batch.check_values()?;
        self.rows.extend(batch.puts.into_iter().map(|row| (row.key.clone(), row)));
        for key in &batch.deletes {
            self.rows.remove(key);
        }
        self.checkpoint = Some(batch.to);
        Ok(())
    }
}

impl RowStore for MemoryRowStore {
    fn open(&self, view: ViewSpec) -> BoxFuture<'_, Result<Option<Mark>, ViewError>> {
        Box::pin(async move {
            let mut views = self.views.lock().unwrap_or_else(PoisonError::into_inner);
            let columns = view.column_list();
            let table = views.entry(view.id).or_insert_with(|| Table {
                columns,
                checkpoint: None,
                rows: BTreeMap::new(),
            });
            view.check_columns(&table.columns)?;
            Ok(table.checkpoint)
        })
    }

    fn load(
        &self,
        view: ViewSpec,
        keys: Vec<String>,
    ) -> BoxFuture<'_, Result<Vec<Option<Bytes>>, ViewError>> {
        Box::pin(async move {
            self.with_table(view, |table| {
                let body = |key: &String| table.rows.get(key).map(|row| row.body.clone());
                Ok(keys.iter().map(body).collect())
            })
        })
    }

    fn commit(&self, batch: RowBatch) -> BoxFuture<'_, Result<(), ViewError>> {
        Box::pin(async move { self.with_table(batch.view, |table| table.commit(batch)) })
    }

    fn select(
        &self,
        view: ViewSpec,
        select: Select,
    ) -> BoxFuture<'_, Result<Vec<Bytes>, ViewError>> {
        Box::pin(async move {
            check_conditions(&select.conditions)
                .map_err(|problem| ViewError::BadFilter { view: view.id, problem })?;
            self.with_table(view, |table| {
                Ok(select
                    .apply(table.rows.values())
                    .into_iter()
                    .map(|row| row.body.clone())
                    .collect())
            })
        })
    }
}
