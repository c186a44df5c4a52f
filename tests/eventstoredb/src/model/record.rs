//! Events, as the log keeps them and as a client proposes them.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use uuid::Uuid;

/// The number of the event that ends a stream for ever.
pub const TOMBSTONE: i64 = i64::MAX;
/// The type of the event that ends a stream for ever.
pub const STREAM_DELETED: &str = "$streamDeleted";
/// The type of the events in a metadata stream.
pub const METADATA: &str = "$metadata";
/// The type of an event that stands for another: `NUMBER@STREAM`.
pub const LINK: &str = "$>";

/// An event in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Where it starts in the log, in bytes: positions grow, but not by one.
    pub position: u64,
    /// The stream that it was written to.
    pub stream: String,
    /// Its number in that stream, from 0; [`TOMBSTONE`] for the event that ends the stream.
    pub number: i64,
    /// The id that its writer chose.
    pub id: Uuid,
    /// The name of its type.
    pub event_type: String,
    /// Whether `data` is said to be JSON.
    pub is_json: bool,
    /// When it was written, in 100 ns ticks since the Unix epoch.
    pub created: i64,
    /// The payload.
    pub data: Bytes,
    /// The metadata of its writer.
    pub metadata: Bytes,
}

impl Record {
    /// The bytes that it takes in the log, and so the distance to the next position.
    #[must_use]
    pub fn size(&self) -> u64 {
        let variable =
            self.stream.len() + self.event_type.len() + self.data.len() + self.metadata.len();
        64 + variable as u64
    }

    /// Its number as clients see it.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.number.unsigned_abs()
    }
}

/// An event that is to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposed {
    /// The id that its writer chose.
    pub id: Uuid,
    /// The name of its type.
    pub event_type: String,
    /// Whether `data` is said to be JSON.
    pub is_json: bool,
    /// The payload.
    pub data: Bytes,
    /// The metadata of its writer.
    pub metadata: Bytes,
}

impl Proposed {
    /// An event of the server itself, in JSON.
    #[must_use]
    pub fn system(event_type: &str, data: impl Into<Bytes>) -> Self {
        Self {
            id: Uuid::new_v4(),
            event_type: event_type.to_owned(),
            is_json: true,
            data: data.into(),
            metadata: Bytes::new(),
        }
    }

    /// An event that stands for the one at `number` of `stream`.
    #[must_use]
    pub fn link(number: i64, stream: &str, metadata: impl Into<Bytes>) -> Self {
        let data = format!("{number}@{stream}");
        Self { is_json: false, metadata: metadata.into(), ..Self::system(LINK, data) }
    }
}

/// The present time in 100 ns ticks since the Unix epoch.
#[must_use]
pub fn ticks_now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos() / 100).unwrap_or(i64::MAX)
}
