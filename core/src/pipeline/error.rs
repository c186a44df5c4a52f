use std::time::Duration;

use crate::codec::{BadEvent, EncodeError};
use crate::names::BadName;
use crate::store::{Conflict, Position, Refused, StoreError};
use crate::{BadId, Key, StreamName};

/// Why a command was not accepted.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError<E> {
    /// The aggregate said no: the user's own error.
    #[error(transparent)]
    Rejected(E),
    /// The app was started without the aggregate. Nothing was decided.
    #[error("the app has no aggregate {aggregate}: add `.aggregate::<…>()` before `.start()`")]
    Unregistered {
        /// The aggregate's name.
        aggregate: &'static str,
    },
    /// The command's id cannot name a stream. Nothing was decided.
    #[error("command {command}: {problem}")]
    Target {
        /// The command's persisted name.
        command: &'static str,
        /// What is wrong with the id.
        problem: BadName,
    },
    /// Others kept changing the aggregate. Nothing was stored.
    #[error("command {command} met a conflict {attempts} times, at last: {conflict}")]
    Conflict {
        /// The command's id.
        command: Key,
        /// How often it was decided.
        attempts: u32,
        /// The last conflict.
        conflict: Conflict,
    },
    /// The id was used for another command. Nothing was stored.
    #[error("the id {command} was used for another command: give every command an id of its own")]
    KeyReused {
        /// The id.
        command: Key,
    },
    /// What follows from it cannot be stored, whatever the log holds. Nothing was.
    #[error("command {command}: {refused}")]
    Refused {
        /// The command's id.
        command: Key,
        /// Why not.
        refused: Refused,
    },
    /// An event that follows from it cannot be written as JSON. Nothing was stored.
    #[error("command {command}: event {event} {problem}")]
    Encode {
        /// The command's id.
        command: Key,
        /// The event's persisted name.
        event: &'static str,
        /// Why not.
        problem: EncodeError,
    },
    /// An event that follows from it has a tag that cannot be stored. Nothing was.
    #[error("command {command}: event {event}: {problem}")]
    Tag {
        /// The command's id.
        command: Key,
        /// The event's persisted name.
        event: &'static str,
        /// What is wrong with the tag.
        problem: BadName,
    },
    /// The user's code panicked: in deciding, applying, or writing command or events as JSON. Nothing
    /// was stored.
    #[error("the code of the aggregate panicked on command {command}: {message}")]
    Panicked {
        /// The command's id.
        command: Key,
        /// What it said.
        message: String,
    },
    /// The aggregate could not be loaded. Nothing was stored.
    #[error("command {command} was not decided: {source}")]
    Load {
        /// The command's id.
        command: Key,
        /// Why not.
        source: LoadError,
    },
    /// The command was accepted before, but what it led to cannot be read. Do not send it under
    /// another id.
    #[error(
        "command {command} was accepted, at {position}, but its events cannot be read: {source}"
    )]
    Unreadable {
        /// The command's id.
        command: Key,
        /// Where its commit ends.
        position: Position,
        /// Why they cannot be read.
        source: LoadError,
    },
    /// The store failed. Where [`outcome_unknown`](Self::outcome_unknown) is true the command may
    /// have been accepted.
    #[error("command {command}: {source}")]
    Store {
        /// The command's id: send it again under this id to find out.
        command: Key,
        /// How.
        source: StoreError,
    },
    /// The app was stopped before. Nothing was decided.
    #[error("the app is stopped: command {command} was not decided")]
    Closed {
        /// The command's id.
        command: Key,
    },
    /// The runtime went away before the answer. The command may have been accepted.
    #[error("the app stopped before command {command} was answered: send it again under its id")]
    Stopped {
        /// The command's id.
        command: Key,
    },
}

impl<E> SendError<E> {
    /// Whether the command may have been accepted all the same. Sending it again under its id is
    /// always safe.
    pub fn outcome_unknown(&self) -> bool {
        match self {
            Self::Store { source, .. } => source.outcome_unknown(),
            Self::Stopped { .. } => true,
            _ => false,
        }
    }

    /// How long to wait before the next try, where a breaker before the store says so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Store { source, .. }
            | Self::Load { source: LoadError::Store(source), .. }
            | Self::Unreadable { source: LoadError::Store(source), .. } => source.retry_after(),
            _ => None,
        }
    }
}

/// Why an aggregate could not be loaded.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// An event of its stream is not understood.
    #[error(transparent)]
    Event(Box<BadEvent>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its id cannot name a stream.
    #[error(transparent)]
    Id(#[from] BadName),
    /// Its id does not fit.
    #[error(transparent)]
    Key(#[from] BadId),
    /// The user's code panicked while it applied an event that has happened.
    #[error(
        "the code of the aggregate panicked on revision {revision} of stream {stream}: {message}"
    )]
    Panicked {
        /// The stream.
        stream: StreamName,
        /// The event's revision.
        revision: u64,
        /// What it said.
        message: String,
    },
}

impl From<BadEvent> for LoadError {
    fn from(bad: BadEvent) -> Self {
        Self::Event(Box::new(bad))
    }
}
