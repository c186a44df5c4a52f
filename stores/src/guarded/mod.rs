//! A store behind circuit breakers, time limits, bulkheads and retries: feature `guarded`, in an app
//! `guard`.
//!
//! *Problem.* A store that is slow or gone takes its callers with it: they wait, try again all at once,
//! and take a conflict for an outage, or an append that was stored for one that was not. What is made
//! for calls in general cannot know better.
//!
//! *Invariant.* [`Guarded`] keeps the contract of the store inside. A conflict and a rejected commit are
//! answers, never failures. An append whose outcome is unknown is tried again under its keys, or
//! reported as [`StoreError::Unknown`], whatever its later tries met. What is decided is never decided
//! on an old state: answers from a cache are given only to those who ask for them, by
//! [`Guarded::last_known`].
//!
//! *Shape.* Appends, reads and tails have a breaker each, so that a full disk does not stop reads. A call
//! takes a place among those under way, asks the breaker, and has its time limit; what fails and may
//! work at once is tried again, after a growing pause, as long as the budget of retries lasts. While a
//! breaker is open, calls fail at once with [`StoreError::Tripped`], which says when to come back, or
//! wait for it in a bounded queue if [`Guard::queue`] says so; tails pause, and go on by themselves where
//! they were. [`Guard`] has the settings, each of which has a default for each backend.

mod cache;
mod keys;
mod lane;
mod last_known;
mod settings;
mod snapshots;
mod tail;

use std::sync::Arc;

use factum_core::snapshot::SnapshotStore;
use factum_core::store::{
    BoxFuture, Capabilities, Commit, Direction, EventStore, Mark, Outcome, Page, Query, Range,
    Receipt, StoreError, Tail,
};
use factum_core::view::RowStore;
use factum_core::{Key, StreamName};
use factum_resilience::{BadSettings, Breaker, BreakerSettings, Clock};

use cache::Cache;
use keys::Keys;
use lane::{Lane, Lost, Queue};
pub use last_known::{Fallback, LastKnown, Source};
use settings::Limits;
pub use settings::{BadGuard, Guard, Operation, Waiting};
use snapshots::Snapshots;

/// A store behind a [`Guard`]. A cheap handle; clones share everything.
///
/// ```
/// use std::sync::Arc;
/// use factum_core::store::{EventStore, StoreError};
/// use factum_stores::MemoryStore;
/// use factum_stores::faulty::{Faults, Faulty};
/// use factum_stores::guarded::{Guard, Guarded};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(async {
/// let faulty = Faulty::new(Arc::new(MemoryStore::new()), 42);
/// let store = Guarded::new(Arc::new(faulty.clone()), Guard::default())?;
/// store.head().await.expect("a store that works");
///
/// faulty.set(Faults::DOWN);
/// while !matches!(store.head().await, Err(StoreError::Tripped { .. })) {}
/// let calls = faulty.met().calls;
/// assert!(store.head().await.unwrap_err().retry_after().is_some());
/// assert_eq!(faulty.met().calls, calls, "the store is left alone");
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Guarded {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    inner: Arc<dyn EventStore>,
    append: Lane,
    read: Lane,
    tails: Breaker,
    tail_limits: Limits,
    cache: Cache,
    fallback: Option<Arc<dyn Fallback>>,
}

impl Guarded {
    /// Puts a guard before a store.
    ///
    /// # Errors
    /// [`BadGuard`] if a setting makes no sense.
    pub fn new(inner: Arc<dyn EventStore>, guard: Guard) -> Result<Self, BadGuard> {
        Self::made(inner, guard, |name, settings| Breaker::new(&name, settings))
    }

