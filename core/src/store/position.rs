use std::fmt;

use uuid::Uuid;

use crate::EventId;

/// A place in one log. Positions only grow; two of different logs say nothing about each other, and
/// the numbers mean nothing beyond their order.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Position(u64);

impl Position {
    /// Before the first event.
    pub const START: Self = Self(0);

    /// For backends: the position with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// For backends: the number.
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", self.0)
    }
}
impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The identity of a log, made when the log is made.
#[derive(Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct LogId(Uuid);

impl LogId {
    /// The identity of a new log.
    pub fn fresh() -> Self {
        Self(Uuid::now_v7())
    }

    /// The 16 bytes that a backend keeps.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The identity with these 16 bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
impl fmt::Debug for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A number that a backend draws when it appends, and keeps with what it appended: per append, or per
/// time that the log was opened for writing. Ids of events follow from the keys of commands, which are
/// sent again after a loss, so the same event can stand at the same position of another history; its
/// stamp tells.
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, Default, Debug, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Stamp(u64);

impl Stamp {
    /// A new stamp.
    pub fn draw() -> Self {
        // The lower half of a random UUID has two fixed bits, the upper half four.
        let (high, low) = Uuid::new_v4().as_u64_pair();
        Self(high ^ low.rotate_left(32))
    }

    /// For backends: the stamp with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// For backends: the number.
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// What a consumer keeps of how far it has come: the log, the position, and what stands there, so that
/// a log that went backwards is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Mark {
    /// Which log.
    pub log: LogId,
    /// How far.
    pub position: Position,
    /// The event at the position; `None` before the first event, and for one that is damaged.
    pub event: Option<EventId>,
    /// The stamp of that event.
    pub stamp: Stamp,
}

impl Mark {
    /// Before the first event of a log.
    pub const fn start(log: LogId) -> Self {
        Self { log, position: Position::START, event: None, stamp: Stamp::new(0) }
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.event {
            Some(event) => write!(f, "event {event} at {} of log {}", self.position, self.log),
            None if self.position == Position::START => write!(f, "the start of log {}", self.log),
            None => write!(f, "a damaged event at {} of log {}", self.position, self.log),
        }
    }
}

/// The log no longer has what a consumer has seen: a tail was lost, a backup was put back, or it is
/// another log. What was built from it may be wrong, and has to be built again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the log went backwards: {seen} was seen, but now there is {found}; \
     what was built from it has to be built anew, a view by raising its projection's version"
)]
pub struct Rewound {
    /// What the consumer had seen.
    pub seen: Mark,
    /// What stands there now, or the end of the log where that lies before.
    pub found: Mark,
}
