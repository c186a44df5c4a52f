//! What another process writes, as it comes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a helper of a test fails by panicking"
)]

use std::path::Path;
use std::time::Duration;

use factum::store::{Direction, EventStore, Query, Range, Tail, Tailed};
use factum::stores::SqliteStore;
use futures_util::StreamExt;
use tokio::time::timeout;

/// Far more than any wait of a test needs.
const LONG: Duration = Duration::from_secs(60);

/// The log of another process, from the outside.
pub(crate) struct Watched {
    store: SqliteStore,
    tail: Tail,
    /// How many events the tail has given.
    pub(crate) seen: i64,
}

impl Watched {
    pub(crate) fn open(db: &Path) -> Self {
        let store = SqliteStore::options().read_only().open(db).unwrap();
        let tail = store.tail(Query::All, None);
        Self { store, tail, seen: 0 }
    }

    /// Waits until the log holds so many events.
    pub(crate) async fn until(&mut self, wanted: i64) {
        while self.seen < wanted {
            let tailed = timeout(LONG, self.tail.next()).await.expect("the log does not grow");
            if let Tailed::Events(events) = tailed.unwrap().unwrap() {
                self.seen += i64::try_from(events.len()).unwrap();
            }
        }
    }

    /// How many events the log holds now.
    pub(crate) async fn stored(&self) -> i64 {
        let (mut range, mut stored) = (Range::ALL, 0);
        loop {
            let page = self.store.read(Query::All, range, Direction::Forward, 1000).await.unwrap();
            stored += i64::try_from(page.events.len()).unwrap();
            range = Range::since(page.complete_to);
            if !page.more {
                return stored;
            }
        }
    }
}
