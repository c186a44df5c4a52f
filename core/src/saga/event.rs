use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Act, Answer, Kept, Operation};
use crate::codec::{self, DecodeError, EncodeError};
use crate::store::Recorded;
use crate::{Event, EventId, EventType, Position, Timestamp};

/// What is written about an instance of a saga, each to its stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SagaEvent {
    /// It reacted to an event: `saga.reacted`.
    Reacted(Reacted),
    /// A command that it had sent was answered: `saga.answered`.
    Answered(Resolved),
    /// A command could not be sent, and is tried again: `saga.postponed`.
    Postponed(Postponed),
    /// A timer was due: `saga.fired`.
    Fired(Fired),
    /// It cannot go on without a person: `saga.stalled`.
    Stalled(Stalled),
    /// A person did something: `saga.operated`.
    Operated(Operated),
}

/// A reaction to an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reacted {
    /// To which.
    pub cause: Cause,
    /// What the instance belongs to.
    pub correlation: Uuid,
    /// What follows.
    pub told: Told,
}

/// Where an event stands to which a saga reacted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// Its id.
    pub id: EventId,
    /// Its persisted name.
    pub name: String,
    /// Its stream.
    pub stream: String,
    /// Its position.
    pub position: Position,
}

impl Cause {
    /// That event.
    pub fn of(recorded: &Recorded) -> Self {
        let Recorded { at, name, .. } = recorded;
        let (name, stream) = (name.to_string(), at.stream.to_string());
        Self { id: at.event_id(), name, stream, position: at.position }
    }
}

/// What the user's code said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// When.
    pub time: Timestamp,
    /// The state after it; nothing if it stayed the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Kept>,
    /// What follows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acts: Vec<Act>,
}

impl Told {
    /// That nothing follows but this.
    pub fn only(time: Timestamp, acts: Vec<Act>) -> Self {
        Self { time, state: None, acts }
    }
}

/// The answer to a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolved {
    /// The number of the errand.
    pub errand: u32,
    /// What became of it.
    pub answer: Answer,
    /// Whether what undoes it is to be kept: it has happened, or may have.
    pub keep_undo: bool,
    /// What follows.
    pub told: Told,
}

/// A command that is tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Postponed {
    /// The number of the errand.
    pub errand: u32,
    /// When it failed.
    pub time: Timestamp,
    /// How.
    pub problem: String,
    /// When it is tried again.
    pub until: Timestamp,
}

/// A timer that was due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fired {
    /// Its name.
    pub timer: String,
    /// What follows.
    pub told: Told,
}

/// Why an instance cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stalled {
    /// When that was found.
    pub time: Timestamp,
    /// Why.
    pub reason: String,
    /// The event that it cannot take in, if it is that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
}

/// What a person did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operated {
    /// When.
    pub time: Timestamp,
    /// What.
    pub operation: Operation,
    /// Who.
    pub by: String,
}

impl SagaEvent {
    /// When it was decided.
    pub fn time(&self) -> Timestamp {
        match self {
            Self::Reacted(event) => event.told.time,
            Self::Answered(event) => event.told.time,
            Self::Postponed(event) => event.time,
            Self::Fired(event) => event.told.time,
            Self::Stalled(event) => event.time,
            Self::Operated(event) => event.time,
        }
    }
}

const fn first(name: &'static str) -> EventType {
    EventType { name, version: 1 }
}

const REACTED: EventType = first("saga.reacted");
const ANSWERED: EventType = first("saga.answered");
const POSTPONED: EventType = first("saga.postponed");
const FIRED: EventType = first("saga.fired");
const STALLED: EventType = first("saga.stalled");
const OPERATED: EventType = first("saga.operated");

impl Event for SagaEvent {
    const TYPES: &'static [EventType] = &[REACTED, ANSWERED, POSTPONED, FIRED, STALLED, OPERATED];

    fn event_type(&self) -> EventType {
        match self {
            Self::Reacted(_) => REACTED,
            Self::Answered(_) => ANSWERED,
            Self::Postponed(_) => POSTPONED,
            Self::Fired(_) => FIRED,
            Self::Stalled(_) => STALLED,
            Self::Operated(_) => OPERATED,
        }
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Self::Reacted(event) => codec::write_json(event, out),
            Self::Answered(event) => codec::write_json(event, out),
            Self::Postponed(event) => codec::write_json(event, out),
            Self::Fired(event) => codec::write_json(event, out),
            Self::Stalled(event) => codec::write_json(event, out),
            Self::Operated(event) => codec::write_json(event, out),
        }
    }

    fn decode(name: &str, version: u32, payload: &[u8]) -> Result<Self, DecodeError> {
        if version != 1 {
            return Err(DecodeError::unknown::<Self>(name, version));
        }
        match name {
            "saga.reacted" => codec::read_json(payload).map(Self::Reacted),
            "saga.answered" => codec::read_json(payload).map(Self::Answered),
            "saga.postponed" => codec::read_json(payload).map(Self::Postponed),
            "saga.fired" => codec::read_json(payload).map(Self::Fired),
            "saga.stalled" => codec::read_json(payload).map(Self::Stalled),
            "saga.operated" => codec::read_json(payload).map(Self::Operated),
            _ => Err(DecodeError::unknown::<Self>(name, version)),
        }
    }
}
