//! A store that a test stops and breaks: for tests.
//!
//! *Problem.* What a caller does between a decision and its acknowledgement shows only when a store
//! is slow or fails at that very moment, which real stores do rarely and never on command.
//!
//! *Invariant.* With its gate open, [`Gated`] is the store inside, and keeps its contract.
//!
//! *Shape.* [`Gated::new`] wraps a store and gives the [`Gate`] that the test holds. An append passes
//! the gate twice, on either [`Side`] of the append of the store inside; there it waits while the
//! gate is held, and then fails if it was told to. Everything else goes straight through.

use std::sync::Arc;

use factum_core::snapshot::SnapshotStore;
use factum_core::store::{
    BoxFuture, Capabilities, Commit, Direction, EventStore, Mark, Outcome, Page, Query, Range,
    Receipt, StoreError, Tail,
};
use factum_core::view::RowStore;
use factum_core::{Key, StreamName};
use tokio::sync::watch;

/// The name of the backend in errors that a gate makes.
const BACKEND: &str = "gated";

/// Where a gate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Before the append: nothing is stored.
    Before,
    /// After it: the run is stored, but not acknowledged.
    After,
}

/// A store whose appends pass a [`Gate`].
///
/// ```
/// use std::sync::Arc;
/// use factum_core::store::{EventStore, StoreError};
/// use factum_stores::MemoryStore;
/// use factum_stores::gated::{Gated, Side};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let (store, gate) = Gated::new(Arc::new(MemoryStore::new()));
/// gate.hold(Side::Before);
/// let mut append = store.append(vec![]);
/// tokio::select! {
///     _ = &mut append => unreachable!("the gate is held"),
///     () = gate.waiting(1) => gate.release(),
/// }
/// assert!(append.await.is_ok());
///
/// gate.fail_next(Side::After);
/// assert!(matches!(store.append(vec![]).await, Err(StoreError::Unknown { .. })));
/// # });
/// ```
#[derive(Debug)]
pub struct Gated {
    inner: Arc<dyn EventStore>,
    gate: Gate,
}

/// What holds, releases and fails the appends of a [`Gated`] store. Clones are handles of one gate,
/// open at first.
#[derive(Clone, Debug)]
pub struct Gate(Arc<watch::Sender<State>>);

#[derive(Debug, Default)]
struct State {
    held: Option<Side>,
    waiting: usize,
    /// How many appends are still to fail.
    fail_before: usize,
    fail_after: usize,
}

impl Gated {
    /// Puts a gate before a store.
    pub fn new(inner: Arc<dyn EventStore>) -> (Self, Gate) {
        let gate = Gate(Arc::new(watch::Sender::new(State::default())));
        (Self { inner, gate: gate.clone() }, gate)
    }
}

impl Gate {
    /// Holds all appends on one side from now on, and those that wait on the other side no longer.
    pub fn hold(&self, side: Side) {
        self.0.send_modify(|state| state.held = Some(side));
    }

    /// Opens the gate: those who wait go on.
    pub fn release(&self) {
        self.0.send_modify(|state| state.held = None);
    }

    /// Lets the next append that passes on this side fail, once more for each call: with
    /// [`StoreError::Unavailable`] before the append, with [`StoreError::Unknown`] after it. One that
    /// waits passes when it is released.
    pub fn fail_next(&self, side: Side) {
        self.0.send_modify(|state| *state.failures(side) += 1);
    }

    /// Waits until at least this many appends wait at the gate. Cancellation-safe.
    pub async fn waiting(&self, appends: usize) {
        // The sender lives as long as the gate.
        let _ = self.0.subscribe().wait_for(|state| state.waiting >= appends).await;
    }

    /// Passes on one side; whether the append is to fail.
    async fn pass(&self, side: Side) -> bool {
        let mut state = self.0.subscribe();
        let held = state.borrow().held == Some(side);
        if held {
            let _waiting = Waiting::new(self);
            // The sender lives as long as the gate.
            let _ = state.wait_for(|state| state.held != Some(side)).await;
        }
        let mut fails = false;
        self.0.send_if_modified(|state| {
            let failures = state.failures(side);
            fails = *failures > 0;
            *failures = failures.saturating_sub(1);
            fails
        });
        fails
    }
}

impl State {
    fn failures(&mut self, side: Side) -> &mut usize {
        match side {
            Side::Before => &mut self.fail_before,
            Side::After => &mut self.fail_after,
        }
    }
}

/// Counts an append that waits, also when its future is dropped.
struct Waiting<'a>(&'a Gate);

impl<'a> Waiting<'a> {
    fn new(gate: &'a Gate) -> Self {
        gate.0.send_modify(|state| state.waiting += 1);
        Self(gate)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.0.send_modify(|state| state.waiting -= 1);
    }
}

impl EventStore for Gated {
    fn append(&self, run: Vec<Commit>) -> BoxFuture<'_, Result<Vec<Outcome>, StoreError>> {
        Box::pin(async move {
            let reason = || "the test's gate said so".to_owned();
            if self.gate.pass(Side::Before).await {
                return Err(StoreError::Unavailable { backend: BACKEND, reason: reason() });
            }
            let outcomes = self.inner.append(run).await?;
            if self.gate.pass(Side::After).await {
                return Err(StoreError::Unknown { backend: BACKEND, reason: reason() });
            }
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
        self.inner.read(query, range, direction, limit)
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

    fn close(&self) -> BoxFuture<'_, ()> {
        self.inner.close()
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn snapshots(&self) -> Option<Arc<dyn SnapshotStore>> {
        self.inner.snapshots()
    }

    fn rows(&self) -> Option<Arc<dyn RowStore>> {
        self.inner.rows()
    }
}
