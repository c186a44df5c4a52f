use std::sync::Arc;

use factum_core::store::{
    BoxFuture, Capabilities, Commit, Direction, EventStore, KeyMemory, Mark, Outcome, Page, Query,
    Range, Receipt, StoreError, Tail,
};
use factum_core::{Key, StreamName};

use crate::append;
use crate::competing::Competing;
use crate::hints::Hints;
use crate::known::Known;
use crate::lanes::Lanes;
use crate::link::{BACKEND, Link};
use crate::marks;
use crate::options::EventStoreDbOptions;
use crate::read;
use crate::setup;
use crate::shared::Shared;
use crate::tail;
use crate::writer::Writer;

/// A log in an EventStoreDB server or cluster (23.10 or later; KurrentDB since 25). A cheap handle: clones
/// are the same store.
///
/// Many processes may write to one log. [`close`](Self::close) ends the work of all handles; tails end
/// with it.
///
/// ```no_run
/// use factum_core::store::EventStore;
/// use factum_eventstore::EventStoreDb;
///
/// # async fn example() -> Result<(), factum_core::store::StoreError> {
/// let store = EventStoreDb::connect("esdb://127.0.0.1:2113?tls=false").await?;
/// println!("the log ends at {}", store.head().await?);
/// store.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct EventStoreDb {
    shared: Arc<Shared>,
}

impl EventStoreDb {
    /// Connects to the server or cluster at this address, `esdb://[user:password@]host[:port][,…]`, and
    /// gives the log an identity if it has none. Needs a tokio runtime, in which the store's work is
    /// done.
    ///
    /// `esdb+discover://` is taken as well, `kurrentdb` and `kdb` in the place of `esdb`, and the options
    /// that the official client knows, such as `?tls=false`. `tlsVerifyCert=false` is refused.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if there is no answer; [`StoreError::Open`] if the address is wrong,
    /// the server does not let us in, or something else is in the place of the log's identity.
    pub async fn connect(url: impl AsRef<str>) -> Result<Self, StoreError> {
        Self::options().connect(url).await
    }

    /// The ways in which a store can be opened.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use factum_core::store::Durability;
    /// use factum_eventstore::EventStoreDb;
    ///
    /// # async fn example() -> Result<(), factum_core::store::StoreError> {
    /// let store = EventStoreDb::options()
    ///     .durability(Durability::Process)
    ///     .answer_within(Duration::from_secs(2))
    ///     .connect("esdb://127.0.0.1:2113?tls=false")
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn options() -> EventStoreDbOptions {
        EventStoreDbOptions::default()
    }

    pub(crate) async fn connect_with(
        url: &str,
        options: EventStoreDbOptions,
    ) -> Result<Self, StoreError> {
        let link = Link::new(url)?;
        let within = options.answer_within.unwrap_or(link.within());
        let writer = Writer::new(link.clone(), within);
        let log = setup::log(&link, &writer).await?;
        let (lanes, hints) = (Lanes::default(), Hints::default());
        Ok(Self { shared: Arc::new(Shared { link, writer, log, options, lanes, hints }) })
    }

    /// Ends the store's work, for all handles, once it has answered what waits, and waits for that. Calls
    /// after it fail with [`StoreError::Closed`]; closing again does nothing.
    pub async fn close(&self) {
        self.shared.lanes.close().await;
    }

    /// Consumers that share the work of reacting to events, in any number of processes: a persistent
    /// subscription of the server. `group` is its name.
    pub fn competing(&self, group: &str) -> Competing {
        Competing::new(Arc::clone(&self.shared), group)
    }

    /// The receipt of a commit among the newest events of a stream.
    async fn receipt(&self, key: Key, near: &StreamName) -> Result<Option<Receipt>, StoreError> {
        let shared = &self.shared;
        shared.check_open()?;
        let known = Known::load(shared, near).await?;
        Ok(known.find(key).map(|stored| stored.receipt(shared.log, near, true)))
    }
}

impl EventStore for EventStoreDb {
    fn append(&self, run: Vec<Commit>) -> BoxFuture<'_, Result<Vec<Outcome>, StoreError>> {
        Box::pin(append::append(&self.shared, run))
    }

    fn read(
        &self,
        query: Query,
        range: Range,
        direction: Direction,
        limit: usize,
    ) -> BoxFuture<'_, Result<Page, StoreError>> {
        Box::pin(read::page(&self.shared, query, range, direction, limit))
    }

    fn tail(&self, query: Query, after: Option<Mark>) -> Tail {
        tail::tail(Arc::clone(&self.shared), query, after)
    }

    fn head(&self) -> BoxFuture<'_, Result<Mark, StoreError>> {
        Box::pin(async {
            self.shared.check_open()?;
            marks::head(&self.shared).await
        })
    }

    fn find(
        &self,
        key: Key,
        near: &StreamName,
    ) -> BoxFuture<'_, Result<Option<Receipt>, StoreError>> {
        let near = near.clone();
        Box::pin(async move { self.receipt(key, &near).await })
    }

    fn capabilities(&self) -> Capabilities {
        let options = &self.shared.options;
        Capabilities {
            backend: BACKEND,
            multi_stream: false,
            guards: false,
            inline_views: false,
            dense_positions: false,
            single_writer: false,
            keys: KeyMemory::Newest(options.keys),
            durability: options.durability,
            limits: options.limits,
        }
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(Self::close(self))
    }
}
