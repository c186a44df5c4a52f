//! The heart of **factum**: the traits that users implement, the contract that stores fulfil, and
//! the pipeline that takes a command to durable events.
//!
//! *Problem.* Every event-sourced system needs the same plumbing between a decision and the log,
//! and most of its bugs live there.
//!
//! *Invariant.* No answer leaves the pipeline before the state that it was decided on is durable.
//!
//! *Shape.* Domain code is pure and synchronous ([`Handle`], [`Apply`], [`Project`]). A store is
//! anything that implements [`EventStore`](store::EventStore). [`pipeline`] joins the two.
//! This crate does no I/O of its own. Users depend on the facade package `factum`.

pub mod aggregate;
pub mod codec;
pub mod command;
pub mod context;
pub mod decision;
pub mod event;
pub mod id;
pub mod key;
pub mod names;
pub mod panic;
pub mod pipeline;
pub mod projection;
pub mod saga;
pub mod schema;
pub mod snapshot;
pub mod store;
pub mod tags;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
pub mod time;
pub mod upcast;
pub mod view;

pub use aggregate::{Aggregate, Apply, Commands, Handle, SentTo};
pub use command::Command;
pub use context::Context;
pub use decision::{Decision, Events, emit};
pub use event::{Event, EventType, Origin, Stored};
pub use id::{BadId, Id};
pub use key::{EventId, Key};
pub use names::{BadName, EventName, StreamName};
pub use projection::{Project, Projection};
pub use store::{Mark, Position};
pub use tags::{Tag, Tags};
pub use time::Timestamp;
