use std::time::Duration;

use factum_core::store::{Durability, Limits, StoreError};

use crate::EventStoreDb;

/// The server takes no larger append unless it is told to: 1 MiB.
const APPEND_BYTES: usize = 1024 * 1024;
/// Half of that is left for what comes with each event: its name, and what factum says about it.
const COMMIT_BYTES: usize = APPEND_BYTES / 2;

/// How a store is opened: see [`EventStoreDb::options`].
#[derive(Clone, Debug)]
pub struct EventStoreDbOptions {
    pub(crate) durability: Durability,
    pub(crate) limits: Limits,
    pub(crate) append_bytes: usize,
    pub(crate) keys: u32,
    pub(crate) answer_within: Option<Duration>,
}

impl Default for EventStoreDbOptions {
    fn default() -> Self {
        let limits =
            Limits { event_bytes: COMMIT_BYTES, commit_events: 1000, commit_bytes: COMMIT_BYTES };
        Self {
            durability: Durability::Synced,
            limits,
            append_bytes: APPEND_BYTES,
            keys: 128,
            answer_within: None,
        }
    }
}

impl EventStoreDbOptions {
    /// What an acknowledged commit survives. The server's configuration decides that and does not let
    /// itself be asked, so your word is taken for it. The default is what it does unless told otherwise,
    /// [`Durability::Synced`]: a commit is acknowledged when a quorum of the cluster has it on disk. With
    /// `UnsafeDisableFlushToDisk` it is [`Durability::Process`], with `MemDb` [`Durability::Volatile`].
    #[must_use]
    pub fn durability(self, durability: Durability) -> Self {
        Self { durability, ..self }
    }

    /// How large commits may be. The default, 512 KiB and 1,000 events, leaves room for what is stored
    /// beside the payloads; for more, raise [`append_bytes`](Self::append_bytes) too.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// How many bytes the server takes in one append, `MaxAppendSize` there. The default is the server's
    /// own, 1 MiB. A commit that would be larger with all that is stored beside its payloads is refused.
    #[must_use]
    pub fn append_bytes(self, bytes: usize) -> Self {
        Self { append_bytes: bytes, ..self }
    }

    /// Among how many newest events of a stream the key of a commit is known; at least 1. The default is
    /// 128. So many are read where another process has appended to a stream.
    #[must_use]
    pub fn keys(self, events: u32) -> Self {
        Self { keys: events.max(1), ..self }
    }

    /// How long an append may wait for its turn, and how long the server may take to answer it. The
    /// default is the `defaultDeadline` of the address, which also holds for reads, and where that does
    /// not say, 10 s.
    #[must_use]
    pub fn answer_within(self, limit: Duration) -> Self {
        Self { answer_within: Some(limit), ..self }
    }

    /// Connects to the server or cluster. See [`EventStoreDb::connect`].
    ///
    /// # Errors
    /// As [`EventStoreDb::connect`].
    pub async fn connect(self, url: impl AsRef<str>) -> Result<EventStoreDb, StoreError> {
        EventStoreDb::connect_with(url.as_ref(), self).await
    }
}
