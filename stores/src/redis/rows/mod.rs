//! Rows of read models in Redis: a hash of the rows and a sorted set for each column, changed by one
//! script.
//!
//! *Problem.* Redis does not roll back, its scores are exact to 2⁵³ only, and it has no query that two
//! indexes answer. *Invariant.* Rows, what is parked, and the checkpoint of a slice change in one script,
//! which finds all that speaks against it before it writes; a query sees the rows of one moment, or is asked
//! again. *Shape.* Values are written so that they order as bytes ([`member`]); one index finds and orders
//! ([`plan`]), the rest is decided by a look at each row, page by page ([`scan`]), of no more rows than
//! [`RedisOptions::rows_per_query`](super::RedisOptions::rows_per_query).
//!
//! Changes of rows do not wait for replicas: after a failover rows and checkpoint may be older, but they
//! are of one moment, and what follows is projected again.

mod member;
mod packed;
mod plan;
mod query;
mod range;
mod scan;
mod table;
mod views;
mod write;

use std::time::Duration;

use bytes::Bytes;
use factum_core::store::BoxFuture;
use factum_core::view::{
    BuildState, Condition, Hold, Owner, RowBatch, RowStore, Select, SliceState, Taken, ViewError,
    ViewId, ViewSpec,
};

use super::RedisStore;

/// The server does nothing else for some 9 ms while it changes them, with three columns. Eight times as
/// many go no faster.
const ROWS_PER_COMMIT: usize = 512;

impl RowStore for RedisStore {
    fn open(&self, view: ViewSpec) -> BoxFuture<'_, Result<(), ViewError>> {
        Box::pin(async move { views::open(&self.shared, &view).await })
    }

    fn take(
        &self,
        view: ViewSpec,
        slice: u16,
        owner: Owner,
        lease: Option<Duration>,
    ) -> BoxFuture<'_, Result<Taken, ViewError>> {
        Box::pin(async move { views::take(&self.shared, &view, slice, owner, lease).await })
    }

    fn release(&self, view: ViewSpec, hold: Hold) -> BoxFuture<'_, Result<(), ViewError>> {
        Box::pin(async move { views::release(&self.shared, &view, hold).await })
    }

    fn slices(&self, view: ViewSpec) -> BoxFuture<'_, Result<Vec<SliceState>, ViewError>> {
        Box::pin(views::slices(&self.shared, view.id))
    }

    fn builds(&self, name: &'static str) -> BoxFuture<'_, Result<Vec<BuildState>, ViewError>> {
        Box::pin(views::builds(&self.shared, name))
    }

    fn promote(&self, view: ViewId) -> BoxFuture<'_, Result<(), ViewError>> {
        Box::pin(views::promote(&self.shared, view))
    }

    fn drop_view(&self, view: ViewId) -> BoxFuture<'_, Result<(), ViewError>> {
        Box::pin(views::drop_view(&self.shared, view))
    }

    fn load(
        &self,
        view: ViewSpec,
        keys: Vec<String>,
    ) -> BoxFuture<'_, Result<Vec<Option<Bytes>>, ViewError>> {
        Box::pin(async move { query::load(&self.shared, &view, &keys).await })
    }

    fn commit(&self, batch: RowBatch) -> BoxFuture<'_, Result<(), ViewError>> {
        Box::pin(async move { write::commit(&self.shared, &batch).await })
    }

    fn rows_per_commit(&self) -> usize {
        ROWS_PER_COMMIT
    }

    fn select(
        &self,
        view: ViewSpec,
        select: Select,
    ) -> BoxFuture<'_, Result<Vec<Bytes>, ViewError>> {
        Box::pin(async move { query::select(&self.shared, &view, select).await })
    }

    fn count(
        &self,
        view: ViewSpec,
        conditions: Vec<Condition>,
    ) -> BoxFuture<'_, Result<usize, ViewError>> {
        Box::pin(async move { query::count(&self.shared, &view, conditions).await })
    }
}
