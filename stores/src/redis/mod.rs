//! A log in a Redis server, which many processes share.
//!
//! *Problem.* Redis is fast and everywhere, but it does not roll back, says nothing when its log went
//! backwards, and loses what its configuration lets it lose.
//!
//! *Invariant.* One script appends: it judges all of a round before it writes any of it, and the server
//! runs one script at a time. So positions are given in one order and become visible in it. What a
//! server's configuration would lose is refused when a store connects, and so is a replica, whose
//! answers may be old.
//!
//! *Shape.* The commits that wait in a process go together in rounds, each one call of the script.
//! The log is a stream with an entry for each commit; lists by stream and by tag find entries, and
//! hashes find keys. Reads run on a connection of their own, and one more waits for news on
//! behalf of all tails. `docs/decisions/store-contract.md` has the reasons, `docs/performance.md` the
//! measurements.
//!
//! The keys are listed in `keys.rs`. Other programs must not write to them.

mod address;
mod append;
mod batch;
mod entry;
mod fault;
mod head;
mod keys;
mod link;
mod marks;
mod moment;
mod options;
mod pack;
mod part;
mod read;
mod request;
mod rounds;
mod rows;
mod scripts;
mod sentinels;
mod setup;
mod snapshots;
mod value;
mod watcher;

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use ::redis::Value;
use factum_core::snapshot::SnapshotStore;
use factum_core::store::{
    BoxFuture, Capabilities, Commit, Direction, Durability, EventStore, KeyMemory, LogId, Mark,
    Outcome, Page, Position, Query, Range, Receipt, StoreError, Tail, follow,
};
use factum_core::view::RowStore;
use factum_core::{Key, StreamName};
use tokio::sync::{Notify, mpsc, watch};

use entry::{Damaged, Entry};
use fault::{BACKEND, Fault, unavailable};
use keys::Keys;
use link::Link;
pub use options::RedisOptions;
use read::Sizes;
use request::Request;
use rounds::Waiting;
use sentinels::Sentinels;
use value::{list, number};

/// How many appends wait to be sent; those beyond wait their turn.
const QUEUE: usize = 1024;
/// How often a tail looks even if there is no news: news does not tell of a log that shrank.
const POLL: Duration = Duration::from_secs(1);

/// A log in a Redis server (7.0 or later). A cheap handle: clones are the same store.
///
/// Many processes may write to one log. Dropping the last handle ends the store's work once it has
/// answered what is queued; [`close`](Self::close) waits for that. Tails end with it.
///
/// ```no_run
/// use factum_core::store::EventStore;
/// use factum_stores::redis::RedisStore;
///
/// # async fn example() -> Result<(), factum_core::store::StoreError> {
/// let store = RedisStore::connect("redis://127.0.0.1:6379").await?;
/// println!("the log ends at {}", store.head().await?);
/// store.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RedisStore {
    shared: Arc<Shared>,
    /// `None`: the handle of a tail, which must not keep the store at work.
    queue: Option<mpsc::Sender<Waiting>>,
    /// Where the work behind the handles tells the tails that there is news. It goes with the work.
    news: Weak<watch::Sender<Position>>,
    ended: watch::Receiver<()>,
}

/// What all handles and the work behind them share.
#[derive(Debug)]
struct Shared {
    place: String,
    keys: Keys,
    log: LogId,
    durability: Durability,
    options: RedisOptions,
    writing: Link,
    reading: Link,
    watching: Link,
    closing: watch::Sender<bool>,
    /// There is a new tail.
    followed: Notify,
    sizes: Sizes,
}

impl RedisStore {
    /// Connects to the server at this address, `redis://[user:password@]host[:port][/database]`,
    /// `unix:///path`, or with the feature `redis-tls` `rediss://…`, and makes the log if there is
    /// none. Needs a tokio runtime, in which the store's work is done.
    ///
    /// `redis-sentinel://[user:password@]host[:port],…/name[?db=number]` (`rediss-sentinel://…`) asks the
    /// sentinels there where the server `name` is, now and whenever it connects again; user and password
    /// are the server's. A failover may lose what was acknowledged, as replicas follow behind: who has
    /// seen it is told with [`StoreError::Rewound`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if there is no answer; [`StoreError::Open`] if the address is wrong,
    /// the server does not let us in, is a replica, would lose more than [`RedisOptions::durability`]
    /// allows, or has something else in the place of the log.
    pub async fn connect(url: impl AsRef<str>) -> Result<Self, StoreError> {
        Self::options().connect(url).await
    }

