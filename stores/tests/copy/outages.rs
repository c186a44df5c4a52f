//! Stores that are away for a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use factum_core::store::{
    BoxFuture, Capabilities, Commit, Direction, EventStore, Mark, Outcome, Page, Query, Range,
    Receipt, StoreError, Tail,
};
use factum_core::{Key, StreamName};
use factum_stores::copy::CopyError;
use factum_stores::{MemoryStore, copy};

use crate::common::{append, assert_same, commit, head};

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Works,
    /// It fails, and does nothing.
    Fails,
    /// It is cut off: of an append, the first half is stored, or all.
    CutOff {
        half: bool,
    },
    /// It fails with what no time mends.
    Closed,
}

/// A store whose calls have a fate each, by their number.
struct Flaky {
    inner: Arc<MemoryStore>,
    fate: fn(usize) -> Fate,
    calls: AtomicUsize,
}

impl std::fmt::Debug for Flaky {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.inner.fmt(f)
    }
}

impl Flaky {
    fn new(inner: MemoryStore, fate: fn(usize) -> Fate) -> Self {
        Self { inner: Arc::new(inner), fate, calls: AtomicUsize::new(0) }
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    fn next(&self) -> Fate {
        (self.fate)(self.calls.fetch_add(1, Ordering::Relaxed))
    }

    /// For calls that only read.
    fn check(&self) -> Result<(), StoreError> {
        match self.next() {
            Fate::Works => Ok(()),
            Fate::Closed => Err(StoreError::Closed),
            Fate::Fails | Fate::CutOff { .. } => Err(away()),
        }
    }
}

fn away() -> StoreError {
    StoreError::Unavailable { backend: "flaky", reason: "it is away".to_owned() }
}

impl EventStore for Flaky {
    fn append(&self, mut run: Vec<Commit>) -> BoxFuture<'_, Result<Vec<Outcome>, StoreError>> {
        Box::pin(async move {
            match self.next() {
                Fate::Works => self.inner.append(run).await,
                Fate::Fails => Err(away()),
                Fate::Closed => Err(StoreError::Closed),
                Fate::CutOff { half } => {
                    run.truncate(if half { run.len() / 2 } else { run.len() });
                    self.inner.append(run).await?;
                    Err(StoreError::Unknown { backend: "flaky", reason: "cut off".to_owned() })
                }
            }
        })
    }

    fn read(
        &self,
        query: Query,
        range: Range,
        direction: Direction,
        limit: usize,
    ) -> BoxFuture<'_, Result<Page, StoreError>> {
        match self.check() {
            Ok(()) => self.inner.read(query, range, direction, limit),
            Err(error) => Box::pin(async { Err(error) }),
        }
    }

    fn head(&self) -> BoxFuture<'_, Result<Mark, StoreError>> {
        match self.check() {
            Ok(()) => self.inner.head(),
            Err(error) => Box::pin(async { Err(error) }),
        }
    }

    fn tail(&self, query: Query, after: Option<Mark>) -> Tail {
        self.inner.tail(query, after)
    }

    fn find(
        &self,
        key: Key,
        near: &StreamName,
    ) -> BoxFuture<'_, Result<Option<Receipt>, StoreError>> {
        self.inner.find(key, near)
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }
}

async fn source(commits: u64) -> MemoryStore {
    let from = MemoryStore::new();
    append(&from, (0..commits).map(commit)).await;
    from
}

/// Of three calls, two fail, each in its own way.
fn often(call: usize) -> Fate {
    match call % 9 {
        0 | 5 => Fate::Fails,
        1 | 6 => Fate::CutOff { half: true },
        3 | 7 => Fate::CutOff { half: false },
        _ => Fate::Works,
    }
}

#[tokio::test]
async fn stores_that_fail_now_and_then_are_copied_whole_by_one_call() {
    let (from, to) = (Flaky::new(source(4000).await, often), Flaky::new(MemoryStore::new(), often));
    let copied = copy(&from, &to).await.unwrap();
    assert_same(&*from.inner, &*to.inner).await;
    assert_eq!(copied.commits, 4000);
    assert!(from.calls() > 15 && to.calls() > 30, "{} and {}", from.calls(), to.calls());
    // The empty log, whose end is looked up, and all of it compared once more.
    let (none, empty) =
        (Flaky::new(MemoryStore::new(), often), Flaky::new(MemoryStore::new(), often));
    assert_eq!(copy(&none, &empty).await.unwrap().events, 0);
    let again = copy(&from, &to).compare_all().await.unwrap();
    assert_eq!((again.events, again.checksum), (copied.events, copied.checksum));
}

#[tokio::test]
async fn patience_has_an_end() {
    let patience = Duration::from_millis(150);
    let from = Flaky::new(source(10).await, |_| Fate::Fails);
    let error = copy(&from, &MemoryStore::new()).patience(patience).await.unwrap_err();
    assert!(matches!(error, CopyError::Source(StoreError::Unavailable { .. })), "{error}");
    assert!((2..8).contains(&from.calls()), "{} calls", from.calls());

    // It says once where it ends, can be read once, and is away then.
    let later = |call| if call < 2 { Fate::Works } else { Fate::CutOff { half: true } };
    let to = Flaky::new(MemoryStore::new(), later);
    let error = copy(&source(10).await, &to).patience(patience).await.unwrap_err();
    assert!(matches!(error, CopyError::Target(StoreError::Unknown { .. })), "{error}");
    assert!((4..10).contains(&to.calls()), "{} calls", to.calls());
    assert!(head(&*to.inner).await.event.is_some());
}

#[tokio::test]
async fn nobody_waits_for_what_does_not_pass() {
    let from = Flaky::new(source(10).await, |_| Fate::Closed);
    let error = copy(&from, &MemoryStore::new()).await.unwrap_err();
    assert!(matches!(error, CopyError::Source(StoreError::Closed)), "{error}");
    let later = |call| if call < 2 { Fate::Works } else { Fate::Closed };
    let to = Flaky::new(MemoryStore::new(), later);
    let error = copy(&source(10).await, &to).await.unwrap_err();
    assert!(matches!(error, CopyError::Target(StoreError::Closed)), "{error}");
    assert_eq!(to.calls(), 3);
    let impatient = Flaky::new(source(10).await, |_| Fate::Fails);
    let copying = copy(&impatient, &*to.inner).patience(Duration::ZERO);
    assert!(matches!(copying.await.unwrap_err(), CopyError::Source(_)));
    assert!(impatient.calls() <= 2, "{} calls", impatient.calls());
}
