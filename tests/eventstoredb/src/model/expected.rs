//! What a writer expects of a stream, and how a write ends.

use std::sync::Arc;

use super::record::Record;

/// What a writer expects of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Nothing.
    Any,
    /// That nothing was written to it yet.
    NoStream,
    /// That it has events or metadata, and is not deleted.
    Exists,
    /// The number of its last event.
    Revision(u64),
}

impl Expected {
    /// As a signed number, as the protocol writes it in details of errors.
    #[must_use]
    pub fn as_number(self) -> i64 {
        match self {
            Self::NoStream => -1,
            Self::Any => -2,
            Self::Exists => -4,
            Self::Revision(number) => i64::try_from(number).unwrap_or(i64::MAX),
        }
    }
}

/// How a write ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// The number of the stream's last event, if it has any.
    pub revision: Option<u64>,
    /// The position of the last event written; none if there was none.
    pub position: Option<u64>,
}

impl Written {
    /// The write that ended with `record`.
    #[must_use]
    pub fn ending_with(record: &Arc<Record>) -> Self {
        Self { revision: Some(record.revision()), position: Some(record.position) }
    }
}

/// Why a write was refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refused {
    /// The stream is not what its writer expected.
    #[error(
        "stream {stream} is at {current:?}, not at {expected:?}: read it again and decide anew"
    )]
    WrongVersion {
        /// The stream.
        stream: String,
        /// What was expected.
        expected: Expected,
        /// The number of its last event.
        current: Option<u64>,
    },
    /// The stream was deleted.
    #[error("stream {0} is deleted: write to another")]
    Deleted(String),
    /// The file could not be written.
    #[error("cannot write to the file of the log: {0}")]
    File(String),
}
