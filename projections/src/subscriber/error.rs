use std::time::Duration;

use factum_core::codec::EncodeError;
use factum_core::store::{Position, Recorded, StoreError};
use factum_core::view::ViewError;
use factum_core::{EventName, StreamName};

use crate::status::Life;

/// Why a subscriber stopped, or could not be asked. What was delivered and saved before stays so.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubscriberError {
    /// The log could not be read, or went backwards.
    #[error("subscriber {subscriber} cannot follow the log: {source}")]
    Log {
        /// Which subscriber.
        subscriber: String,
        /// Why.
        source: StoreError,
    },
    /// Its checkpoint or what it has parked could not be read or written, or somebody else runs it.
    #[error("subscriber {subscriber} cannot keep how far it is: {source}")]
    Rows {
        /// Which subscriber.
        subscriber: String,
        /// Why.
        source: ViewError,
    },
    /// An event could not be delivered, and there is no room to park it.
    #[error(transparent)]
    Full(Box<FailedDelivery>),
    /// What is to be kept of a parked event has no JSON form.
    #[error(
        "subscriber {subscriber} cannot park the event at {position}: what is kept of it {problem}"
    )]
    Parked {
        /// Which subscriber.
        subscriber: String,
        /// The event's position.
        position: Position,
        /// Why.
        problem: EncodeError,
    },
    /// The code that runs it panicked; a panic of the handler parks the event instead.
    #[error("subscriber {subscriber} stopped, what runs it panicked: {message}")]
    Panicked {
        /// Which subscriber.
        subscriber: String,
        /// What the panic said.
        message: String,
    },
    /// It did not come to an end in the time that it was given, and was cut short.
    #[error(
        "subscriber {subscriber} did not finish within {within:?} and was cut short; what it had in hand \
         comes again at its next start"
    )]
    CutShort {
        /// Which subscriber.
        subscriber: String,
        /// How long it had.
        within: Duration,
    },
    /// It was stopped, or its runner dropped.
    #[error("subscriber {subscriber} was stopped")]
    Stopped {
        /// Which subscriber.
        subscriber: String,
    },
    /// Nobody runs it.
    #[error(
        "there is no subscriber {subscriber:?}: start the app with `.subscriber({subscriber:?}, …)`"
    )]
    Missing {
        /// Which subscriber.
        subscriber: String,
    },
}

impl SubscriberError {
    /// Whether the same may work later without anybody doing anything.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Log { source, .. }
            | Self::Rows { source: ViewError::Store { source, .. }, .. } => source.is_transient(),
            _ => false,
        }
    }

    /// How a subscriber is that ended with this.
    pub(super) fn life(&self) -> Life {
        match self {
            Self::Stopped { .. } => Life::Stopped,
            Self::Panicked { .. } => Life::Died(self.to_string()),
            other => Life::Ended(other.to_string()),
        }
    }

    /// Whether the log no longer has what was delivered.
    pub(super) fn is_rewound(&self) -> bool {
        matches!(self, Self::Log { source: StoreError::Rewound(_), .. })
    }
}

/// An event that a subscriber could not deliver, and did not park, as there is no room for more.
#[derive(Clone, Debug, thiserror::Error)]
#[error(
    "subscriber {subscriber} stopped before event {name} at {position}, revision {revision} of stream \
     {stream}: {problem}; so many streams wait behind parked events that no more are parked: mend what \
     fails, start again, and try them again"
)]
pub struct FailedDelivery {
    /// Which subscriber.
    pub subscriber: String,
    /// The event's name.
    pub name: EventName,
    /// In which stream.
    pub stream: StreamName,
    /// Its revision.
    pub revision: u64,
    /// Its position.
    pub position: Position,
    /// What went wrong.
    pub problem: String,
}

impl FailedDelivery {
    pub(super) fn new(subscriber: &str, event: &Recorded, problem: String) -> Self {
        Self {
            subscriber: subscriber.to_owned(),
            name: event.name.clone(),
            stream: event.at.stream.clone(),
            revision: event.at.revision,
            position: event.at.position,
            problem,
        }
    }
}
