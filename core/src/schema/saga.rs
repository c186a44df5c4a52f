//! What a saga persists, hears and sends.

use super::{CommandSchema, Docs, EventSchema, SampleReader, Shape};
use crate::saga::{Hears, Saga, Sends};

/// A saga.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SagaSchema {
    /// Its name.
    pub name: &'static str,
    /// The Rust type of its state.
    pub rust_type: &'static str,
    /// The version of the form of its state, from 1.
    pub version: u32,
    /// What the source says about it.
    pub docs: Docs,
    /// The form of its state.
    pub state: Shape,
    /// The events that it hears.
    pub hears: Vec<HeardSchema>,
    /// The commands that it may send.
    pub sends: Vec<SentSchema>,
    /// Reads samples of states, of all versions.
    pub read: SampleReader,
}

/// An event that a saga hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeardSchema {
    /// Which.
    pub event: EventSchema,
    /// Whether an instance begins with it.
    pub starts: bool,
}

/// A command that a saga may send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentSchema {
    /// Which.
    pub command: CommandSchema,
    /// The name of the aggregate that it goes to; none if a step carries it out.
    pub aggregate: Option<&'static str>,
    /// Whether the saga takes the answer itself.
    pub answered: bool,
}

impl SagaSchema {
    /// Describes a saga.
    pub fn of<S: Saga>() -> Self {
        let heard = |(event, starts)| HeardSchema { event, starts };
        let sends = Sends::<S>::of();
        let sent = sends.listed().iter().map(|listed| SentSchema {
            command: listed.schema(),
            aggregate: listed.aggregate,
            answered: sends.hears_answers_to(listed.command),
        });
        Self {
            name: S::NAME,
            rust_type: std::any::type_name::<S>(),
            version: S::VERSION,
            docs: S::docs(),
            state: S::form().shape(),
            hears: Hears::<S>::of().schemas().into_iter().map(heard).collect(),
            sends: sent.collect(),
            read: SampleReader::of_saga::<S>(),
        }
    }

    /// The commands that steps carry out for it.
    pub fn calls(&self) -> impl Iterator<Item = &CommandSchema> {
        self.sends.iter().filter(|sent| sent.aggregate.is_none()).map(|sent| &sent.command)
    }
}
