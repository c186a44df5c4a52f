//! A log in memory.
//!
//! *Problem.* Tests, examples and caches need a store that is there at once and is gone with the
//! process, and the other stores need something plain to be compared with.
//!
//! *Invariant.* It keeps every rule of the store contract but durability: what a reader sees is a
//! prefix of one order, whole commits, for ever.
//!
//! *Shape.* One lock around a log of events in chunks, the positions of each stream by revision and of
//! each tag, and the keys. Appends and reads hold it for a bounded piece of work and never across an
//! await. Reads and guards by stream, or by tags in every clause, look at the events that these lists
//! name; others look at each event of their range.

mod append;
mod candidates;
mod log;
mod read;
mod rows;
mod snapshots;
#[cfg(test)]
mod tests;
mod views;

use std::sync::{Arc, PoisonError, RwLock};

use factum_core::snapshot::SnapshotStore;
use factum_core::store::{
    BoxFuture, Capabilities, Commit, Direction, Durability, EventStore, KeyMemory, Limits, Mark,
    Outcome, Page, Position, Query, Range, Receipt, StoreError, Tail, follow,
};
use factum_core::view::RowStore;
use factum_core::{Key, StreamName};
use tokio::sync::watch;

pub use self::rows::MemoryRowStore;

use self::log::Log;
use self::read::Reading;
use self::snapshots::MemorySnapshots;

/// The name of the backend in messages.
const BACKEND: &str = "memory";

/// A store that keeps its log in memory. Clones are handles of one log; with the last of them its
/// tails end.
///
/// Memory grows with the log: about 400 bytes an event, and 8 for each of its tags, beside its payload, which is shared with
/// those who read it.
///
/// ```
/// use factum_core::store::{Commit, EventStore, Expected, Metadata, NewEvent, StreamWrite};
/// use factum_core::{EventName, Key, StreamName, Tags};
/// use factum_stores::MemoryStore;
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let store = MemoryStore::new();
/// let event = NewEvent {
///     name: EventName::fixed("account.opened"),
///     version: 1,
///     tags: Tags::none(),
///     payload: "{}".into(),
/// };
/// let stream = StreamName::of("account", "alice")?;
/// let write = StreamWrite { stream, expected: Expected::NoStream, events: vec![event] };
/// let key = Key::now_v7();
/// let commit = Commit { key, meta: Metadata::default(), writes: vec![write], guard: None, views: Vec::new() };
///
/// let first = store.append(vec![commit.clone()]).await?.remove(0)?;
/// let again = store.append(vec![commit]).await?.remove(0)?;
/// assert_eq!((first.mark, first.repeated), (again.mark, false));
/// assert!(again.repeated);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct MemoryStore {
    log: Arc<RwLock<Log>>,
    /// Only handles have it, tails do not: see [`reader`](Self::reader).
    head: Arc<watch::Sender<Position>>,
    snapshots: Arc<MemorySnapshots>,
    rows: MemoryRowStore,
}

impl MemoryStore {
    /// A store with a new, empty log and the default limits.
    pub fn new() -> Self {
        Self::with_limits(Limits::default())
    }

    /// A store with a new, empty log and limits of your own.
    pub fn with_limits(limits: Limits) -> Self {
        Self {
            log: Arc::new(RwLock::new(Log::new(limits))),
            head: Arc::new(watch::Sender::new(Position::START)),
            snapshots: Arc::default(),
            rows: MemoryRowStore::new(),
        }
    }

    /// Looks at the log. Nothing panics while the lock is held, so a poisoned one is a sound one.
    fn look<T>(&self, at: impl FnOnce(&Log) -> T) -> T {
        at(&self.log.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn append_now(&self, run: Vec<Commit>) -> Vec<Outcome> {
        let mut log = self.log.write().unwrap_or_else(PoisonError::into_inner);
        let outcomes = append::append(&mut log, &self.rows, run);
        let end = log.end();
        drop(log);
        // Another append may have been faster with its news.
        self.head.send_if_modified(|head| {
            let grown = end > *head;
            *head = end.max(*head);
            grown
        });
        outcomes
    }

    /// A handle that tails read through. It lacks the sender of the head, so that a tail ends when
    /// the last real handle is gone, instead of waiting for ever.
    fn reader(&self) -> Self {
        Self { head: Arc::new(watch::Sender::new(Position::START)), ..self.clone() }
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl EventStore for MemoryStore {
    fn append(&self, run: Vec<Commit>) -> BoxFuture<'_, Result<Vec<Outcome>, StoreError>> {
        Box::pin(async move { Ok(self.append_now(run)) })
    }

    fn read(
        &self,
        query: Query,
        range: Range,
        direction: Direction,
        limit: usize,
    ) -> BoxFuture<'_, Result<Page, StoreError>> {
        Box::pin(async move {
            let mut reading = self.look(|log| Reading::new(log, query, range, direction, limit))?;
            while !self.look(|log| reading.step(log)) {
                // A long search must stop neither writers nor the other tasks of this thread.
                tokio::task::yield_now().await;
            }
            Ok(self.look(|log| reading.into_page(log)))
        })
    }

    fn tail(&self, query: Query, after: Option<Mark>) -> Tail {
        follow(Arc::new(self.reader()), query, after, self.head.subscribe(), None)
    }

    fn head(&self) -> BoxFuture<'_, Result<Mark, StoreError>> {
        Box::pin(async { Ok(self.look(|log| log.mark(log.end()))) })
    }

    fn find(
        &self,
        key: Key,
        _near: &StreamName,
    ) -> BoxFuture<'_, Result<Option<Receipt>, StoreError>> {
        Box::pin(async move { Ok(self.look(|log| log.receipt(key))) })
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            backend: BACKEND,
            multi_stream: true,
            guards: true,
            inline_views: true,
            single_writer: true,
            dense_positions: true,
            keys: KeyMemory::Forever,
            durability: Durability::Volatile,
            limits: self.look(Log::limits),
        }
    }

    fn snapshots(&self) -> Option<Arc<dyn SnapshotStore>> {
        Some(Arc::clone(&self.snapshots) as Arc<dyn SnapshotStore>)
    }

    fn rows(&self) -> Option<Arc<dyn RowStore>> {
        Some(Arc::new(self.rows.clone()))
    }
}
