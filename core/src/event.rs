//! Events: what happened.

use crate::codec::{DecodeError, EncodeError};
use crate::names::{self, BadName};
use crate::schema::EventSchema;
use crate::store::{LogId, Mark, Metadata, Position, Stamp};
use crate::{EventId, Key, StreamName, Tags, Timestamp};

/// The events of a context: a closed `enum`, so that a forgotten event is a compile error.
///
/// `#[derive(Event)]` writes the impl. The payload of an event is its variant's fields as a JSON
/// object; the enum's own serde impls are neither used nor required.
///
/// ```
/// use factum_core::codec::{self, DecodeError, EncodeError};
/// use factum_core::{Event, EventType};
///
/// enum Lamp { Lit { watts: u32 } }
///
/// impl Event for Lamp {
///     const TYPES: &'static [EventType] = &[EventType { name: "lamp.lit", version: 1 }];
///     fn event_type(&self) -> EventType { Self::TYPES[0] }
///     fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
///         let Lamp::Lit { watts } = self;
///         codec::write_json(&std::collections::BTreeMap::from([("watts", watts)]), out)
///     }
///     fn decode(name: &str, version: u32, payload: &[u8]) -> Result<Self, DecodeError> {
///         match (name, version) {
///             ("lamp.lit", 1) => {
///                 let fields: std::collections::BTreeMap<String, u32> = codec::read_json(payload)?;
///                 Ok(Lamp::Lit { watts: fields.get("watts").copied().unwrap_or(0) })
///             }
///             _ => Err(DecodeError::unknown::<Self>(name, version)),
///         }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event",
    label = "not an event",
    note = "write `#[derive(Event)]` on the enum and `#[event(\"context.event\")]` on each variant"
)]
pub trait Event: Sized + Send + Sync + 'static {
    /// The names that this enum writes, each with the version of its payload's form.
    const TYPES: &'static [EventType];

    /// The names under which events were written before, each with the name of today.
    const WAS: &'static [(&'static str, &'static str)] = &[];

    /// The name and version under which this event is written.
    fn event_type(&self) -> EventType;

    /// The names of the tags that its events carry.
    const TAGS: &'static [&'static str] = &[];

    /// What the event is about, beside its stream.
    ///
    /// # Errors
    /// [`BadName`] if a value cannot be that of a tag.
    fn tags(&self) -> Result<Tags, BadName> {
        Ok(Tags::none())
    }

    /// Appends the payload, a JSON object, to `out`.
    ///
    /// # Errors
    /// [`EncodeError`] if a field cannot be written.
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError>;

    /// The event with this name, version and payload.
    ///
    /// # Errors
    /// [`DecodeError`] if the name or version is unknown, or the payload is not what it expects.
    fn decode(name: &str, version: u32, payload: &[u8]) -> Result<Self, DecodeError>;

    /// What becomes of an event of this name, of today or before, in a newer form than this code
    /// knows.
    fn newer(_name: &str) -> Newer {
        Newer::Fail
    }

    /// Describes the events, in the order of [`TYPES`](Self::TYPES).
    fn schemas() -> Vec<EventSchema> {
        EventSchema::opaque::<Self>()
    }
}

/// What becomes of an event that newer code wrote in a newer form, while old code still runs.
///
/// An event whose *name* is unknown is never skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Newer {
    /// It is an error: an aggregate is not loaded past it, and a projection stops at it.
    #[default]
    Fail,
    /// It is left out where states are folded and histories are read, and counted: see
    /// [`codec::skipped`](crate::codec::skipped). For events that inform and that nothing is decided
    /// on. A projection stops at it all the same, since its rows would lack it for good.
    Skip,
}

/// The contexts of an enum's events, those of old names among them, each once, in order.
pub fn contexts<E: Event>() -> Vec<&'static str> {
    let names = E::TYPES.iter().map(|event| event.name).chain(E::WAS.iter().map(|(was, _)| *was));
    let mut contexts: Vec<_> = names.map(names::context_of).collect();
    contexts.sort_unstable();
    contexts.dedup();
    contexts
}

/// The persisted name and version of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventType {
    /// The name, `context.event`.
    pub name: &'static str,
    /// The version of the payload's form, from 1.
    pub version: u32,
}

/// Where and how a stored event came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// In which log.
    pub log: LogId,
    /// At which position of the log.
    pub position: Position,
    /// In which stream.
    pub stream: StreamName,
    /// At which revision of the stream.
    pub revision: u64,
    /// The key of its commit: the id of the command.
    pub key: Key,
    /// Its place in its commit, from 0.
    pub index: u32,
    /// What the backend drew when it was appended.
    pub stamp: Stamp,
    /// What it is about, beside its stream.
    pub tags: Tags,
    /// What is known about its commit.
    pub meta: Metadata,
}

impl Origin {
    /// The id of the stream, without its category: the aggregate's id.
    pub fn id(&self) -> &str {
        self.stream.id()
    }

    /// When it was decided.
    pub fn time(&self) -> Timestamp {
        self.meta.time
    }

    /// The event's id.
    pub fn event_id(&self) -> EventId {
        self.key.event(self.index)
    }

    /// What it belongs to: see [`Metadata::correlation`].
    pub fn correlation(&self) -> uuid::Uuid {
        self.meta.correlation.unwrap_or(self.key.uuid())
    }

    /// What a consumer that has seen the event keeps.
    pub fn mark(&self) -> Mark {
        let event = Some(self.event_id());
        Mark { log: self.log, position: self.position, event, stamp: self.stamp }
    }
}

/// A stored event, decoded.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored<E> {
    /// What happened.
    pub event: E,
    /// Where and how.
    pub at: Origin,
}
