//! The embedded store: one SQLite file.
//!
//! *Problem.* A log on one machine should be as fast as the disk lets it, lose nothing, and still be
//! a file that any tool opens.
//!
//! *Invariant.* One thread writes. It gives positions and commits them in one order, so no reader ever
//! sees a position appear below one that it has seen; a lock beside the file keeps other writers
//! out.
//!
//! *Shape.* The writer takes everything that waits and makes it durable in one transaction (group
//! commit). Its indexes, of streams, keys and tags, lag behind and are completed in sorted batches;
//! readers combine what is in the file with what is in memory. Reads run on a few connections of their
//! own, beside the writer (SQLite's WAL mode). `docs/decisions/embedded-store.md` has the measurements.
//!
//! The file's tables can be read with any SQLite tool; the view `log` shows events with their names.
//! Other programs must not write to it.

mod candidates;
mod chains;
mod deferred;
mod fault;
mod filter;
mod guard;
mod index;
mod lock;
mod lru;
mod marks;
mod migrate;
mod names;
mod options;
mod pool;
mod read;
mod replaced;
mod row;
mod rows;
mod schema;
mod snapshots;
mod tags;
mod transaction;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use factum_core::snapshot::SnapshotStore;
use factum_core::store::{
    BoxFuture, Capabilities, Commit, Direction, EventStore, KeyMemory, LogId, Mark, Outcome, Page,
    Position, Query, Range, Receipt, StoreError, Tail, follow,
};
use factum_core::view::RowStore;
use factum_core::{Key, StreamName};
use tokio::sync::{mpsc, oneshot, watch};

use deferred::Deferred;
use fault::{BACKEND, Fault};
use names::Names;
pub use options::SqliteOptions;
use pool::{Pool, reading};
use replaced::Current;
use transaction::Reading;
use writer::{Reply, Request};

/// How many requests wait for the writer; senders beyond wait their turn.
const QUEUE: usize = 1024;
/// How often a store that only reads looks for what another process wrote.
const POLL: Duration = Duration::from_millis(50);

/// A log in one SQLite file. A cheap handle: clones are the same store.
///
/// Dropping the last handle ends the writer once it has answered what is queued; [`close`](Self::close)
/// waits for that. Tails end with it.
///
/// ```
/// use factum_core::store::EventStore;
/// use factum_stores::sqlite::SqliteStore;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let folder = tempfile::tempdir().unwrap();
/// let store = SqliteStore::open(folder.path().join("bank.db"))?;
/// assert_eq!(store.head().await?.event, None);
/// store.close().await;
/// # Ok::<(), factum_core::store::StoreError>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct SqliteStore {
    shared: Arc<Shared>,
    /// `None`: this handle only reads.
    writer: Option<mpsc::Sender<Request>>,
    head: watch::Receiver<Position>,
    /// Where the store only reads: what it has open now.
    current: Option<Arc<Current>>,
    /// Keeps the channel of `head` open where there is no writer that would.
    _quiet: Option<Arc<watch::Sender<Position>>>,
}

/// What the writer and the readers share.
#[derive(Debug)]
struct Shared {
    file: PathBuf,
    log: LogId,
    options: SqliteOptions,
    deferred: Mutex<Deferred>,
    /// Whether the file was seen to have the index of tags.
    has_tags: AtomicBool,
    names: Names,
    pool: Pool,
}

