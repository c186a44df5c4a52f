//! What generated code names. Not for use by hand: all of it is public elsewhere.

pub use core::any::type_name;
pub use core::convert::Infallible;
pub use core::default::Default;
pub use core::marker::PhantomData;
pub use core::option::Option::{self, Some};
pub use core::result::Result::{self, Err, Ok};
pub use std::borrow::{Cow, ToOwned};
use std::ops::Deref;
pub use std::vec::Vec;

pub use factum_core::aggregate::start_state;
pub use factum_core::codec::{DecodeError, EncodeError, Form, JsonForm, read_fields, write_json};
pub use factum_core::event::Newer;
pub use factum_core::names::BadName;
pub use factum_core::saga::{Hears, Saga, Sends, SentBy, Starts, unknown_version};
pub use factum_core::schema::{Docs, EventSchema, PastForm, Shape, TagSchema};
pub use factum_core::snapshot::{SnapshotPolicy, fingerprint};
pub use factum_core::tags::{Tag, TagValue, Tags};
pub use factum_core::upcast::{Fields, step, today};
pub use factum_core::view::{Column, ColumnSpec, Indexable, Indexed, NotIndexed, Value};
pub use factum_core::{
    Aggregate, Apply, BadId, Command, Commands, Context, Decision, Event, EventType, Handle, Id,
    projection::{Projection, Sources},
};
pub use factum_core::{Project, SentTo};
pub use serde;

/// The payload of an event without fields.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct NoFields {}

/// How the fields of a variant are written, read and described.
#[derive(Debug)]
pub struct VariantForm<W, R> {
    pub write: W,
    pub read: fn(&[u8]) -> Result<R, DecodeError>,
    pub shape: fn() -> Shape,
}

/// Fails a test whose files are not what the app says.
#[cfg(feature = "schema")]
#[track_caller]
#[expect(clippy::panic, reason = "a test fails by panicking")]
pub fn kept(checked: Result<(), crate::schema::KeptError>) {
    if let Err(error) = checked {
        panic!("{error}");
    }
}

/// That two enums have no context in common, by names of today and before.
///
/// # Panics
/// In a constant, where that is a compile error.
pub const fn apart<A: Event, B: Event>() {
    let mut index = 0;
    while let Some(name) = nth_name::<A>(index) {
        assert!(
            !has_context::<B>(context(name.as_bytes())),
            "the events of this enum share a context with those of an enum that is listed before it: the \
             events of a context are all in one enum"
        );
        index += 1;
    }
}

const fn has_context<E: Event>(wanted: &[u8]) -> bool {
    let mut index = 0;
    while let Some(name) = nth_name::<E>(index) {
        if same(context(name.as_bytes()), wanted) {
            return true;
        }
        index += 1;
    }
    false
}

/// The names of today, then those of before.
const fn nth_name<E: Event>(index: usize) -> Option<&'static str> {
    if let Some((_, [event, ..])) = E::TYPES.split_at_checked(index) {
        return Some(event.name);
    }
    match E::WAS.split_at_checked(index.saturating_sub(E::TYPES.len())) {
        Some((_, [(was, _), ..])) => Some(was),
        _ => None,
    }
}

/// What stands before the last dot.
const fn context(mut name: &[u8]) -> &[u8] {
    while let [before @ .., last] = name {
        name = before;
        if *last == b'.' {
            break;
        }
    }
    name
}

/// Whether a command has an id.
pub const fn has_id<A: Aggregate, C: SentTo<A>>() -> bool {
    C::HAS_ID
}

/// Whether a command has the tag.
pub const fn has_tag<A: Aggregate, C: SentTo<A>>(name: &str) -> bool {
    listed(C::TAGS, name)
}

/// Whether a list of names has this one.
pub const fn listed(mut names: &[&str], name: &str) -> bool {
    while let [first, rest @ ..] = names {
        if same(first.as_bytes(), name.as_bytes()) {
            return true;
        }
        names = rest;
    }
    false
}

/// Whether one of the lists of names has this one.
pub const fn any_lists(mut lists: &[&[&str]], name: &str) -> bool {
    while let [first, rest @ ..] = lists {
        if listed(first, name) {
            return true;
        }
        lists = rest;
    }
    false
}

/// Leads the state of a saga on by the steps from its version, of which the first leads from version 1.
///
/// # Errors
/// [`DecodeError`] if no step leads on from that version, and it is not that of today.
pub fn lead<S: Saga>(
    version: u32,
    state: Fields,
    steps: &[fn(Fields) -> Fields],
) -> Result<Fields, DecodeError> {
    let before = version.checked_sub(1).and_then(|before| usize::try_from(before).ok());
    match before.and_then(|before| steps.get(before..)) {
        Some(steps) => Ok(steps.iter().fold(state, |state, step| step(state))),
        None => Err(unknown_version::<S>(version)),
    }
}

/// A type in `sends(…)`.
#[derive(Debug)]
pub struct Sent<C>(PhantomData<fn() -> C>);

/// A type in `sends(…)`.
pub fn sent<C>() -> Sent<C> {
    Sent(PhantomData)
}

impl<C: Command> Sent<C> {
    /// Lists the command.
    pub fn to<S: Saga, A: Aggregate>(self, list: &mut Sends<S>)
    where
        C: SentTo<A> + SentBy<S>,
    {
        list.to::<A, C>();
    }
}

/// Found instead of [`Sent::to`] for a type that is no command, which is an error elsewhere: that nobody
/// takes it would be a second one.
impl<C> Deref for Sent<C> {
    type Target = NoCommand;

    fn deref(&self) -> &NoCommand {
        &NoCommand
    }
}

/// Stands for a type that is no command.
#[derive(Debug)]
pub struct NoCommand;

impl NoCommand {
    /// Lists nothing.
    pub fn to<S>(&self, _: &mut Sends<S>) {}
}

/// The value of a tag, for the field of a boundary.
///
/// # Errors
/// [`BadId`] if the field's type cannot hold it.
pub fn tag_value<T: Id>(tags: &Tags, name: &str) -> Result<T, BadId> {
    T::read(tags.value(name).unwrap_or_default())
}

const fn same(mut one: &[u8], mut other: &[u8]) -> bool {
    while let ([a, rest @ ..], [b, left @ ..]) = (one, other) {
        if *a != *b {
            return false;
        }
        (one, other) = (rest, left);
    }
    one.is_empty() && other.is_empty()
}

/// A command's fingerprint: half of the bits are enough to tell forms of one command apart.
pub const fn command_shape(fields: &[(&str, &str)]) -> u32 {
    let fingerprint = fingerprint(fields);
    // Folded, so that no bit is lost.
    (fingerprint ^ (fingerprint >> 32)) as u32
}

/// Stands for the event type of an aggregate that names none, beside the error about it.
#[derive(Clone, Debug)]
pub enum MissingEvent {}

impl Event for MissingEvent {
    const TYPES: &'static [EventType] = &[];
    fn event_type(&self) -> EventType {
        match *self {}
    }
    fn encode(&self, _: &mut Vec<u8>) -> Result<(), EncodeError> {
        match *self {}
    }
    fn decode(name: &str, version: u32, _: &[u8]) -> Result<Self, DecodeError> {
        Err(DecodeError::unknown::<Self>(name, version))
    }
}
