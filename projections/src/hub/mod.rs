//! One reader of the log for all who consume it.
//!
//! *Problem.* A hundred consumers that each follow the log read and decode it a hundred times; and if
//! one reads for all, the slowest holds up the rest, or what it has not taken grows without end.
//!
//! *Invariant.* Each consumer gets the events of its contexts in the order of the log, each once, from
//! its own mark on; whether they came from the ring or by its own reading, it cannot tell. Memory is
//! that of the ring, and of what each consumer has in hand. No consumer waits for another that has
//! stalled.
//!
//! *Shape.* [`tail`] reads [`page`]s of the union of what is listened to and publishes them in the
//! [`ring`], on whose [`shelf`] they stay as long as there is room, and in whose [`seats`] the consumers
//! read. A [`consumer`] that leaves pages lying while others want more loses its seat: it follows the
//! log by itself, for its own contexts, page by page, until it is where the shelf goes on, and takes
//! its seat again. Where that is, positions tell; that it is the same log, marks do. See
//! `docs/decisions/hub.md`.

mod consumer;
#[cfg(all(test, loom))]
mod interleavings;
mod page;
mod pages;
mod ring;
mod seats;
mod shelf;
mod state;
mod sync;
mod tail;
#[cfg(all(test, not(loom)))]
mod tests;

use std::fmt;
use std::sync::{Arc, OnceLock};

use factum_core::store::{EventStore, Mark};
use tokio::task::AbortHandle;

pub(crate) use consumer::{Batch, Consumer};
use ring::Ring;
use tail::HubTail;

/// Reads the log of a store once, for all consumers of a process. A cheap handle; clones share
/// everything. It ends with the last handle and the last consumer.
///
/// ```
/// # use std::sync::Arc;
/// # use factum_core::Projection;
/// # use factum_core::view::ViewError;
/// # use factum_projections::{Hub, Runner};
/// # use factum_stores::MemoryStore;
/// # async fn f<Balances: Projection, Owners: Projection>() -> Result<(), ViewError> {
/// let hub = Hub::new(Arc::new(MemoryStore::new()));
/// let (balances, view) = Runner::start::<Balances>(&hub, None).await?;
/// let (owners, other) = Runner::start::<Owners>(&hub, None).await?;
/// hub.start();
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Hub {
    inner: Arc<Inner>,
}

struct Inner {
    store: Arc<dyn EventStore>,
    ring: Arc<Ring>,
    tail: OnceLock<AbortHandle>,
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("store", &self.inner.store).finish_non_exhaustive()
    }
}

impl Hub {
    /// A hub that reads nothing yet: consumers register, and wait.
    pub fn new(store: Arc<dyn EventStore>) -> Self {
        let (ring, tail) = (Arc::new(Ring::new()), OnceLock::new());
        Self { inner: Arc::new(Inner { store, ring, tail }) }
    }

    /// Begins to read, on the tokio runtime that this is called in, from where most of the registered
    /// consumers are. Those who register later are served as well. Does nothing the second time.
    ///
    /// # Panics
    /// If there is no such runtime.
    pub fn start(&self) {
        let Inner { store, ring, tail } = &*self.inner;
        tail.get_or_init(|| {
            tokio::spawn(HubTail::new(store.clone(), ring.clone()).run()).abort_handle()
        });
    }

    /// The log that it reads.
    pub(crate) fn store(&self) -> &Arc<dyn EventStore> {
        &self.inner.store
    }

    /// A consumer of the events of these contexts after a mark, or of all of them.
    pub(crate) fn consumer(
        &self,
        contexts: impl IntoIterator<Item = &'static str>,
        after: Option<Mark>,
    ) -> Consumer {
        let mut contexts: Vec<String> = contexts.into_iter().map(str::to_owned).collect();
        contexts.sort_unstable();
        contexts.dedup();
        Consumer::new(self.inner.clone(), contexts, after)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(tail) = self.tail.get() {
            tail.abort();
        }
    }
}