impl SqliteStore {
    /// Opens the log in this file for writing, and makes it if there is none. Blocks for as long as
    /// the disk needs.
    ///
    /// # Errors
    /// [`StoreError::Locked`] if it is open for writing already, here or in another process;
    /// [`StoreError::Open`] if the file cannot be opened, or is another program's or a newer
    /// factum's; [`StoreError::Corrupt`] if it is damaged.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::options().open(path)
    }

    /// The ways in which a store can be opened.
    ///
    /// ```
    /// use factum_core::store::Durability;
    /// use factum_stores::sqlite::SqliteStore;
    /// let folder = tempfile::tempdir().unwrap();
    /// let store = SqliteStore::options()
    ///     .durability(Durability::Process)
    ///     .open(folder.path().join("bank.db"));
    /// assert!(store.is_ok());
    /// ```
    pub fn options() -> SqliteOptions {
        SqliteOptions::default()
    }

    fn open_with(path: &Path, options: SqliteOptions) -> Result<Self, StoreError> {
        schema::check_place(path)?;
        // Two names of one file must not have two locks.
        let file = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if options.read_only {
            Self::open_reading(file, options)
        } else {
            Self::open_writing(file, options)
        }
    }

    fn open_writing(file: PathBuf, options: SqliteOptions) -> Result<Self, StoreError> {
        let lock = lock::WriterLock::take(&file)?;
        let (conn, log) =
            schema::open_writer(&file, &options).map_err(|fault| fault.into_store(&file))?;
        let shared = Shared::new(file, log, options);
        let (writer, requests) = mpsc::channel(QUEUE);
        let head = writer::start(shared.clone(), conn, lock, requests)?;
        Ok(Self { shared, writer: Some(writer), head, current: None, _quiet: None })
    }

    fn open_reading(file: PathBuf, options: SqliteOptions) -> Result<Self, StoreError> {
        let (conn, log) =
            schema::open_first_reader(&file).map_err(|fault| fault.into_store(&file))?;
        let (quiet, head) = watch::channel(Position::START);
        let shared = Shared::new(file, log, options);
        shared.pool.give_back(conn);
        let current = Some(Arc::new(Current::open(shared.clone())?));
        Ok(Self { shared, writer: None, head, current, _quiet: Some(Arc::new(quiet)) })
    }

    /// Ends the writer, for all handles, once it has answered what is queued, and waits for it. Calls
    /// after it fail with [`StoreError::Closed`]; closing again does nothing.
    pub async fn close(&self) {
        // Before the writer, which is then the last connection and merges SQLite's log into the file.
        self.shared.pool.close().await;
        if let Some(writer) = &self.writer {
            let (done, ended) = oneshot::channel();
            if writer.send(Request::Close(done)).await.is_err() || ended.await.is_err() {
                // Another call, which may have been dropped, ends the writer.
                let mut head = self.head.clone();
                while head.changed().await.is_ok() {}
            }
        }
        if let Some(current) = &self.current {
            current.close().await;
        }
    }

    /// Runs `work` on what is open now.
    async fn reading<T: Send + 'static>(
        &self,
        work: impl Fn(&Reading<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        match &self.current {
            Some(current) => reading(&current.shared()?, work).await,
            None => reading(&self.shared, work).await,
        }
    }

    /// Hands a request to the writer.
    async fn ask<T>(&self, request: impl FnOnce(Reply<T>) -> Request) -> Result<T, StoreError> {
        let Some(writer) = &self.writer else {
            return Err(StoreError::ReadOnly { place: self.shared.file.display().to_string() });
        };
        let (reply, answer) = oneshot::channel();
        writer.send(request(Reply::to(reply))).await.map_err(|_| StoreError::Closed)?;
        // The writer answers everything that it took; this is a request that it never came to.
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

impl Shared {
    fn new(file: PathBuf, log: LogId, options: SqliteOptions) -> Arc<Self> {
        let deferred = Mutex::new(Deferred::new(0));
        let names = Names::new(options.cache_bytes / 2);
        let pool = Pool::new(&file);
        let has_tags = AtomicBool::new(false);
        Arc::new(Self { file, log, options, deferred, has_tags, names, pool })
    }
}

impl EventStore for SqliteStore {
    fn append(&self, run: Vec<Commit>) -> BoxFuture<'_, Result<Vec<Outcome>, StoreError>> {
        Box::pin(async move { self.ask(|reply| Request::Append { run, reply }).await })
    }

    fn read(
        &self,
        query: Query,
        range: Range,
        direction: Direction,
        limit: usize,
    ) -> BoxFuture<'_, Result<Page, StoreError>> {
        Box::pin(self.reading(move |reading| read::page(reading, &query, &range, direction, limit)))
    }

    fn tail(&self, query: Query, after: Option<Mark>) -> Tail {
        let poll = self.shared.options.read_only.then_some(POLL);
        // A tail does not keep the writer alive.
        let reader = Self { writer: None, ..self.clone() };
        follow(Arc::new(reader), query, after, self.head.clone(), poll)
    }

    fn head(&self) -> BoxFuture<'_, Result<Mark, StoreError>> {
        Box::pin(self.reading(|reading| Ok(reading.head()?)))
    }

    fn find(
        &self,
        key: Key,
        _near: &StreamName,
    ) -> BoxFuture<'_, Result<Option<Receipt>, StoreError>> {
        Box::pin(self.reading(move |reading| read::receipt(reading, key)))
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            backend: BACKEND,
            multi_stream: true,
            guards: true,
            inline_views: true,
            single_writer: !self.shared.options.read_only,
            dense_positions: true,
            keys: KeyMemory::Forever,
            durability: self.shared.options.durability,
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
