//! What the forms of persisted things are: of events, commands, snapshots, sagas and rows.
//!
//! *Problem.* What is stored today is read for years, yet the types that say how are changed every
//! week. *Invariant.* A description tells what serde really reads, nested types and field attributes
//! included, because serde itself is asked: [`Shape::of`] watches a type read itself. *Shape.* A
//! [`Shape`] is the JSON form of one value, and [`Shape::lines`] its flat, comparable text;
//! [`Description`] is a whole app. The lock file and the documents of an app are made from it.

mod describe;
#[cfg(feature = "schema")]
pub mod documents;
mod lines;
#[cfg(feature = "schema")]
pub mod lock;
mod path;
mod saga;
mod sample;
mod shape;
mod trace;

pub use describe::{
    AggregateSchema, CommandSchema, Description, Docs, EventSchema, PastForm, ProjectionSchema,
    SnapshotSchema, TagSchema,
};
pub use lines::Line;
pub use saga::{HeardSchema, SagaSchema, SentSchema};
pub use sample::{SampleReader, Unread};
pub use shape::{Again, Checked, Choice, Field, Float, Integer, Object, Shape, Variant};
