//! A log that others write to as well.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use factum_core::pipeline::SendError;
use factum_core::store::{
    BoxFuture, Capabilities, Commit, Direction, EventStore, Mark, Outcome, Page, Query, Range,
    Receipt, StoreError, Tail,
};
use factum_core::{Key, Position, StreamName};
use factum_stores::MemoryStore;

use crate::account::{Deposit, Insufficient, Withdraw};
use crate::dispatcher;

/// A store that says that it is not the only writer.
#[derive(Debug)]
struct Shared {
    inner: Arc<MemoryStore>,
    /// How many times somebody else is faster, with a deposit.
    foreign: AtomicU32,
    /// A command that another process gets, too, and is faster with.
    twin: Mutex<Option<Key>>,
    /// Gives an empty page before others, as the contract allows.
    hesitant: bool,
}

impl Shared {
    fn new(inner: &Arc<MemoryStore>, foreign: u32) -> Arc<Self> {
        let (inner, foreign) = (inner.clone(), AtomicU32::new(foreign));
        Arc::new(Self { inner, foreign, twin: Mutex::new(None), hesitant: false })
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
            let twin = self.twin.lock().unwrap().take();
            if let Some(id) = twin {
                let others = dispatcher(self.inner.clone());
                others.send(Withdraw::new("a", 50)).id(id).await.unwrap();
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
        if self.hesitant && query != Query::All && range.after == Position::START {
            return Box::pin(async move {
                let first = self.inner.read(Query::All, Range::ALL, direction, 1).await?;
                let complete_to = first.complete_to;
                Ok(Page { events: Vec::new(), more: true, complete_to })
            });
        }
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
async fn a_stale_rejection_does_not_ride_on_a_commit() {
    let store = Arc::new(MemoryStore::new());
    let (ours, theirs) = (dispatcher(Shared::new(&store, 0)), dispatcher(Shared::new(&store, 0)));
    ours.send(Deposit::new("a", 1)).await.unwrap();
    theirs.send(Deposit::new("a", 5)).await.unwrap();
    // One run: a withdrawal that a stale state rejects, and a deposit that meets a conflict.
    let both = tokio::join!(ours.send(Withdraw::new("a", 6)), ours.send(Deposit::new("a", 1)));
    assert_eq!(both.0.unwrap().revision, Some(2));
    assert_eq!(both.1.unwrap().revision, Some(3));
}

#[tokio::test]
async fn what_stands_behind_a_repeat_is_answered_by_what_became_of_it() {
    let inner = Arc::new(MemoryStore::new());
    let store = Shared::new(&inner, 0);
    let ours = dispatcher(store.clone());
    ours.send(Deposit::new("a", 100)).await.unwrap();
    let id = Key::now_v7();
    *store.twin.lock().unwrap() = Some(id);
    let (twin, next, last) = tokio::join!(
        ours.send(Withdraw::new("a", 50)).id(id),
        ours.send(Withdraw::new("a", 50)),
        ours.send(Withdraw::new("a", 50))
    );
    assert!(twin.unwrap().repeated);
    assert_eq!(next.unwrap().revision, Some(2));
    let rejected = last.unwrap_err();
    assert!(matches!(rejected, SendError::Rejected(Insufficient { available: 0 })));
    assert_eq!(ours.events().load("a").await.unwrap().unwrap().revision, 2);
}

#[tokio::test]
async fn a_repeat_that_stands_elsewhere_fails_what_was_decided_on_it() {
    let inner = Arc::new(MemoryStore::new());
    let store = Shared::new(&inner, 1);
    let ours = dispatcher(store.clone());
    ours.send(Withdraw::new("a", 0)).await.unwrap();
    // The others deposited once and then take the twin command: it stands one revision further on.
    store.foreign.store(1, Ordering::SeqCst);
    let id = Key::now_v7();
    *store.twin.lock().unwrap() = Some(id);
    let (twin, next) =
        tokio::join!(ours.send(Withdraw::new("a", 50)).id(id), ours.send(Withdraw::new("a", 150)));
    assert!(twin.unwrap().repeated);
    assert_eq!(next.unwrap().revision, Some(4));
    assert_eq!(ours.events().load("a").await.unwrap().unwrap().state.cents, 0);
}

#[tokio::test]
async fn pages_may_be_empty_before_the_last() {
    let inner = Arc::new(MemoryStore::new());
    let plain = dispatcher(inner.clone());
    plain.send(Deposit::new("z", 1)).await.unwrap();
    let id = Key::now_v7();
    plain.send(Deposit::new("a", 1)).id(id).await.unwrap();
    let store = Arc::into_inner(Shared::new(&inner, 0)).unwrap();
    let ours = dispatcher(Arc::new(Shared { hesitant: true, ..store }));
    assert!(ours.send(Deposit::new("a", 1)).id(id).await.unwrap().repeated);
    assert_eq!(ours.events().load("a").await.unwrap().unwrap().revision, 0);
    let mut history = ours.events().history("a").unwrap();
    assert_eq!(history.next().await.unwrap().unwrap().at.revision, 0);
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
