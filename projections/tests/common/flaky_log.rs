//! A log whose tails break.

use std::sync::Mutex;

use factum_core::store::{
    BoxFuture, Capabilities, Commit, Direction, EventStore, Mark, Outcome, Page, Query, Range,
    Receipt, StoreError, Tail,
};
use factum_core::{Key, StreamName};
use factum_stores::MemoryStore;
use futures_util::{StreamExt, stream};

#[derive(Debug)]
pub struct FlakyLog {
    pub inner: MemoryStore,
    /// After how many items the tails end, and with what, the last first. The tails after them last.
    pub breaks: Mutex<Vec<(usize, StoreError)>>,
}

impl EventStore for FlakyLog {
    fn append(&self, run: Vec<Commit>) -> BoxFuture<'_, Result<Vec<Outcome>, StoreError>> {
        self.inner.append(run)
    }
    fn read(
        &self,
        query: Query,
        range: Range,
        direction: Direction,
        limit: usize,
    ) -> BoxFuture<'_, Result<Page, StoreError>> {
        self.inner.read(query, range, direction, limit)
    }
    fn tail(&self, query: Query, after: Option<Mark>) -> Tail {
        let tail = self.inner.tail(query, after);
        match self.breaks.lock().unwrap().pop() {
            None => tail,
            Some((items, error)) => {
                Box::pin(tail.take(items).chain(stream::once(std::future::ready(Err(error)))))
            }
        }
    }
    fn head(&self) -> BoxFuture<'_, Result<Mark, StoreError>> {
        self.inner.head()
    }
    fn find<'a>(
        &'a self,
        key: Key,
        stream: &StreamName,
    ) -> BoxFuture<'a, Result<Option<Receipt>, StoreError>> {
        self.inner.find(key, stream)
    }
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }
}
