use std::time::Duration;

use factum_core::store::{Durability, Limits, StoreError};
#[cfg(feature = "redis-tls")]
use redis::TlsCertificates;
use redis::{Client, RedisResult};

use super::RedisStore;

/// How a Redis store is opened: see [`RedisStore::options`].
#[derive(Clone, Debug)]
pub struct RedisOptions {
    pub(super) name: String,
    pub(super) durability: Durability,
    pub(super) stated: Option<Durability>,
    pub(super) limits: Limits,
    pub(super) connect_within: Duration,
    pub(super) answer_within: Duration,
    pub(super) replicas: Option<(usize, Duration)>,
    pub(super) read_only: bool,
    pub(super) rows_per_query: usize,
    #[cfg(feature = "redis-tls")]
    pub(super) trusted: Option<Vec<u8>>,
}

impl Default for RedisOptions {
    fn default() -> Self {
        Self {
            name: "factum".to_owned(),
            durability: Durability::Synced,
            stated: None,
            limits: Limits::default(),
            connect_within: Duration::from_secs(5),
            answer_within: Duration::from_secs(10),
            replicas: None,
            read_only: false,
            rows_per_query: 100_000,
            #[cfg(feature = "redis-tls")]
            trusted: None,
        }
    }
}

impl RedisOptions {
    /// The name of the log: all its keys begin with it in braces, so that one server can hold several.
    /// The default is `factum`.
    #[must_use]
    pub fn log(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// What an acknowledged commit has to survive, at the least. The server's configuration decides
    /// what it does survive: `appendonly yes` with `appendfsync always` is [`Durability::Synced`] (the
    /// default here), with `everysec` or `no` it is [`Durability::Process`], and without `appendonly`
    /// it is [`Durability::Volatile`]. A server that gives less is refused, when the
    /// store connects and whenever it has to connect again.
    #[must_use]
    pub fn durability(self, durability: Durability) -> Self {
        Self { durability, ..self }
    }

    /// What the server's configuration gives, for servers that do not let it be read: your word is
    /// taken for it, also for `maxmemory-policy noeviction`.
    #[must_use]
    pub fn stated_durability(self, durability: Durability) -> Self {
        Self { stated: Some(durability), ..self }
    }

    /// How large commits may be. Redis itself ends at 512 MB a commit.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// How long an attempt to connect may take. The default is 5 s.
    #[must_use]
    pub fn connect_within(self, limit: Duration) -> Self {
        Self { connect_within: limit, ..self }
    }

    /// How long an append may wait to be sent, and how long the server may take to answer it or a
    /// read. The default is 10 s.
    #[must_use]
    pub fn answer_within(self, limit: Duration) -> Self {
        Self { answer_within: limit, ..self }
    }

    /// Acknowledges an append only when so many replicas have it as well (`WAIT`). One that does not
    /// get there within the time ends as [`StoreError::Unknown`]: it is stored on the primary.
    ///
    /// That is replication, not durability: replicas hold what they are given in memory, and a
    /// failover may still choose one that lacks it.
    #[must_use]
    pub fn replicas(self, replicas: usize, within: Duration) -> Self {
        Self { replicas: (replicas > 0).then_some((replicas, within)), ..self }
    }

    /// Only reads, which a replica will do for: what it has may be older than what was acknowledged, so
    /// that nothing should be decided on it. Appends fail with [`StoreError::ReadOnly`], and what the
    /// server would lose is not looked at. Without this a replica is refused.
    #[must_use]
    pub fn read_only(self) -> Self {
        Self { read_only: true, ..self }
    }

    /// How many rows of a view one query may look at, 100,000 if nothing is said. One index finds and
    /// orders them; what it does not decide is decided by a look at each. A query that would look at
    /// more fails with [`ViewError::TooManyRows`](factum_core::view::ViewError::TooManyRows).
    #[must_use]
    pub fn rows_per_query(self, rows: usize) -> Self {
        Self { rows_per_query: rows, ..self }
    }

    /// Trusts these certificates (PEM) instead of the system's, for `rediss://` addresses: those of an
    /// authority of your own, or the server's own one where it signed itself.
    #[cfg(feature = "redis-tls")]
    #[must_use]
    pub fn trust(self, certificates: impl Into<Vec<u8>>) -> Self {
        Self { trusted: Some(certificates.into()), ..self }
    }

    /// The client for an address.
    pub(super) fn client(&self, url: &str) -> RedisResult<Client> {
        #[cfg(feature = "redis-tls")]
        if let Some(certificates) = &self.trusted {
            let root_cert = Some(certificates.clone());
            return Client::build_with_tls(url, TlsCertificates { client_tls: None, root_cert });
        }
        Client::open(url)
    }

    /// Connects to the server. See [`RedisStore::connect`].
    ///
    /// # Errors
    /// As [`RedisStore::connect`].
    pub async fn connect(self, url: impl AsRef<str>) -> Result<RedisStore, StoreError> {
        RedisStore::connect_with(url.as_ref(), self).await
    }
}
