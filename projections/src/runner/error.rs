use std::time::Duration;

use factum_core::codec::{DecodeError, EncodeError};
use factum_core::projection::SourceError;
use factum_core::store::{Position, Recorded, StoreError};
use factum_core::view::{ViewError, ViewId};
use factum_core::{BadId, EventName, StreamName};

use crate::status::Life;

/// Why a projection stopped. The view keeps the rows that were committed before.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProjectionError {
    /// An event could not be taken in. Everything before it was.
    #[error(transparent)]
    Event(Box<FailedEvent>),
    /// The log could not be read, or went backwards.
    #[error("view {view} cannot follow the log: {source}")]
    Log {
        /// Which view.
        view: ViewId,
        /// Why.
        source: StoreError,
    },
    /// Rows could not be read or written, or somebody else writes them.
    #[error(transparent)]
    Rows(#[from] ViewError),
    /// A row has no JSON form.
    #[error("view {view}, row {key:?} {problem}")]
    Row {
        /// Which view.
        view: ViewId,
        /// Which row.
        key: String,
        /// Why.
        problem: EncodeError,
    },
    /// The slice that was to do something was taken by another process meanwhile.
    #[error("view {view}: another process has just taken the slice that this concerns; ask again")]
    Moved {
        /// Which view.
        view: ViewId,
    },
    /// Rows changed with a command meanwhile.
    #[error("view {view}: a command has just changed it; ask again")]
    Overtaken {
        /// Which view.
        view: ViewId,
    },
    /// A row cannot be built anew, as events of it are parked.
    #[error(
        "view {view}, row {key:?}: events of it are parked; try them again, or give them up, before it is \
         built anew"
    )]
    RowWaits {
        /// Which view.
        view: ViewId,
        /// Which row.
        key: String,
    },
    /// What is to be kept of a parked event has no JSON form.
    #[error("the event at {position} cannot be parked: its key {problem}")]
    Parked {
        /// The event's position.
        position: Position,
        /// Why.
        problem: EncodeError,
    },
    /// The user's code panicked while a row was written.
    #[error("view {view} stopped, its code panicked while rows were written: {message}")]
    Panicked {
        /// Which view.
        view: ViewId,
        /// What the panic said.
        message: String,
    },
    /// The projection did not come to an end in the time that it was given, and was cut short.
    #[error(
        "view {view} did not finish within {within:?} and was cut short; what it had in hand is taken in \
         again at its next start, once its leases have run out if it has such"
    )]
    CutShort {
        /// Which view.
        view: ViewId,
        /// How long it had.
        within: Duration,
    },
    /// The projection was stopped, or its runner dropped.
    #[error("view {view} was stopped")]
    Stopped {
        /// Which view.
        view: ViewId,
    },
}

impl ProjectionError {
    /// Whether the same may work later without anybody doing anything.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self, Self::Rows(ViewError::Store { source, .. }) if source.is_transient())
    }

    /// Whether what was asked for may work later, so that whoever does it goes on.
    pub(super) fn passes(&self) -> bool {
        match self {
            Self::Log { source, .. } => source.is_transient(),
            Self::RowWaits { .. } | Self::Moved { .. } | Self::Overtaken { .. } => true,
            other => other.is_transient(),
        }
    }

    /// How a projection is that ended with this.
    pub(super) fn life(&self) -> Life {
        match self {
            Self::Stopped { .. } => Life::Stopped,
            Self::Panicked { .. } => Life::Died(self.to_string()),
            other => Life::Ended(other.to_string()),
        }
    }

    /// Whether the log no longer has what the rows were built from.
    pub(super) fn is_rewound(&self) -> bool {
        matches!(self, Self::Log { source: StoreError::Rewound(_), .. })
    }
}

/// An event that a projection could not take in, and did not park, as there is no room for more.
#[derive(Clone, Debug, thiserror::Error)]
#[error(
    "view {view} stopped before event {name} at {position}, revision {revision} of stream {stream}: \
     {problem}; so many keys wait behind parked events that no more are parked: mend the code, start \
     again and try them again, and raise the projection's version if rows that are there were \
     projected wrongly"
)]
pub struct FailedEvent {
    /// Which view.
    pub view: ViewId,
    /// The event's name.
    pub name: EventName,
    /// In which stream.
    pub stream: StreamName,
    /// Its revision.
    pub revision: u64,
    /// Its position.
    pub position: Position,
    /// What is wrong.
    pub problem: EventProblem,
}

impl FailedEvent {
    pub(super) fn new(view: ViewId, event: &Recorded, problem: EventProblem) -> Self {
        Self {
            view,
            name: event.name.clone(),
            stream: event.at.stream.clone(),
            revision: event.at.revision,
            position: event.at.position,
            problem,
        }
    }
}

/// Why an event could not be taken in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventProblem {
    /// It could not be decoded.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// Its key does not fit the key field of the row.
    #[error("the row's key does not fit: {0}")]
    Key(#[from] BadId),
    /// `project` panicked.
    #[error("`project` panicked: {0}")]
    Panic(String),
    /// Another reason, which newer code of the core gives.
    #[error(transparent)]
    Source(SourceError),
}

impl From<SourceError> for EventProblem {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Event(bad) => Self::Decode(bad.problem),
            SourceError::Key(bad) => Self::Key(bad),
            other => Self::Source(other),
        }
    }
}
