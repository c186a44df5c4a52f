use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use factum_core::store::{
    BoxFuture, Capabilities, Commit, Direction, EventStore, Mark, Outcome, Page, Query, Range,
    Receipt, StoreError, Tail,
};
use factum_core::{Key, StreamName};

use super::Guarded;
use super::cache::Cache;

/// Reads that are answered also while the store is not there: from the fallback, if the guard has one,
/// else from what was read before. A store that only reads; what it serves may be old, and
/// [`source`](Self::source) says how old.
///
/// It is a store of its own, made by [`Guarded::last_known`], so that nothing that decides ever works
/// on an old state by mistake. Make one for each question, and ask it for the source afterwards.
#[derive(Clone, Debug)]
pub struct LastKnown {
    guarded: Guarded,
    worst: Arc<Mutex<Option<Source>>>,
}

/// Where an answer came from, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// From the store, now.
    Store,
    /// From the fallback.
    Fallback,
    /// From what was read from the store so long ago.
    Cache {
        /// How long ago.
        age: Duration,
    },
}

/// Answers reads in place of a store that is not there: a replica, say. Every store is one.
pub trait Fallback: Debug + Send + Sync + 'static {
    /// Reads as [`EventStore::read`] does; `why` is the error of the store.
    ///
    /// # Errors
    /// [`StoreError`] if it has no answer either. Then the last one of the store is served, if there
    /// is any.
    fn answer(
        &self,
        query: Query,
        range: Range,
        direction: Direction,
        limit: usize,
        why: &StoreError,
    ) -> BoxFuture<'_, Result<Page, StoreError>>;
}

impl<S: EventStore> Fallback for S {
    fn answer(
        &self,
        query: Query,
        range: Range,
        direction: Direction,
        limit: usize,
        _: &StoreError,
    ) -> BoxFuture<'_, Result<Page, StoreError>> {
        self.read(query, range, direction, limit)
    }
}

impl LastKnown {
    pub(super) fn new(guarded: Guarded) -> Self {
        Self { guarded, worst: Arc::default() }
    }

    /// Where the answers so far came from, the worst of them; `None` if there was none.
    pub fn source(&self) -> Option<Source> {
        *self.worst.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn came_from(&self, source: Source) {
        let mut worst = self.worst.lock().unwrap_or_else(PoisonError::into_inner);
        *worst = worst.max(Some(source));
    }

    fn cache(&self) -> &Cache {
        &self.guarded.shared.cache
    }

    async fn answer(
        &self,
        query: Query,
        range: Range,
        direction: Direction,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let question = format!("{query} {range:?} {direction:?} {limit}");
        let why = match self.guarded.read(query.clone(), range, direction, limit).await {
            Ok(page) => {
                self.cache().remember(question, &page);
                self.came_from(Source::Store);
                return Ok(page);
            }
            Err(error) if error.is_transient() => error,
            Err(error) => return Err(error),
        };
        if let Some(fallback) = &self.guarded.shared.fallback
            && let Ok(page) = fallback.answer(query, range, direction, limit, &why).await
        {
            self.came_from(Source::Fallback);
            return Ok(page);
        }
        let (page, age) = self.cache().recall(&question).ok_or(why)?;
        self.came_from(Source::Cache { age });
        Ok(page)
    }
}

impl EventStore for LastKnown {
    fn append(&self, _: Vec<Commit>) -> BoxFuture<'_, Result<Vec<Outcome>, StoreError>> {
        let place = format!("what is last known of the {} store", self.capabilities().backend);
        Box::pin(async { Err(StoreError::ReadOnly { place }) })
    }

    fn read(
        &self,
        query: Query,
        range: Range,
        direction: Direction,
        limit: usize,
    ) -> BoxFuture<'_, Result<Page, StoreError>> {
        Box::pin(self.answer(query, range, direction, limit))
    }

    fn tail(&self, query: Query, after: Option<Mark>) -> Tail {
        self.guarded.tail(query, after)
    }

    fn head(&self) -> BoxFuture<'_, Result<Mark, StoreError>> {
        self.guarded.head()
    }

    fn find(
        &self,
        key: Key,
        near: &StreamName,
    ) -> BoxFuture<'_, Result<Option<Receipt>, StoreError>> {
        self.guarded.find(key, near)
    }

    fn capabilities(&self) -> Capabilities {
        self.guarded.capabilities()
    }
}
