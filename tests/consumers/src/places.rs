//! The stores, by URLs, which processes can be told.

use std::sync::Arc;

use factum::prelude::*;
use factum::store::{EventStore, StoreError};
use factum::stores::{MemoryStore, PostgresStore, RedisStore, SqliteStore};
use factum::{Placement, StartError};
use factum_test_servers::{Postgres, Redis, required};
use tempfile::TempDir;

use crate::{Depot, GoodsRow, LEASE, ShipmentRow};

/// A kind of store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A PostgreSQL server.
    Postgres,
    /// A Redis server.
    Redis,
    /// The file `log.db`, which one process has at a time.
    Embedded,
    /// Another such file, `views.db`.
    OtherFile,
    /// The memory of the process.
    Memory,
}

/// What stores need: servers of the test's own, and a folder.
#[derive(Debug)]
pub struct Servers {
    folder: TempDir,
    postgres: Option<Postgres>,
    redis: Option<Redis>,
}

impl Servers {
    /// Starts what these stores need. `None` if it is not installed.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn of(kinds: &[Kind]) -> Option<Self> {
        let (mut postgres, mut redis) = (None, None);
        if kinds.contains(&Kind::Postgres) {
            let server = required(Postgres::start_with(&["max_connections=150"]))?;
            PostgresStore::migrate(&server.url()).await.unwrap();
            postgres = Some(server);
        }
        if kinds.contains(&Kind::Redis) {
            redis = Some(required(Redis::start())?);
        }
        Some(Self { folder: tempfile::tempdir().unwrap(), postgres, redis })
    }

    /// The URL of a store.
    ///
    /// # Panics
    /// If nothing was started for it.
    pub fn url(&self, kind: Kind) -> String {
        let file = |name| format!("sqlite:{}", self.folder.path().join(name).display());
        match kind {
            Kind::Postgres => self.postgres.as_ref().unwrap().url(),
            Kind::Redis => self.redis.as_ref().unwrap().url(),
            Kind::Embedded => file("log.db"),
            Kind::OtherFile => file("views.db"),
            Kind::Memory => "memory:".to_owned(),
        }
    }
}

/// Opens the store that a URL names.
///
/// # Errors
/// What the store says.
pub async fn open(url: &str) -> Result<Arc<dyn EventStore>, StoreError> {
    Ok(match url.split_once(':') {
        Some(("sqlite", file)) => Arc::new(SqliteStore::open(file)?),
        Some(("redis", _)) => Arc::new(RedisStore::connect(url).await?),
        Some(("postgres", _)) => Arc::new(PostgresStore::connect(url).await?),
        _ => Arc::new(MemoryStore::new()),
    })
}

/// Starts an app with both views on a log, the views in the same store or in another.
///
/// # Errors
/// What the stores or the app say.
pub async fn start(log: &str, views: &str) -> Result<App, StartError> {
    let mut app = App::connect(log).await?.aggregate::<Depot>();
    let in_memory = views.starts_with("memory:");
    if views != log
        && let Some(rows) = open(views).await?.rows()
    {
        app = app.views_in(rows);
    }
    let place = move |usual: Placement| {
        if in_memory { Placement::memory() } else { usual.leased(LEASE) }
    };
    app.projection_with::<ShipmentRow>(place)
        .projection_with::<GoodsRow>(move |usual| place(usual).slices(3))
        .start()
        .await
}
