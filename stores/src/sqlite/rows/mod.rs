//! Rows of read models: two tables for each building of a view, one of its rows and one of what it
//! parked, with an index for each column.

mod read;
mod slices;
mod table;
mod value;
mod write;

use std::future::ready;
use std::time::Duration;

use bytes::Bytes;
use factum_core::store::{BoxFuture, StoreError};
use factum_core::view::{
    BuildState, Condition, Hold, Owner, RowBatch, RowStore, Select, SliceState, Taken, ViewError,
    ViewId, ViewSpec, check_conditions,
};

use super::SqliteStore;
use super::fault::Fault;
use super::schema::{SLICED, format_of};
use super::transaction::Reading;
use super::writer::{Reply, Request};
pub(super) use read::load;
pub(super) use slices::{only_slice, promote, release, take};
pub(super) use table::create_parked;
pub(super) use write::{commit, drop_view, has_parked, open};

impl RowStore for SqliteStore {
    fn open(&self, view: ViewSpec) -> BoxFuture<'_, Result<(), ViewError>> {
        Box::pin(async move {
            if self.shared.options.read_only {
                let found =
                    self.read_views(view.id, move |reading| slices::build(reading.conn, view.id));
                let place = self.shared.file.display().to_string();
                let read_only =
                    ViewError::Store { view: view.id, source: StoreError::ReadOnly { place } };
                let stored = found.await?.flatten().ok_or(read_only)?;
                return view.check_stored(&stored.columns, stored.slices);
            }
            self.write_views(view.id, |reply| Request::OpenView { view, reply }).await
        })
    }

    fn take(
        &self,
        view: ViewSpec,
        slice: u16,
        owner: Owner,
        lease: Option<Duration>,
    ) -> BoxFuture<'_, Result<Taken, ViewError>> {
        self.write_views(view.id, move |reply| Request::TakeSlice {
            view,
            slice,
            owner,
            lease,
            reply,
        })
    }

    fn release(&self, view: ViewSpec, hold: Hold) -> BoxFuture<'_, Result<(), ViewError>> {
        self.write_views(view.id, move |reply| Request::ReleaseSlice { view, hold, reply })
    }

    fn slices(&self, view: ViewSpec) -> BoxFuture<'_, Result<Vec<SliceState>, ViewError>> {
        self.read_rows(view, move |reading| slices::all(reading.conn, view.id))
    }

    fn builds(&self, name: &'static str) -> BoxFuture<'_, Result<Vec<BuildState>, ViewError>> {
        Box::pin(async move {
            let read = self.read_views(ViewId::new(name, 0), move |reading| {
                slices::builds(reading.conn, name)
            });
            Ok(read.await?.unwrap_or_default())
        })
    }

    fn promote(&self, view: ViewId) -> BoxFuture<'_, Result<(), ViewError>> {
        self.write_views(view, move |reply| Request::PromoteView { view, reply })
    }

    fn drop_view(&self, view: ViewId) -> BoxFuture<'_, Result<(), ViewError>> {
        self.write_views(view, move |reply| Request::DropView { view, reply })
    }

    fn load(
        &self,
        view: ViewSpec,
        keys: Vec<String>,
    ) -> BoxFuture<'_, Result<Vec<Option<Bytes>>, ViewError>> {
        self.read_rows(view, move |reading| load(reading.conn, &view, &keys))
    }

    fn commit(&self, batch: RowBatch) -> BoxFuture<'_, Result<(), ViewError>> {
        self.write_views(batch.view.id, |reply| Request::Rows { batch, reply })
    }

    fn select(
        &self,
        view: ViewSpec,
        select: Select,
    ) -> BoxFuture<'_, Result<Vec<Bytes>, ViewError>> {
        if let Err(problem) = check_conditions(&select.conditions) {
            return Box::pin(ready(Err(ViewError::BadFilter { view: view.id, problem })));
        }
        self.read_rows(view, move |reading| read::select(reading.conn, &view, &select))
    }

    fn count(
        &self,
        view: ViewSpec,
        conditions: Vec<Condition>,
    ) -> BoxFuture<'_, Result<usize, ViewError>> {
        if let Err(problem) = check_conditions(&conditions) {
            return Box::pin(ready(Err(ViewError::BadFilter { view: view.id, problem })));
        }
        self.read_rows(view, move |reading| read::count(reading.conn, &view, &conditions))
    }
}

impl SqliteStore {
    /// Asks the writer for something that concerns a view.
    fn write_views<'a, T: Send + 'a>(
        &'a self,
        view: ViewId,
        request: impl FnOnce(Reply<Result<T, ViewError>>) -> Request + Send + 'a,
    ) -> BoxFuture<'a, Result<T, ViewError>> {
        Box::pin(async move {
            self.ask(request).await.map_err(|source| ViewError::Store { view, source })?
        })
    }

    /// Reads the tables of views; `None` if the file is of a format that has none of this form, which
    /// only one that is open for reading can be.
    async fn read_views<T: Send + 'static>(
        &self,
        view: ViewId,
        work: impl Fn(&Reading<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<Option<T>, ViewError> {
        let may_be_older = self.shared.options.read_only;
        let read = self.reading(move |reading| {
            let is_older = may_be_older && format_of(reading.conn)? < SLICED;
            if is_older { Ok(None) } else { work(reading).map(Some) }
        });
        read.await.map_err(|source| ViewError::Store { view, source })
    }

    fn read_rows<T: Send + 'static>(
        &self,
        view: ViewSpec,
        work: impl Fn(&Reading<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> BoxFuture<'_, Result<T, ViewError>> {
        Box::pin(async move {
            let read = self.read_views(view.id, move |reading| {
                let is_there = slices::one(reading.conn, view.id, 0)?.is_some();
                if is_there { work(reading).map(Some) } else { Ok(None) }
            });
            read.await?.flatten().ok_or(ViewError::Missing { view: view.id })
        })
    }
}