    /// The ways in which a store can be opened.
    ///
    /// ```no_run
    /// use std::time::{Duration, Instant};
    /// use factum_core::store::Durability;
    /// use factum_stores::redis::RedisStore;
    ///
    /// # async fn example() -> Result<(), factum_core::store::StoreError> {
    /// let store = RedisStore::options()
    ///     .log("bank")
    ///     .durability(Durability::Process)
    ///     .answer_within(Duration::from_secs(2))
    ///     .connect("redis://127.0.0.1:6379")
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn options() -> RedisOptions {
        RedisOptions::default()
    }

    async fn connect_with(url: &str, options: RedisOptions) -> Result<Self, StoreError> {
        #[cfg(feature = "redis-tls")]
        choose_crypto();
        address::check(url)?;
        let wrong = |error| address::wrong(url, &error);
        let (sentinels, client) = match Sentinels::of(url, &options).map_err(wrong)? {
            Some((sentinels, client)) => (Some(Arc::new(sentinels)), client),
            None => (None, options.client(url).map_err(wrong)?),
        };
        if options.name.is_empty() || options.name.contains(['{', '}']) {
            let reason = "its name is empty or has a brace: choose another with `log`".to_owned();
            return Err(StoreError::Open { place: format!("log {:?}", options.name), reason });
        }
        let place = match &sentinels {
            Some(sentinels) => format!("redis {:?}, as its sentinels say", sentinels.name),
            None => format!("redis {}", client.get_connection_info().addr()),
        };
        let keys = Keys::of(&options.name);
        let link = || Link::new(client.clone(), sentinels.clone(), &place, &options);
        let writing = if options.read_only { link() } else { link().durable(&options) };
        let (reading, watching) = (link(), link());
        setup::find(&writing, &keys).await?;
        let durability = writing.durability().await?;
        let log = setup::log(&writing, &place, &keys).await?;
        let (closing, sizes) = (watch::Sender::new(false), Sizes::default());
        let followed = Notify::new();
        let shared = Shared {
            followed,
            place,
            keys,
            log,
            durability,
            options,
            writing,
            reading,
            watching,
            closing,
            sizes,
        };
        Ok(Self::start(Arc::new(shared)))
    }

    fn start(shared: Arc<Shared>) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let head = Arc::new(watch::Sender::new(Position::START));
        let news = Arc::downgrade(&head);
        let (end, ended) = watch::channel(());
        tokio::spawn(watcher::run(Arc::clone(&shared), Arc::clone(&head)));
        tokio::spawn(rounds::run(Arc::clone(&shared), waiting, head, end));
        Self { shared, queue: Some(queue), news, ended }
    }

    /// Ends the store's work, for all handles, once it has answered what is queued, and waits for it.
    /// Calls after it fail with [`StoreError::Closed`]; closing again does nothing.
    pub async fn close(&self) {
        self.shared.closing.send_replace(true);
        let mut ended = self.ended.clone();
        // An error says that the sender is gone: the work has ended.
        while ended.changed().await.is_ok() {}
    }

    /// The entry of the commit with this key.
    async fn entry(&self, key: Key) -> Result<Option<(LogId, Entry)>, StoreError> {
        let shared = &self.shared;
        let mut id = ::redis::cmd("HGET");
        id.arg(&shared.keys.meta).arg("id");
        let mut end = ::redis::cmd("HGET");
        end.arg(shared.keys.bucket(key)).arg(key.as_bytes());
        let mut answers = shared.ask(&Request::commands(vec![id, end])).await?.into_iter();
        let (id, end) = (answers.next().unwrap_or_default(), answers.next().unwrap_or_default());
        let id = match id {
            Value::BulkString(id) => id.try_into().map_err(|_| shared.odd("the log's identity"))?,
            _ => return Err(shared.gone()),
        };
        if end == Value::Nil {
            return Ok(None);
        }
        let end = number(&end).map_err(|_| shared.odd("the place of a key"))?;
        let mut entry = ::redis::cmd("XRANGE");
        entry.arg(&shared.keys.log).arg(end).arg(end);
        let answer = shared.ask(&Request::commands(vec![entry])).await?.into_iter().next();
        let found = list(answer.unwrap_or_default()).unwrap_or_default().into_iter().next();
        let entry = Entry::of(found.ok_or_else(|| shared.missing(end))?);
        Ok(Some((LogId::from_bytes(id), entry.map_err(|damaged| shared.damaged(damaged))?)))
    }
}

