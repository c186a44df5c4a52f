//! What the writer that is killed appends: every commit follows from its number, so that the one who
//! looks afterwards knows what must be there.

mod view;

use std::sync::Arc;

pub use view::{Appended, Streams};

use factum_core::store::{
    Commit, EventStore, Expected, Metadata, NewEvent, StoreError, StreamWrite,
};
use factum_core::{EventName, Key, StreamName, Tags};
use factum_stores::{PostgresStore, SqliteStore};

/// How many tasks of the writer append at once.
pub const APPENDERS: u32 = 6;
/// How many commits each appends in one run. The next run begins when all are acknowledged.
pub const RUN: u64 = 3;

/// Opens the log in a file, or on a server if that is its address.
///
/// # Errors
/// As the store.
pub async fn open(place: &str) -> Result<Arc<dyn EventStore>, StoreError> {
    if place.starts_with("postgres://") {
        return Ok(Arc::new(PostgresStore::options().migrate().connect(place).await?));
    }
    Ok(Arc::new(SqliteStore::open(place)?))
}

/// Which commit: the life of the writer in which it was first tried, the task, and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Number {
    /// The life of the writer.
    pub life: u32,
    /// The task.
    pub appender: u32,
    /// How many commits the task tried before.
    pub commit: u64,
}

impl Number {
    /// The key of the commit, which says its number.
    pub fn key(self) -> Key {
        let high = (u128::from(self.life) << 32) | u128::from(self.appender);
        Key::from_bytes(((high << 64) | u128::from(self.commit)).to_be_bytes())
    }

    /// The number of the commit with this key.
    pub fn of(key: Key) -> Self {
        let bytes = u128::from_be_bytes(*key.as_bytes());
        let (life, appender) = ((bytes >> 96) as u32, (bytes >> 64) as u32);
        Self { life, appender, commit: bytes as u64 }
    }

    /// The commit: it goes to a stream of the task and to one that the tasks share, in events of a
    /// few bytes to a few pages.
    pub fn commit(self) -> Commit {
        let Self { appender, commit, .. } = self;
        let shared = format!("shared-{}", commit % 5);
        let own = format!("own-{appender}");
        let writes = [(own, 1 + commit % 3), (shared, 1 + commit % 2)]
            .into_iter()
            .filter_map(|(stream, events)| {
                let stream = StreamName::new(stream).ok()?;
                let events = (0..events).map(|event| self.event(event)).collect();
                Some(StreamWrite { stream, expected: Expected::Any, events })
            })
            .collect();
        Commit {
            key: self.key(),
            meta: Metadata::default(),
            writes,
            guard: None,
            views: Vec::new(),
        }
    }

    fn event(self, number: u64) -> NewEvent {
        let bytes = if self.commit.is_multiple_of(11) { 20_000 } else { 50 };
        let text = "x".repeat(bytes);
        let payload = format!("{{\"of\":\"{self:?}\",\"event\":{number},\"text\":\"{text}\"}}");
        NewEvent {
            name: EventName::fixed("kill.happened"),
            version: 1,
            tags: Tags::none(),
            payload: payload.into(),
        }
    }
}
