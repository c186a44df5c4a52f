use std::time::Duration;

use factum_core::store::{Durability, Limits, StoreError};

use super::PostgresStore;

/// How a store on a PostgreSQL server is opened: see [`PostgresStore::options`].
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    pub(super) schema: String,
    pub(super) log: String,
    pub(super) durability: Durability,
    pub(super) limits: Limits,
    pub(super) migrate: bool,
    pub(super) read_only: bool,
    pub(super) connect_within: Duration,
    pub(super) answer_within: Duration,
    pub(super) lock_within: Duration,
    pub(super) poll: Duration,
    pub(super) readers: u32,
    pub(super) view_connections: u32,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            schema: "factum".to_owned(),
            log: "main".to_owned(),
            durability: Durability::Synced,
            limits: Limits::default(),
            migrate: false,
            read_only: false,
            connect_within: Duration::from_secs(5),
            answer_within: Duration::from_secs(10),
            lock_within: Duration::from_secs(5),
            poll: Duration::from_secs(1),
            readers: 4,
            view_connections: 4,
        }
    }
}

impl PostgresOptions {
    /// The schema in which the tables are: `factum` by default.
    #[must_use]
    pub fn schema(self, name: impl Into<String>) -> Self {
        Self { schema: name.into(), ..self }
    }

    /// Which of the logs in the schema: `main` by default. One that is not there is made.
    #[must_use]
    pub fn log(self, name: impl Into<String>) -> Self {
        Self { log: name.into(), ..self }
    }

    /// What an acknowledged commit survives, at the least. [`Durability::Synced`], the default, needs
    /// `fsync` and `full_page_writes` to be on; `synchronous_commit` is set where the server has it
    /// off. [`Durability::Process`] takes what the server's settings give; with `synchronous_commit`
    /// off, also a crash of the server may take the newest commits.
    /// [`Durability::Volatile`] is served as `Process`.
    #[must_use]
    pub fn durability(self, durability: Durability) -> Self {
        Self { durability: durability.max(Durability::Process), ..self }
    }

    /// How large commits may be. PostgreSQL itself ends at 1 GB a payload.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Makes the tables, or brings them to the form that this version knows, before the store opens:
    /// see [`PostgresStore::migrate`].
    #[must_use]
    pub fn migrate(self) -> Self {
        Self { migrate: true, ..self }
    }

    /// Only reads: the user that the address names needs no right to write, and nothing can be appended,
    /// made or migrated, [`StoreError::ReadOnly`] being the answer. A log that is not there is not made.
    /// A standby will do, which is refused otherwise: what it has may be older than what was
    /// acknowledged.
    #[must_use]
    pub fn read_only(self) -> Self {
        Self { read_only: true, ..self }
    }

    /// How long connecting may take: 5 s by default.
    #[must_use]
    pub fn connect_within(self, limit: Duration) -> Self {
        Self { connect_within: limit, ..self }
    }

    /// How long the server may take to answer one statement: 10 s by default. An append may wait as
    /// long again for a connection that has to be made first.
    #[must_use]
    pub fn answer_within(self, limit: Duration) -> Self {
        Self { answer_within: limit, ..self }
    }

    /// How long a statement waits for a lock that another program holds: 5 s by default.
    #[must_use]
    pub fn lock_within(self, limit: Duration) -> Self {
        Self { lock_within: limit, ..self }
    }

    /// How often a tail looks for what it was not told of: every second by default.
    #[must_use]
    pub fn poll(self, every: Duration) -> Self {
        Self { poll: every, ..self }
    }

    /// How many connections read: 4 by default. One more writes, and one is told of news.
    #[must_use]
    pub fn readers(self, connections: u32) -> Self {
        Self { readers: connections.max(1), ..self }
    }

    /// How many connections views have at the most, to be written and asked: 4 by default. They are made
    /// when they are needed.
    #[must_use]
    pub fn view_connections(self, connections: u32) -> Self {
        Self { view_connections: connections.max(1), ..self }
    }

    /// Opens the store. See [`PostgresStore::connect`].
    ///
    /// # Errors
    /// As [`PostgresStore::connect`].
    pub async fn connect(self, url: &str) -> Result<PostgresStore, StoreError> {
        PostgresStore::connect_with(url, self).await
    }
}
