//! A log that others write to as well.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use factum_core::pipeline::SendError;
use factum_core::store::{
    BoxFuture, Capabilities, Commit, Direction, EventStore, Mark, Outcome, Page, Query, Range,
    Receipt, StoreError, Tail,
};
use factum_core::{Key, StreamName};
use factum_stores::MemoryStore;

use crate::account::{Deposit, Insufficient, Withdraw};
use crate::dispatcher;

/// A store that says that it is not the only writer, and lets somebody else be faster a number of
/// times.
#[derive(Debug)]
struct Shared {
    inner: Arc<MemoryStore>,
    foreign: AtomicU32,
}

impl Shared {
    fn new(inner: &Arc<MemoryStore>, foreign: u32) -> Arc<Self> {
        Arc::new(Self { inner: inner.clone(), foreign: AtomicU32::new(foreign) })
    }
}

impl EventStore for Shared {
    fn append(&self, run: Vec<Commit>) -> BoxFuture<'_, Result<Vec<Outcome>, StoreError>> {
        Box::pin(async move {
            let left =
                self.foreign.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
            if left.is_ok() {
                let others = dispatcher(self.inner.clone());
                others.send(Deposit::new("a", 100)).await.unwrap();
            }
            self.inner.append(run).await
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

    fn capabilities(&self) -> Capabilities {
        Capabilities { single_writer: false, ..self.inner.capabilities() }
    }
}

#[tokio::test]
async fn no_rejection_comes_from_a_stale_state() {
    let store = Arc::new(MemoryStore::new());
    let (ours, theirs) = (dispatcher(Shared::new(&store, 0)), dispatcher(Shared::new(&store, 0)));
    ours.send(Deposit::new("a", 1)).await.unwrap();
    for round in 0..20 {
        theirs.send(Deposit::new("a", 5)).await.unwrap();
        let done = ours.send(Withdraw::new("a", 6)).await.unwrap();
        assert_eq!(done.revision, Some(2 + round * 3));
        // Nor does an empty decision: its receipt shows the newest revision.
        theirs.send(Deposit::new("a", 1)).await.unwrap();
        let nothing = ours.send(Deposit::new("a", 0)).await.unwrap();
        assert_eq!(nothing.revision, Some(3 + round * 3));
    }
    let rejected = ours.send(Withdraw::new("a", 2)).await.unwrap_err();
    assert!(matches!(rejected, SendError::Rejected(Insufficient { available: 1 })));
}

#[tokio::test]
async fn a_conflict_is_decided_again_on_what_is_new() {
    let store = Arc::new(MemoryStore::new());
    let ours = dispatcher(Shared::new(&store, 3));
    // Rejected on the state before, accepted once the others have paid in.
    ours.send(Deposit::new("a", 1)).await.unwrap();
    let done = ours.send(Withdraw::new("a", 301)).await.unwrap();
    assert_eq!(done.revision, Some(4));
}

#[tokio::test]
async fn endless_conflicts_end_as_a_conflict() {
    let store = Arc::new(MemoryStore::new());
    let ours = dispatcher(Shared::new(&store, u32::MAX));
    let error = ours.send(Deposit::new("a", 1)).await.unwrap_err();
    assert!(matches!(error, SendError::Conflict { attempts: 9, .. }), "{error}");
    assert!(!error.outcome_unknown());
    let message = error.to_string();
    assert!(message.contains("stream account-a was expected at revision"), "{message}");
}

#[tokio::test]
async fn many_senders_through_two_dispatchers_lose_nothing() {
    let store = Arc::new(MemoryStore::new());
    let both = [dispatcher(Shared::new(&store, 0)), dispatcher(Shared::new(&store, 0))];
    let senders = (0..64).map(|n: usize| {
        let accounts = both[n % 2].clone();
        tokio::spawn(async move {
            for _ in 0..10 {
                while let Err(error) = accounts.send(Deposit::new("a", 1)).await {
                    assert!(matches!(error, SendError::Conflict { .. }), "{error}");
                }
            }
        })
    });
    let senders: Vec<_> = senders.collect();
    for sender in senders {
        sender.await.unwrap();
    }
    let account = both[0].events().load("a").await.unwrap().unwrap();
    assert_eq!((account.state.cents, account.revision), (640, 639));
}
