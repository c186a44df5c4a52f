//! The event-sourced CQRS framework for Rust.

#[doc(hidden)]
pub mod __private;
mod derives;
pub mod prelude;

pub use derives::{Aggregate, Command, Event, Id, Projection};
pub use factum_core as core;
pub use factum_core::{
    Aggregate, Apply, BadId, BadName, Command, Commands, Context, Decision, Event, EventId,
    EventName, EventType, Events, Handle, Id, Key, Mark, Origin, Position, Project, Projection,
    SentTo, Stored, StreamName, Tag, Tags, Timestamp, emit, require,
};
pub use factum_core::{codec, names, projection, snapshot, store, view};
