use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use factum_core::store::{
    BoxFuture, Capabilities, Commit, Direction, EventStore, Mark, Outcome, Page, Query, Range,
    Receipt, StoreError, Tail,
};
use factum_core::{Key, StreamName, Tags};
use factum_stores::MemoryStore;
use tokio::task::yield_now;

/// What is done to a run before it is appended.
type Change = dyn Fn(&mut Vec<Commit>) + Send + Sync;
/// What happens after the append with this number.
type After = dyn Fn(usize) -> Vec<Commit> + Send + Sync;

/// A store that is watched, changed, and slow: every call waits on both sides of what it does.
pub(crate) struct Wrapped {
    pub(crate) inner: MemoryStore,
    pub(crate) capabilities: Capabilities,
    change: Box<Change>,
    after_append: Box<After>,
    pub(crate) appends: AtomicUsize,
    pub(crate) read: AtomicUsize,
}

impl std::fmt::Debug for Wrapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.inner.fmt(f)
    }
}

impl Wrapped {
    pub(crate) fn new(inner: MemoryStore) -> Self {
        let capabilities = inner.capabilities();
        let (appends, read) = Default::default();
        let (change, after_append) = (Box::new(|_: &mut _| ()), Box::new(|_| Vec::new()));
        Self { inner, capabilities, change, after_append, appends, read }
    }

    pub(crate) fn changing(
        self,
        change: impl Fn(&mut Vec<Commit>) + Send + Sync + 'static,
    ) -> Self {
        Self { change: Box::new(change), ..self }
    }

    /// Drops the tags of every event of this commit.
    pub(crate) fn without_tags(self, of: Key) -> Self {
        self.changing(move |run| {
            for commit in run.iter_mut().filter(|commit| commit.key == of) {
                let events = commit.writes.iter_mut().flat_map(|write| &mut write.events);
                events.for_each(|event| event.tags = Tags::none());
            }
        })
    }

    /// Appends something foreign after the append with this number, counted from 1.
    pub(crate) fn then(
        self,
        foreign: impl Fn(usize) -> Vec<Commit> + Send + Sync + 'static,
    ) -> Self {
        Self { after_append: Box::new(foreign), ..self }
    }

    pub(crate) fn appends(&self) -> usize {
        self.appends.load(Ordering::Relaxed)
    }
}

impl EventStore for Wrapped {
    fn append(&self, mut run: Vec<Commit>) -> BoxFuture<'_, Result<Vec<Outcome>, StoreError>> {
        Box::pin(async move {
            yield_now().await;
            (self.change)(&mut run);
            let outcomes = self.inner.append(run).await?;
            let appends = self.appends.fetch_add(1, Ordering::Relaxed) + 1;
            self.inner.append((self.after_append)(appends)).await?;
            yield_now().await;
            Ok(outcomes)
        })
    }

    fn read(
        &self,
        query: Query,
        range: Range,
        direction: Direction,
        limit: usize,
    ) -> BoxFuture<'_, Result<Page, StoreError>> {
        Box::pin(async move {
            yield_now().await;
            let page = self.inner.read(query, range, direction, limit).await?;
            self.read.fetch_add(page.events.len(), Ordering::Relaxed);
            yield_now().await;
            Ok(page)
        })
    }

    fn tail(&self, query: Query, after: Option<Mark>) -> Tail {
        self.inner.tail(query, after)
    }

    fn head(&self) -> BoxFuture<'_, Result<Mark, StoreError>> {
        self.inner.head()
    }

    fn find(
        &self,
        key: Key,
        near: &StreamName,
    ) -> BoxFuture<'_, Result<Option<Receipt>, StoreError>> {
        self.inner.find(key, near)
    }

    fn capabilities(&self) -> Capabilities {
        self.capabilities.clone()
    }
}

/// As `App` hands it out.
pub(crate) fn shared(store: impl EventStore) -> Arc<dyn EventStore> {
    Arc::new(store)
}
