//! A log that counts how it is read.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use factum_core::store::{
    BoxFuture, Capabilities, Commit, Direction, EventStore, Mark, Outcome, Page, Position, Query,
    Range, Receipt, StoreError, Tail, follow,
};
use factum_core::{Key, StreamName};
use factum_stores::MemoryStore;
use tokio::sync::watch;

#[derive(Clone, Debug)]
pub struct CountingLog {
    pub inner: MemoryStore,
    pub counts: Arc<Counts>,
    head: Arc<watch::Sender<Position>>,
}

#[derive(Debug, Default)]
pub struct Counts {
    pub tails: AtomicUsize,
    /// The reads that gave events.
    pub reads: AtomicUsize,
}

impl CountingLog {
    pub fn new(inner: MemoryStore) -> Self {
        Self { inner, counts: Arc::default(), head: Arc::new(watch::Sender::default()) }
    }

    /// How many tails and reads there were, which begin anew.
    pub fn take(&self) -> (usize, usize) {
        let Counts { tails, reads } = &*self.counts;
        (tails.swap(0, Ordering::SeqCst), reads.swap(0, Ordering::SeqCst))
    }
}

impl EventStore for CountingLog {
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
        Box::pin(async move {
            let page = self.inner.read(query, range, direction, limit).await?;
            self.counts.reads.fetch_add(usize::from(!page.events.is_empty()), Ordering::SeqCst);
            Ok(page)
        })
    }
    fn tail(&self, query: Query, after: Option<Mark>) -> Tail {
        self.counts.tails.fetch_add(1, Ordering::SeqCst);
        let poll = Duration::from_millis(10);
        follow(Arc::new(self.clone()), query, after, self.head.subscribe(), Some(poll))
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
