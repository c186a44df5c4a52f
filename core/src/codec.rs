//! How events become bytes, and back.
//!
//! *Problem.* What is written today is read for years, by code that nobody has written yet.
//! *Invariant.* Bytes that are not understood are an error that says where they stand; they never
//! become a wrong event and never vanish. *Shape.* The payload is a JSON object under a persisted
//! name and version.

mod form;
mod seen;
mod skipped;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use form::{Form, JsonForm};
pub use seen::{Decoded, Seen};
pub use skipped::{Skipped, skipped};

use crate::event::Newer;
use crate::store::{Position, Recorded};
use crate::{Event, EventName, StreamName};

/// A value that cannot be written as JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot be written as JSON: {0}")]
pub struct EncodeError(String);

impl EncodeError {
    pub(crate) fn new(problem: impl std::fmt::Display) -> Self {
        Self(problem.to_string())
    }
}

/// Bytes that are not the event that their name promises.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// No event of the enum has this name.
    #[error("`{event}` has no event named {name}: was it written by newer code?")]
    UnknownName {
        /// The name.
        name: String,
        /// The Rust type that was to hold it.
        event: &'static str,
    },
    /// The enum knows the name, but not this version.
    #[error("`{event}` does not know version {version} of {name}: was it written by newer code?")]
    UnknownVersion {
        /// The name.
        name: String,
        /// The version.
        version: u32,
        /// The Rust type that was to hold it.
        event: &'static str,
    },
    /// The payload is not what the event expects.
    #[error("the payload does not fit: {0}")]
    Payload(String),
}

impl DecodeError {
    /// The error for a name or version that `E` does not know.
    pub fn unknown<E: Event>(name: &str, version: u32) -> Self {
        let known = version_of::<E>(name).is_some();
        let (name, event) = (name.to_owned(), std::any::type_name::<E>());
        if known {
            Self::UnknownVersion { name, version, event }
        } else {
            Self::UnknownName { name, event }
        }
    }
}

/// Which stored event could not be decoded, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("event {name} at {position}, revision {revision} of stream {stream}: {problem}")]
pub struct BadEvent {
    /// In which stream.
    pub stream: StreamName,
    /// Its revision.
    pub revision: u64,
    /// Its position.
    pub position: Position,
    /// Its name.
    pub name: EventName,
    /// What is wrong.
    pub problem: DecodeError,
}

impl BadEvent {
    /// What is wrong with a stored event.
    pub fn new(recorded: &Recorded, problem: DecodeError) -> Self {
        Self {
            stream: recorded.at.stream.clone(),
            revision: recorded.at.revision,
            position: recorded.at.position,
            name: recorded.name.clone(),
            problem,
        }
    }
}

/// Appends the JSON of a value to `out`.
///
/// # Errors
/// [`EncodeError`] if the value has no JSON form.
pub fn write_json<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    serde_json::to_writer(out, value).map_err(EncodeError::new)
}

/// Reads a value from JSON.
///
/// # Errors
/// [`DecodeError::Payload`], with the line and column.
pub fn read_json<T: DeserializeOwned>(json: &[u8]) -> Result<T, DecodeError> {
    serde_json::from_slice(json).map_err(|error| DecodeError::Payload(error.to_string()))
}

/// Reads the fields of an event from a JSON object. Where serde would also take an array for a
/// struct, this does not: the payload of an event is an object.
///
/// # Errors
/// [`DecodeError::Payload`], with the line and column.
pub fn read_fields<T: DeserializeOwned>(json: &[u8]) -> Result<T, DecodeError> {
    match json.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') | None => read_json(json),
        Some(_) => Err(DecodeError::Payload("expected a JSON object".to_owned())),
    }
}

/// Decodes a stored event.
///
/// # Errors
/// [`BadEvent`], which says where the event stands and what is wrong.
pub fn decode<E: Event>(recorded: &Recorded) -> Result<E, BadEvent> {
    E::decode(&recorded.name, recorded.version, &recorded.payload)
        .map_err(|problem| BadEvent::new(recorded, problem))
}

/// Decodes a stored event; none where it is in a newer form than this code knows and says that such
/// ones may be left out ([`Newer::Skip`]). [`skipped`] counts those.
///
/// # Errors
/// As [`decode`].
pub fn decode_or_skip<E: Event>(recorded: &Recorded) -> Result<Option<E>, BadEvent> {
    match decode(recorded) {
        Ok(event) => Ok(Some(event)),
        Err(BadEvent { problem: DecodeError::UnknownVersion { .. }, .. })
            if may_skip::<E>(recorded) =>
        {
            skipped::count::<E>(recorded);
            Ok(None)
        }
        Err(bad) => Err(bad),
    }
}

fn may_skip<E: Event>(recorded: &Recorded) -> bool {
    version_of::<E>(&recorded.name).is_some_and(|known| recorded.version > known)
        && E::newer(&recorded.name) == Newer::Skip
}

/// The version of this name's form, or of the name that it has today.
fn version_of<E: Event>(name: &str) -> Option<u32> {
    let today = E::WAS.iter().find(|(was, _)| *was == name).map_or(name, |(_, now)| now);
    E::TYPES.iter().find(|known| known.name == today).map(|known| known.version)
}
