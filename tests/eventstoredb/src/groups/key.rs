//! What a group consumes, and its names.

use serde::{Deserialize, Serialize};

use crate::model::{Log, Visible};

/// What a group consumes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Source {
    All,
    Stream(String),
}

impl Source {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::All => "$all",
            Self::Stream(name) => name,
        }
    }
}

/// The name of a group; it is unique to its source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Key {
    pub(crate) source: Source,
    pub(crate) group: String,
}

impl Key {
    /// What a consumer is told that it is subscribed to.
    pub(crate) fn id(&self) -> String {
        format!("{}::{}", self.source.name(), self.group)
    }

    /// The stream with links to the events that were parked.
    pub(crate) fn parked_stream(&self) -> String {
        format!("$persistentsubscription-{}-parked", self.id())
    }

    /// The stream that says how far the group is.
    pub(crate) fn checkpoint_stream(&self) -> String {
        format!("$persistentsubscription-{}-checkpoint", self.id())
    }

    /// Whether an event of `stream` is the group's own bookkeeping.
    pub(crate) fn owns(&self, stream: &str) -> bool {
        stream == self.parked_stream() || stream == self.checkpoint_stream()
    }
}

/// Where a group starts that has no checkpoint, fixed when it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Begin {
    /// At this number of the stream.
    Number(u64),
    /// At this position of `$all`.
    At(u64),
    /// After this position of `$all`.
    After(u64),
}

impl Begin {
    /// The place: a number in a stream, an index in `$all`.
    pub(crate) fn place(self, log: &Log) -> u64 {
        let index = match self {
            Self::Number(number) => return number,
            Self::At(position) => log.index_of(position),
            Self::After(position) => log.index_after(position),
        };
        index.unwrap_or(log.records().len()) as u64
    }
}

/// The number of the stream's next event.
pub(crate) fn next_number(log: &Log, stream: &str) -> u64 {
    (log.last_number(stream) + 1).unsigned_abs()
}

/// The first number of the stream that can be read, from `number` on; none if nothing can.
pub(crate) fn readable_from(log: &Log, stream: &str, number: u64) -> Option<u64> {
    match log.visible(stream) {
        Visible::Events { first, .. } => Some(number.max(first)),
        Visible::Missing | Visible::Ended => None,
    }
}
