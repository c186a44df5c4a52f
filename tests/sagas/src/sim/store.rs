use std::sync::Arc;

use factum::Key;
use factum::StreamName;
use factum::store::{
    BoxFuture, Capabilities, Commit, Direction, EventStore, Mark, Outcome, Page, Query, Range,
    Receipt, StoreError, Tail,
};
use futures_util::StreamExt;
use futures_util::stream::unfold;

use super::Life;

/// The log as a process sees it that may die at any call.
#[derive(Debug)]
pub struct MortalStore {
    life: Life,
    inner: Arc<dyn EventStore>,
    shared: bool,
}

impl MortalStore {
    /// `shared`: others may write to the log at the same time.
    pub fn new(life: Life, inner: Arc<dyn EventStore>, shared: bool) -> Self {
        Self { life, inner, shared }
    }
}

impl EventStore for MortalStore {
    fn append(&self, run: Vec<Commit>) -> BoxFuture<'_, Result<Vec<Outcome>, StoreError>> {
        Box::pin(self.life.call(self.inner.append(run)))
    }

    fn read(
        &self,
        query: Query,
        range: Range,
        direction: Direction,
        limit: usize,
    ) -> BoxFuture<'_, Result<Page, StoreError>> {
        Box::pin(self.life.call(self.inner.read(query, range, direction, limit)))
    }

    fn tail(&self, query: Query, after: Option<Mark>) -> Tail {
        let (life, tail) = (self.life.clone(), self.inner.tail(query, after));
        Box::pin(unfold((life, tail), |(life, mut tail)| async move {
            let item = tail.next().await?;
            life.awake().await;
            Some((item, (life, tail)))
        }))
    }

    fn head(&self) -> BoxFuture<'_, Result<Mark, StoreError>> {
        Box::pin(self.life.call(self.inner.head()))
    }

    fn find(
        &self,
        key: Key,
        near: &StreamName,
    ) -> BoxFuture<'_, Result<Option<Receipt>, StoreError>> {
        Box::pin(self.life.call(self.inner.find(key, near)))
    }

    fn capabilities(&self) -> Capabilities {
        let can = self.inner.capabilities();
        Capabilities { single_writer: can.single_writer && !self.shared, ..can }
    }
}
