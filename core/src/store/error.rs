use std::path::PathBuf;
use std::time::Duration;

use super::Rewound;
use crate::StreamName;

/// A store could not do what it was asked. Refusals of a single commit are
/// [`Refused`](super::Refused) instead.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Nothing was done; it may work later.
    #[error("the {backend} store is not available: {reason}; try again")]
    Unavailable {
        /// The backend's name.
        backend: &'static str,
        /// What it said.
        reason: String,
    },
    /// A circuit breaker keeps calls from a store that fails: it is open, or its probes are under way.
    /// Nothing was done.
    #[error("the breaker before the {backend} store lets no {operation} through: {}", when(*.retry_after))]
    Tripped {
        /// The backend's name.
        backend: &'static str,
        /// Which calls: `append`, `read` or `tail`.
        operation: &'static str,
        /// When it is worth to try again: `None` if somebody forced the breaker open and has to close it.
        retry_after: Option<Duration>,
    },
    /// The append may or may not be stored.
    #[error(
        "the {backend} store did not say whether it stored the commits: {reason}; append them again \
         under the same keys to find out"
    )]
    Unknown {
        /// The backend's name.
        backend: &'static str,
        /// What happened.
        reason: String,
    },
    /// There is no room. Nothing was written; it works again once there is room.
    #[error("no room left to write {place}: {reason}; make room and try again")]
    Full {
        /// The file, or the server's address.
        place: String,
        /// What the system said.
        reason: String,
    },
    /// What is stored is damaged. Nothing was changed.
    #[error("{place} is damaged: {what}; restore it from a backup")]
    Corrupt {
        /// The file, or the server's address.
        place: String,
        /// What is wrong, and where.
        what: String,
    },
    /// One stored event is damaged. Reading can go on after it.
    #[error("the event at {position}, revision {revision} of stream {stream}, is damaged: {what}")]
    CorruptEvent {
        /// In which stream.
        stream: StreamName,
        /// Its revision.
        revision: u64,
        /// Its position.
        position: super::Position,
        /// What is wrong.
        what: String,
    },
    /// Another process has the log open for writing.
    #[error(
        "{} is open for writing by {holder}: end that first, or open the file read-only",
        path.display()
    )]
    Locked {
        /// The file.
        path: PathBuf,
        /// Who holds it.
        holder: String,
    },
    /// The file or server cannot be opened at all.
    #[error("cannot open {place}: {reason}")]
    Open {
        /// The file, or the server's address.
        place: String,
        /// Why.
        reason: String,
    },
    /// A write through a store that only reads.
    #[error("{place} is open read-only: open it for writing")]
    ReadOnly {
        /// The file, or the server's address.
        place: String,
    },
    /// The log no longer has what was seen of it.
    #[error(transparent)]
    Rewound(Box<Rewound>),
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

impl From<Rewound> for StoreError {
    fn from(rewound: Rewound) -> Self {
        Self::Rewound(Box::new(rewound))
    }
}

impl StoreError {
    /// Whether an append may have been stored all the same.
    pub fn outcome_unknown(&self) -> bool {
        matches!(self, Self::Unknown { .. })
    }

    /// Whether the same call may work later without anybody doing anything.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Unavailable { .. }
                | Self::Tripped { .. }
                | Self::Unknown { .. }
                | Self::Full { .. }
        )
    }

    /// How long to wait before the next try, where a breaker says so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Tripped { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

fn when(retry_after: Option<Duration>) -> String {
    match retry_after {
        Some(time) => format!("try again in {time:.1?}"),
        None => "it stays so until somebody closes it".to_owned(),
    }
}
