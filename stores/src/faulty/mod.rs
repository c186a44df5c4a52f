//! A store that fails on purpose, for tests of what is built on stores: feature `faulty`, in an app
//! `testing`.
//!
//! *Problem.* What a program does when its store fails, hangs, or loses an answer is seen in production
//! first: real stores do none of it when a test asks.
//!
//! *Invariant.* What goes wrong is drawn from a seed: the same calls in the same order meet the same
//! faults. A fault is one that a real store may have: what was acknowledged is stored, and an append
//! whose answer is lost says that its outcome is unknown.
//!
//! *Shape.* [`Faulty`] wraps a store and is a handle of its own faults: clone it, hand the clone to
//! the app, and [`set`](Faulty::set) or [`heal`](Faulty::heal) what goes wrong while it runs.
//! [`met`](Faulty::met) tells what has gone wrong so far.

mod dice;
mod faults;

use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use factum_core::snapshot::SnapshotStore;
use factum_core::store::{
    BoxFuture, Capabilities, Commit, Conflict, Direction, EventStore, Expected, Mark, Outcome,
    Page, Query, Range, Receipt, Refused, StoreError, Tail,
};
use factum_core::view::RowStore;
use factum_core::{Key, StreamName};
use futures_util::StreamExt;
use futures_util::stream::unfold;
use tokio::sync::watch;

use dice::{Dice, Fate, Fault};
pub use faults::{Faults, Flap, Met};

/// The name of the backend in errors that are made here.
const BACKEND: &str = "faulty";
/// A revision that no stream has.
const NEVER: Expected = Expected::Revision(i64::MAX as u64);

/// A store with [`Faults`]. A cheap handle; clones share everything.
///
/// ```
/// use std::sync::Arc;
/// use factum_core::store::EventStore;
/// use factum_stores::MemoryStore;
/// use factum_stores::faulty::{Faults, Faulty};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let store = Faulty::new(Arc::new(MemoryStore::new()), 42);
/// store.set(Faults::DOWN);
/// assert!(store.head().await.is_err());
/// store.heal();
/// assert!(store.head().await.is_ok());
/// assert_eq!((store.met().calls, store.met().before), (2, 1));
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct Faulty {
    inner: Arc<dyn EventStore>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    dice: Mutex<Dice>,
    /// How often the faults were changed.
    changed: watch::Sender<u64>,
}

impl Faulty {
    /// Wraps a store; at first nothing goes wrong.
    pub fn new(inner: Arc<dyn EventStore>, seed: u64) -> Self {
        let (dice, changed) = (Mutex::new(Dice::new(seed)), watch::Sender::new(0));
        Self { inner, shared: Arc::new(Shared { dice, changed }) }
    }

    /// Changes what goes wrong from now on. Calls that hang fail.
    pub fn set(&self, faults: Faults) {
        self.dice().faults = faults;
        self.shared.changed.send_modify(|changed| *changed += 1);
    }

    /// Lets nothing go wrong from now on. Calls that hang fail.
    pub fn heal(&self) {
        self.set(Faults::default());
    }

    /// What has gone wrong so far.
    pub fn met(&self) -> Met {
        self.dice().met
    }

    fn dice(&self) -> MutexGuard<'_, Dice> {
        self.shared.dice.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Carries out a call as its fate is; `lost` is the error of one whose answer is lost.
    async fn meet<T>(
        &self,
        fate: Fate,
        call: impl Future<Output = Result<T, StoreError>>,
        lost: fn() -> StoreError,
    ) -> Result<T, StoreError> {
        let mut changed = self.shared.changed.subscribe();
        if let Some(delay) = fate.delay {
            tokio::time::sleep(delay).await;
        }
        match fate.fault {
            None => call.await,
            Some(Fault::Before) => Err(gone()),
            Some(Fault::After) => call.await.and_then(|_| Err(lost())),
            Some(Fault::HangBefore) => {
                until(&mut changed).await;
                Err(lost())
            }
            Some(Fault::HangAfter) => {
                call.await?;
                until(&mut changed).await;
                Err(lost())
            }
        }
    }

    /// Carries out a call that changes nothing.
    async fn ask<T>(
        &self,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let fate = self.dice().next();
        self.meet(fate, call, gone).await
    }
}

/// Waits until the faults are changed.
async fn until(changed: &mut watch::Receiver<u64>) {
    if changed.changed().await.is_err() {
        pending::<()>().await;
    }
}

fn gone() -> StoreError {
    StoreError::Unavailable { backend: BACKEND, reason: "it fails on purpose".to_owned() }
}

fn unknown() -> StoreError {
    StoreError::Unknown { backend: BACKEND, reason: "it loses answers on purpose".to_owned() }
}

/// What the run's first commit expects of its stream, if somebody else who wrote could break it: a
/// real store does not refuse what goes with any state.
fn breakable(run: &mut [Commit]) -> Option<&mut Expected> {
    let expected = &mut run.first_mut()?.writes.first_mut()?.expected;
    matches!(expected, Expected::NoStream | Expected::Revision(_)).then_some(expected)
}

/// Tells of the conflict as if it had been one with what was expected.
fn cover_up(outcomes: &mut [Outcome], wanted: Expected) {
    if let Some(Err(Refused::Conflict(Conflict::Stream { expected, .. }))) = outcomes.first_mut() {
        *expected = wanted;
    }
}

impl EventStore for Faulty {
    fn append(&self, mut run: Vec<Commit>) -> BoxFuture<'_, Result<Vec<Outcome>, StoreError>> {
        Box::pin(async move {
            let expected = breakable(&mut run);
            let fate = self.dice().next_append(expected.is_some());
            let expected = expected.filter(|_| fate.conflict);
            let wanted = expected.map(|expected| std::mem::replace(expected, NEVER));
            let append = async {
                let mut outcomes = self.inner.append(run).await?;
                if let Some(wanted) = wanted {
                    cover_up(&mut outcomes, wanted);
                }
                Ok(outcomes)
            };
            self.meet(fate, append, unknown).await
        })
    }

    fn read(
        &self,
        query: Query,
        range: Range,
        direction: Direction,
        limit: usize,
    ) -> BoxFuture<'_, Result<Page, StoreError>> {
        Box::pin(self.ask(self.inner.read(query, range, direction, limit)))
    }

    /// Each item meets a fate of its own; an error that comes of one ends the tail.
    fn tail(&self, query: Query, after: Option<Mark>) -> Tail {
        let (store, tail) = (self.clone(), self.inner.tail(query, after));
        Box::pin(unfold(Some((store, tail)), |tailing| async move {
            let (store, mut tail) = tailing?;
            let fate = store.dice().next();
            let next = async { tail.next().await.transpose() };
            match store.meet(fate, next, gone).await {
                Ok(item) => item.map(|item| (Ok(item), Some((store, tail)))),
                Err(error) => Some((Err(error), None)),
            }
        }))
    }

    fn head(&self) -> BoxFuture<'_, Result<Mark, StoreError>> {
        Box::pin(self.ask(self.inner.head()))
    }

    fn find(
        &self,
        key: Key,
        near: &StreamName,
    ) -> BoxFuture<'_, Result<Option<Receipt>, StoreError>> {
        Box::pin(self.ask(self.inner.find(key, near)))
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.inner.close()
    }

    fn snapshots(&self) -> Option<Arc<dyn SnapshotStore>> {
        self.inner.snapshots()
    }

    fn rows(&self) -> Option<Arc<dyn RowStore>> {
        self.inner.rows()
    }
}