/// Chooses what rustls encrypts with, unless the program has: it panics where it has no choice, or two.
#[cfg(feature = "redis-tls")]
fn choose_crypto() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // An error says that another thread has just chosen.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

impl Shared {
    /// Sends a request that may be sent again, on the connection for reading.
    async fn ask(&self, request: &Request<'_>) -> Result<Vec<Value>, StoreError> {
        if *self.closing.borrow() {
            return Err(StoreError::Closed);
        }
        self.reading.read(request).await
    }

    /// Sends a request that changes something, on the connection whose server keeps what it acknowledges.
    async fn write(&self, request: &Request<'_>) -> Result<Vec<Value>, Fault> {
        if self.options.read_only {
            return Err(self.read_only().into());
        }
        if *self.closing.borrow() {
            return Err(StoreError::Closed.into());
        }
        let answer = self.writing.send(request).await;
        if let Err(Fault::Store(StoreError::ReadOnly { .. })) = &answer {
            // What is read there from now on may be old. New connections see to it.
            self.close_links().await;
        }
        answer
    }

    /// The same for a change that may be sent twice.
    async fn change(&self, request: &Request<'_>) -> Result<Vec<Value>, StoreError> {
        let begun = Instant::now();
        let answer = match self.write(request).await {
            Err(Fault::Lost(_)) if begun.elapsed() < self.options.answer_within => {
                self.write(request).await
            }
            answer => answer,
        };
        answer.map_err(Fault::of_append)
    }

    fn read_only(&self) -> StoreError {
        StoreError::ReadOnly { place: self.place.clone() }
    }

    async fn close_links(&self) {
        self.writing.close().await;
        self.reading.close().await;
    }

    fn damaged(&self, damaged: Damaged) -> StoreError {
        damaged.into_store(&self.place, &self.keys.log)
    }

    /// An entry that an index names is not there.
    fn missing(&self, end: u64) -> StoreError {
        unavailable(format!("the entry {end}-0 of {} went while it was read", self.keys.log))
    }

    fn odd(&self, what: &str) -> StoreError {
        let what = format!("{what} is not as factum writes it, beside {}", self.keys.meta);
        StoreError::Corrupt { place: self.place.clone(), what }
    }

    /// The log was deleted.
    fn gone(&self) -> StoreError {
        let what = format!("it has no log any more at {}", self.keys.meta);
        StoreError::Corrupt { place: self.place.clone(), what }
    }
}

impl EventStore for RedisStore {
    fn append(&self, run: Vec<Commit>) -> BoxFuture<'_, Result<Vec<Outcome>, StoreError>> {
        Box::pin(async move {
            if self.shared.options.read_only {
                return Err(self.shared.read_only());
            }
            append::append(self, &run).await
        })
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
        // The work has ended where there is no sender: the tail reads nothing and says so.
        let sender = self.news.upgrade();
        let news =
            sender.map_or_else(|| watch::channel(Position::START).1, |news| news.subscribe());
        self.shared.followed.notify_one();
        let reader = Self { queue: None, ..self.clone() };
        follow(Arc::new(reader), query, after, news, Some(POLL))
    }

    fn head(&self) -> BoxFuture<'_, Result<Mark, StoreError>> {
        Box::pin(async { batch::moment(&self.shared, &Range::ALL).await.map(|moment| moment.end) })
    }

    fn find(
        &self,
        key: Key,
        _near: &StreamName,
    ) -> BoxFuture<'_, Result<Option<Receipt>, StoreError>> {
        Box::pin(async move {
            let Some((log, entry)) = self.entry(key).await? else { return Ok(None) };
            entry.receipt(log).map(Some).map_err(|damaged| self.shared.damaged(damaged))
        })
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            backend: BACKEND,
            multi_stream: true,
            guards: true,
            inline_views: false,
            single_writer: false,
            dense_positions: true,
            keys: KeyMemory::Forever,
            durability: self.shared.durability,
            limits: self.shared.options.limits,
        }
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(Self::close(self))
    }

    fn snapshots(&self) -> Option<Arc<dyn SnapshotStore>> {
        Some(Arc::new(self.clone()))
    }

    fn rows(&self) -> Option<Arc<dyn RowStore>> {
        Some(Arc::new(self.clone()))
    }
}
