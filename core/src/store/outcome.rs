use std::fmt;

use super::{BadCommit, Expected, Mark, Position, Query};
use crate::view::ViewId;
use crate::{Key, StreamName};

/// What became of one commit of a run.
pub type Outcome = Result<Receipt, Refused>;

/// What a stored commit was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its key.
    pub key: Key,
    /// The mark of its newest event.
    pub mark: Mark,
    /// Where its events went, in the order of the commit's writes.
    pub writes: Vec<Written>,
    /// Whether the key was known, so that nothing was written this time.
    pub repeated: bool,
    /// Of the views that the commit carried, those whose rows and checkpoint have changed with it. The
    /// others come to it by following the log. None for a key that was known.
    pub views: Vec<ViewId>,
}

/// Where the events of one write went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// To which stream.
    pub stream: StreamName,
    /// The revision of the first of them.
    pub first: u64,
    /// The revision of the last of them.
    pub last: u64,
}

/// Why one commit was not stored. Not a failure of the store.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// The log is not as the commit expects.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// The key is known, but for other content.
    #[error(
        "key {key} was used for another commit, stored at {position}: give every command an id of \
         its own"
    )]
    KeyReused {
        /// The key.
        key: Key,
        /// Where that other commit ends.
        position: Position,
    },
    /// An earlier commit of the run, on top of which this one was decided, was not stored.
    #[error("commit {index} of the run was refused, and this one was decided on top of it")]
    Predecessor {
        /// The place of that commit in the run, from 0.
        index: usize,
    },
    /// No store would take the commit.
    #[error(transparent)]
    Bad(#[from] BadCommit),
    /// This backend cannot do what the commit asks for.
    #[error("the {backend} store cannot do {what}")]
    Unsupported {
        /// The backend's name.
        backend: &'static str,
        /// What it cannot do.
        what: &'static str,
    },
}

/// The log is not as a commit expects: somebody else was faster.
#[derive(Clone, Debug, PartialEq)]
pub enum Conflict {
    /// A stream is not as expected.
    Stream {
        /// Which.
        stream: StreamName,
        /// What was expected.
        expected: Expected,
        /// What is.
        actual: Actual,
    },
    /// An event that a guard forbids is there.
    Guard {
        /// What the guard forbids.
        query: Query,
        /// Since when.
        after: Position,
        /// Where the first such event stands.
        found: Position,
    },
}

/// The newest revision of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actual {
    /// It has no events.
    NoStream,
    /// Its newest event has this revision.
    Revision(u64),
}

impl From<Option<u64>> for Actual {
    fn from(newest: Option<u64>) -> Self {
        newest.map_or(Self::NoStream, Self::Revision)
    }
}

impl std::error::Error for Conflict {}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stream { stream, expected, actual } => {
                write!(f, "stream {stream} was expected ")?;
                match expected {
                    Expected::Any => f.write_str("in any state")?,
                    Expected::NoStream => f.write_str("to have no events")?,
                    Expected::Exists => f.write_str("to have events")?,
                    Expected::Revision(revision) => write!(f, "at revision {revision}")?,
                }
                match actual {
                    Actual::NoStream => f.write_str(", but it has no events"),
                    Actual::Revision(revision) => write!(f, ", but it is at revision {revision}"),
                }
            }
            Self::Guard { query, after, found } => {
                write!(
                    f,
                    "the event at {found} matches {query}, which was to have nothing new after {after}"
                )
            }
        }
    }
}
