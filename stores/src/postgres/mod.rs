//! The store on a PostgreSQL server.
//!
//! *Problem.* Several processes append to one log and follow it, and no reader may ever see a position
//! appear below one that it has seen, though PostgreSQL gives numbers before it commits.
//!
//! *Invariant.* Whoever appends locks the log's row, and only then checks, gives positions and writes;
//! the lock is held until the commit is visible. So the order of commits is the order of positions.
//!
//! *Shape.* In each process one task appends, a group of all that waits at a time: one call of a
//! procedure that ends with a commit, so that a process that stands still holds nobody up. Where a commit
//! changes rows of views the procedure leaves the transaction open for them. Reads run on a few connections
//! beside it, each page one statement. A further connection hears of what is appended and wakes the tails.
//! `docs/decisions/store-contract.md` has the measurements.

mod address;
mod call;
mod clauses;
mod fault;
mod group;
mod marks;
mod news;
mod options;
mod pool;
mod read;
mod row;
mod rows;
mod run;
mod schema;
mod session;
mod snapshots;
mod sql;
mod tls;
mod views;
mod writer;

use std::sync::Arc;

use factum_core::snapshot::SnapshotStore;
use factum_core::store::{
    BoxFuture, Capabilities, Commit, Direction, Durability, EventStore, KeyMemory, Mark, Outcome,
    Page, Position, Query, Range, Receipt, StoreError, Tail, follow,
};
use factum_core::view::RowStore;
use factum_core::{Key, StreamName};
use tokio::sync::{mpsc, oneshot, watch};

use crate::repeat;
use fault::{BACKEND, Fault};
pub use options::PostgresOptions;
use pool::Pool;
use session::{Plans, Server, Session};
use writer::{Request, Writer};

/// How many requests wait for the writer; senders beyond wait their turn.
const QUEUE: usize = 1024;

/// A log on a PostgreSQL server. A cheap handle: clones are the same store.
///
/// With `sslmode=require` or `sslmode=verify-full` in its address, and the feature `postgres-tls`, all
/// that is sent is encrypted, and the server has to show a certificate for the address's host that is
/// signed by one of the system's authorities, or by one in the file that `sslrootcert=…` names.
///
/// It holds at most six connections, however many append, read and follow: see
/// [`PostgresOptions::readers`]. An app with views has up to four more for them: see
/// [`PostgresOptions::view_connections`]. Dropping the last handle ends them once what is queued is answered;
/// [`close`](Self::close) waits for that. Tails end with it.
///
/// # Views
///
/// Views are kept in the same schema, each building of one in two tables: of its rows,
/// `view_LOG_NAME_vVERSION`, and of the events that it could not take in, `parked_…`, where `LOG` is the
/// log's number in the table `logs`; a building after the first ends in `_b` and its number. They have a
/// column for each `#[index]`, and an index for each column, and can be queried by anybody:
///
/// ```sql
/// select key, owner, cents, body::jsonb from factum.view_1_balances_v1 where cents >= 100;
/// ```
///
/// | in Rust | in the table |
/// |---|---|
/// | `bool`, signed integers, `Timestamp` | `boolean`, `bigint`, `bigint` in microseconds since 1970 |
/// | unsigned integers | `numeric(20)`, as those beyond 2⁶³ fit no integer of the server |
/// | `String`, `Uuid`, the key | `text`, ordered by its bytes |
/// | `None` | `null`, which a view orders first |
///
/// PostgreSQL has no text with the character U+0000: it is kept as U+0001 U+0001, and U+0001 as
/// U+0001 U+0002, which leaves the order as it is. It cuts names off at 63 bytes: a longer one is cut
/// here, and ends in a digest of the whole. An indexed text and the row's key must fit into an entry of an
/// index, 2,700 bytes after compression; a longer one is refused as
/// [`BadRow`](factum_core::view::ViewError::BadRow).
///
/// Rows can change in the transaction of their events, by the commits of all processes. A group of commits of
/// which one does so is appended in several trips: a process that is stopped between them holds up
/// whoever else appends until [`PostgresOptions::answer_within`] has passed.
///
/// Tables are made when an app with a new view, or a new version of one, starts. So its user needs
/// `create` on the schema, as who migrated has it; other users of the log need
/// `select, insert, update, delete` on its tables.
///
/// ```no_run
/// use factum_core::store::EventStore;
/// use factum_stores::postgres::PostgresStore;
///
/// # async fn open() -> Result<(), factum_core::store::StoreError> {
/// let store = PostgresStore::options().migrate().connect("postgres://localhost/bank").await?;
/// println!("the log ends at {}", store.head().await?);
/// store.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct PostgresStore {
    server: Arc<Server>,
    pool: Arc<Pool>,
    /// Views have connections of their own, so that no query of theirs holds commands up.
    views: Arc<Pool>,
    durability: Durability,
    /// `None`: a tail's handle, which does not keep the writer alive.
    writer: Option<mpsc::Sender<Request>>,
    head: watch::Receiver<Position>,
}

