//! Rows of read models: a table for each view and version, with an index for each column.

mod read;
mod table;
mod value;
mod write;

use bytes::Bytes;
use factum_core::store::{BoxFuture, Mark, StoreError};
use factum_core::view::{Condition, RowBatch, RowStore, Select, ViewError, ViewSpec};

use super::SqliteStore;
use super::fault::Fault;
use super::transaction::Reading;
use super::writer::Request;
pub(super) use write::{commit, open};

impl RowStore for SqliteStore {
    fn open(&self, view: ViewSpec) -> BoxFuture<'_, Result<Option<Mark>, ViewError>> {
        Box::pin(async move {
            let opened = if self.shared.options.read_only {
                let place = self.shared.file.display().to_string();
                self.reading(move |reading| {
                    let stored = table::stored(reading.conn, &view)?;
                    stored.ok_or_else(|| StoreError::ReadOnly { place: place.clone() }.into())
                })
                .await
                .map(|stored| stored.check(&view))
            } else {
                self.ask(|reply| Request::OpenView { view, reply }).await
            };
            opened.map_err(|source| ViewError::Store { view: view.id, source })?
        })
    }

    fn load(
        &self,
        view: ViewSpec,
        keys: Vec<String>,
    ) -> BoxFuture<'_, Result<Vec<Option<Bytes>>, ViewError>> {
        self.read_rows(view, move |reading| read::load(reading.conn, &view, &keys))
    }

    fn commit(&self, batch: RowBatch) -> BoxFuture<'_, Result<(), ViewError>> {
        let view = batch.view.id;
        Box::pin(async move {
            let answer = self.ask(|reply| Request::Rows { batch, reply }).await;
            answer.map_err(|source| ViewError::Store { view, source })?
        })
    }

    fn select(
        &self,
        view: ViewSpec,
        select: Select,
    ) -> BoxFuture<'_, Result<Vec<Bytes>, ViewError>> {
        self.read_rows(view, move |reading| read::select(reading.conn, &view, &select))
    }

    fn count(
        &self,
        view: ViewSpec,
        conditions: Vec<Condition>,
    ) -> BoxFuture<'_, Result<usize, ViewError>> {
        self.read_rows(view, move |reading| read::count(reading.conn, &view, &conditions))
    }
}

impl SqliteStore {
    fn read_rows<T: Send + 'static>(
        &self,
        view: ViewSpec,
        work: impl Fn(&Reading<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> BoxFuture<'_, Result<T, ViewError>> {
        Box::pin(async move {
            let read = self.reading(move |reading| {
                let is_there = table::stored(reading.conn, &view)?.is_some();
                if is_there { work(reading).map(Some) } else { Ok(None) }
            });
            let read = read.await.map_err(|source| ViewError::Store { view: view.id, source })?;
            read.ok_or(ViewError::Missing { view: view.id })
        })
    }
}
