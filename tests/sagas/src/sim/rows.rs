use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use factum::store::BoxFuture;
use factum::view::{
    BuildState, Hold, Owner, RowBatch, RowStore, Select, SliceState, Taken, ViewError, ViewId,
    ViewSpec,
};

use super::Life;

/// The rows as a process sees them that may die at any call.
#[derive(Debug)]
pub struct MortalRows {
    life: Life,
    inner: Arc<dyn RowStore>,
}

impl MortalRows {
    pub fn new(life: Life, inner: Arc<dyn RowStore>) -> Self {
        Self { life, inner }
    }
}

impl RowStore for MortalRows {
    fn open(&self, view: ViewSpec) -> BoxFuture<'_, Result<(), ViewError>> {
        Box::pin(self.life.call(self.inner.open(view)))
    }

    fn take(
        &self,
        view: ViewSpec,
        slice: u16,
        owner: Owner,
        lease: Option<Duration>,
    ) -> BoxFuture<'_, Result<Taken, ViewError>> {
        Box::pin(self.life.call(self.inner.take(view, slice, owner, lease)))
    }

    fn release(&self, view: ViewSpec, hold: Hold) -> BoxFuture<'_, Result<(), ViewError>> {
        Box::pin(self.life.call(self.inner.release(view, hold)))
    }

    fn slices(&self, view: ViewSpec) -> BoxFuture<'_, Result<Vec<SliceState>, ViewError>> {
        Box::pin(self.life.call(self.inner.slices(view)))
    }

    fn builds(&self, name: &'static str) -> BoxFuture<'_, Result<Vec<BuildState>, ViewError>> {
        Box::pin(self.life.call(self.inner.builds(name)))
    }

    fn promote(&self, view: ViewId) -> BoxFuture<'_, Result<(), ViewError>> {
        Box::pin(self.life.call(self.inner.promote(view)))
    }

    fn drop_view(&self, view: ViewId) -> BoxFuture<'_, Result<(), ViewError>> {
        Box::pin(self.life.call(self.inner.drop_view(view)))
    }

    fn load(
        &self,
        view: ViewSpec,
        keys: Vec<String>,
    ) -> BoxFuture<'_, Result<Vec<Option<Bytes>>, ViewError>> {
        Box::pin(self.life.call(self.inner.load(view, keys)))
    }

    fn commit(&self, batch: RowBatch) -> BoxFuture<'_, Result<(), ViewError>> {
        Box::pin(self.life.call(self.inner.commit(batch)))
    }

    fn rows_per_commit(&self) -> usize {
        self.inner.rows_per_commit()
    }

    fn select(
        &self,
        view: ViewSpec,
        select: Select,
    ) -> BoxFuture<'_, Result<Vec<Bytes>, ViewError>> {
        Box::pin(self.life.call(self.inner.select(view, select)))
    }
}