impl PostgresStore {
    /// Opens the log `main` in the schema `factum` of this database, of which
    /// [`migrate`](Self::migrate) has made the tables.
    ///
    /// # Errors
    /// [`StoreError::Open`] if the address is not one, the server does not let us in, its settings
    /// promise less than what the options ask for, or the tables are missing or of another form;
    /// [`StoreError::Unavailable`] if the server is not there, has no connection left, or is a standby,
    /// whose answers may be old. Of several hosts in the address the first that takes writes is used.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::options().connect(url).await
    }

    /// The ways in which a store can be opened.
    ///
    /// ```
    /// use factum_stores::postgres::PostgresStore;
    /// use std::time::Duration;
    ///
    /// let options = PostgresStore::options()
    ///     .schema("billing")
    ///     .log("invoices")
    ///     .answer_within(Duration::from_secs(3));
    /// # let _ = options;
    /// ```
    pub fn options() -> PostgresOptions {
        PostgresOptions::default()
    }

    /// Makes the tables in the schema `factum`, or brings them to the form that this version knows,
    /// whole or not at all. Where they have that form it does nothing. Several processes may do so at
    /// once. For another schema, use [`PostgresOptions::migrate`].
    ///
    /// # Errors
    /// [`StoreError::Open`] if they have a form that only a newer version knows, and as
    /// [`connect`](Self::connect).
    pub async fn migrate(url: &str) -> Result<(), StoreError> {
        let server = Server::parse(url, Self::options())?;
        server.migrate().await.map_err(|fault| fault.into_store(&server.place))
    }

    async fn connect_with(url: &str, options: PostgresOptions) -> Result<Self, StoreError> {
        let server = Arc::new(Server::parse(url, options)?);
        let place = |fault: Fault| fault.into_store(&server.place);
        if server.options.migrate && server.options.read_only {
            return Err(StoreError::ReadOnly { place: server.place.clone() });
        }
        if server.options.migrate {
            server.migrate().await.map_err(place)?;
        }
        let session = server.session(Plans::Log).await.map_err(place)?;
        let (log, durability) = (session.log, session.durability);
        let (news, head) = watch::channel(Position::START);
        let news = Arc::new(news);
        let (writer, requests) = mpsc::channel(QUEUE);
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(news::listen(Arc::clone(&server), log, Arc::clone(&news), stopped));
        let working =
            Writer { server: Arc::clone(&server), session: Some(session), log, head: news };
        tokio::spawn(async move {
            working.work(requests).await;
            stop.send_replace(true);
        });
        let (readers, most) = (server.options.readers, server.options.view_connections);
        let pool = Pool::new(Arc::clone(&server), Plans::Log, readers);
        let views = Pool::new(Arc::clone(&server), Plans::Views, most);
        Ok(Self { server, pool, views, durability, writer: Some(writer), head })
    }

    /// Ends the connections, for all handles, once what is queued is answered, and waits for that.
    /// Calls after it fail with [`StoreError::Closed`]; closing again does nothing.
    pub async fn close(&self) {
        if let Some(writer) = &self.writer {
            let (done, ended) = oneshot::channel();
            if writer.send(Request::Close(done)).await.is_ok() {
                // An error says that the writer has ended, too.
                let _ = ended.await;
            }
        }
        self.pool.close().await;
        self.views.close().await;
    }

    fn server(&self) -> Arc<Server> {
        Arc::clone(&self.server)
    }

    /// Runs `work` with a session that reads.
    async fn reading<T: Send + 'static>(
        &self,
        work: impl for<'s> FnOnce(&'s mut Session) -> BoxFuture<'s, Result<T, Fault>> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.pool.reading(work).await
    }

    /// Hands a request to the writer.
    async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Request,
    ) -> Result<T, StoreError> {
        let writer = self.writer.as_ref().ok_or(StoreError::Closed)?;
        let (reply, answer) = oneshot::channel();
        writer.send(request(reply)).await.map_err(|_| StoreError::Closed)?;
        // The writer answers everything that it took; this is a request that it never came to.
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

impl EventStore for PostgresStore {
    fn append(&self, run: Vec<Commit>) -> BoxFuture<'_, Result<Vec<Outcome>, StoreError>> {
        if self.server.options.read_only {
            let error = StoreError::ReadOnly { place: self.server.place.clone() };
            return Box::pin(std::future::ready(Err(error)));
        }
        Box::pin(self.ask(|reply| Request::Append { run, reply }))
    }

    fn read(
        &self,
        query: Query,
        range: Range,
        direction: Direction,
        limit: usize,
    ) -> BoxFuture<'_, Result<Page, StoreError>> {
        let server = self.server();
        Box::pin(self.reading(move |session| {
            Box::pin(async move {
                read::page(session, &server.schema, &query, &range, direction, limit).await
            })
        }))
    }

    fn tail(&self, query: Query, after: Option<Mark>) -> Tail {
        let reader = Self { writer: None, ..self.clone() };
        let poll = Some(self.server.options.poll);
        follow(Arc::new(reader), query, after, self.head.clone(), poll)
    }

    fn head(&self) -> BoxFuture<'_, Result<Mark, StoreError>> {
        let server = self.server();
        Box::pin(self.reading(move |session| {
            Box::pin(async move { read::head(session, &server.schema).await })
        }))
    }

    fn find(
        &self,
        key: Key,
        _near: &StreamName,
    ) -> BoxFuture<'_, Result<Option<Receipt>, StoreError>> {
        let server = self.server();
        Box::pin(self.reading(move |session| {
            Box::pin(async move {
                let found = read::commits(session, &server.schema, &[key]).await?;
                Ok(found.get(&key).and_then(|stored| repeat::receipt(stored.iter())))
            })
        }))
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            backend: BACKEND,
            multi_stream: true,
            guards: true,
            inline_views: true,
            single_writer: false,
            dense_positions: true,
            keys: KeyMemory::Forever,
            durability: self.durability,
            limits: self.server.options.limits,
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