    /// The same, with breakers that go by a clock of your own. Time limits and pauses go by tokio's.
    ///
    /// # Errors
    /// [`BadGuard`] if a setting makes no sense.
    pub fn with_clock(
        inner: Arc<dyn EventStore>,
        guard: Guard,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, BadGuard> {
        Self::made(inner, guard, |name, settings| {
            Breaker::with_clock(&name, settings, clock.clone())
        })
    }

    fn made(
        inner: Arc<dyn EventStore>,
        guard: Guard,
        make: impl Fn(String, BreakerSettings) -> Result<Breaker, BadSettings>,
    ) -> Result<Self, BadGuard> {
        let backend = inner.capabilities().backend;
        let queue = guard.queue.map(Queue::new).transpose()?.map(Arc::new);
        let limits = |operation, settings: &Operation| {
            let limits = settings.on(operation, backend)?;
            limits.retry.check().map_err(BadGuard::of(operation, "retry."))?;
            let breaker = make(format!("{backend}.{operation}"), limits.breaker.clone())
                .map_err(BadGuard::of(operation, "breaker."))?;
            Ok::<_, BadGuard>((limits, breaker))
        };
        let lane = |operation, settings: &Operation| {
            let (limits, breaker) = limits(operation, settings)?;
            Lane::new(backend, operation, breaker, &limits, queue.clone())
        };
        let (append, read) = (lane("append", &guard.append)?, lane("read", &guard.read)?);
        let (tail_limits, tails) = limits("tail", &guard.tail)?;
        let (cache, fallback) = (Cache::new(guard.remembered_bytes), guard.fallback);
        let shared = Shared { append, read, tails, tail_limits, cache, fallback, inner };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The breaker before appends. Its name is that of the backend and the operation: `redis.append`.
    pub fn append_breaker(&self) -> &Breaker {
        &self.shared.append.breaker
    }

    /// The breaker before reads.
    pub fn read_breaker(&self) -> &Breaker {
        &self.shared.read.breaker
    }

    /// The breaker before tails: while it is open, they pause.
    pub fn tail_breaker(&self) -> &Breaker {
        &self.shared.tails
    }

    /// A store for reads that are answered also while this one is not there, and say how old the answer
    /// is: for a screen that shows something rather than nothing.
    ///
    /// An `EventLog` over it, `EventLog::<Account>::new(Arc::new(known.clone()))`, folds what it reads.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use factum_core::store::{Direction, EventStore, Query, Range};
    /// # use factum_stores::MemoryStore;
    /// # use factum_stores::faulty::{Faults, Faulty};
    /// # use factum_stores::guarded::{Guard, Guarded, Source};
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// # let faulty = Faulty::new(Arc::new(MemoryStore::new()), 42);
    /// # let store = Guarded::new(Arc::new(faulty.clone()), Guard::default())?;
    /// let known = store.last_known();
    /// known.read(Query::All, Range::ALL, Direction::Forward, 100).await?;
    /// assert_eq!(known.source(), Some(Source::Store));
    ///
    /// faulty.set(Faults::DOWN);
    /// let known = store.last_known();
    /// known.read(Query::All, Range::ALL, Direction::Forward, 100).await?;
    /// assert!(matches!(known.source(), Some(Source::Cache { .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub fn last_known(&self) -> LastKnown {
        LastKnown::new(self.clone())
    }
}

impl EventStore for Guarded {
    fn append(&self, run: Vec<Commit>) -> BoxFuture<'_, Result<Vec<Outcome>, StoreError>> {
        Box::pin(async move {
            let Shared { inner, append, .. } = &*self.shared;
            let keys = Keys::of(&run);
            let ended = if append.attempts == 1 {
                let mut run = Some(run);
                let once = || inner.append(run.take().unwrap_or_default());
                append.run(once, Lost::Append).await
            } else {
                append.run(|| inner.append(run.clone()), Lost::Append).await
            };
            ended.map_err(|error| keys.named_in(error))
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
            let Shared { inner, read, .. } = &*self.shared;
            let page = || inner.read(query.clone(), range, direction, limit);
            read.run(page, Lost::Nothing).await
        })
    }

    fn tail(&self, query: Query, after: Option<Mark>) -> Tail {
        let Shared { inner, tails, tail_limits, .. } = &*self.shared;
        tail::guarded(inner.clone(), tails.clone(), tail_limits.clone(), query, after)
    }

    fn head(&self) -> BoxFuture<'_, Result<Mark, StoreError>> {
        let Shared { inner, read, .. } = &*self.shared;
        Box::pin(read.run(|| inner.head(), Lost::Nothing))
    }

    fn find(
        &self,
        key: Key,
        near: &StreamName,
    ) -> BoxFuture<'_, Result<Option<Receipt>, StoreError>> {
        let near = near.clone();
        Box::pin(async move {
            let Shared { inner, read, .. } = &*self.shared;
            read.run(|| inner.find(key, &near), Lost::Nothing).await
        })
    }

    fn capabilities(&self) -> Capabilities {
        self.shared.inner.capabilities()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.shared.inner.close()
    }

    fn snapshots(&self) -> Option<Arc<dyn SnapshotStore>> {
        let inner = self.shared.inner.snapshots()?;
        Some(Arc::new(Snapshots { inner, shared: self.shared.clone() }))
    }

    fn rows(&self) -> Option<Arc<dyn RowStore>> {
        self.shared.inner.rows()
    }
}
