//! Whether the code of today reads a sample of what is persisted.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::codec::Form;
use crate::saga::Saga;
use crate::upcast::Fields;
use crate::{Command, Event, Projection};

/// Reads samples as the code of an event, a command, a row or a saga's state does. All are equal: what they do is no
/// part of a description.
#[derive(Clone, Copy)]
pub struct SampleReader(fn(&str, u32, &[u8]) -> Result<(), Unread>);

/// Why a sample is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unread {
    /// It is refused.
    #[error("is refused: {0}")]
    Refused(String),
    /// What reads it panicked.
    #[error("makes the code panic: {0}")]
    Panicked(String),
    /// It is read, and what is then written is not.
    #[error("is read, but what is written then cannot be: {0}")]
    NotReadAgain(String),
}

impl SampleReader {
    /// One that takes whatever it is given: for descriptions by hand.
    pub const ANYTHING: Self = Self(|_, _, _| Ok(()));

    /// That of an enum of events, upcasters included.
    pub fn of_event<E: Event>() -> Self {
        Self(event::<E>)
    }

    /// That of a command, which has neither name nor version in its JSON.
    pub fn of_command<C: Command>() -> Self {
        Self(|_, _, json| form(C::form(), json))
    }

    /// That of the rows of a projection.
    pub fn of_row<P: Projection>() -> Self {
        Self(|_, _, json| form(P::form(), json))
    }

    /// That of the states of a saga, upcasters included.
    pub fn of_saga<S: Saga>() -> Self {
        Self(state::<S>)
    }

    /// Reads a sample that is stored under this name and version, writes it as it is written today, and
    /// reads that.
    ///
    /// # Errors
    /// [`Unread`]. A panic is caught, where panics unwind.
    pub fn read(&self, name: &str, version: u32, json: &[u8]) -> Result<(), Unread> {
        catch_unwind(AssertUnwindSafe(|| (self.0)(name, version, json)))
            .unwrap_or_else(|panic| Err(Unread::Panicked(crate::panic::message(&*panic))))
    }
}

fn event<E: Event>(name: &str, version: u32, json: &[u8]) -> Result<(), Unread> {
    let event = E::decode(name, version, json).map_err(refused)?;
    let (mut written, today) = (Vec::new(), event.event_type());
    event.encode(&mut written).map_err(not_again)?;
    E::decode(today.name, today.version, &written).map(drop).map_err(not_again)
}

fn state<S: Saga>(_: &str, version: u32, json: &[u8]) -> Result<(), Unread> {
    if version == S::VERSION {
        return form(S::form(), json);
    }
    let old = Fields::from_json(json).map_err(refused)?;
    let today = S::upcast(version, old).map_err(refused)?;
    form(S::form(), today.to_string().as_bytes())
}

fn form<T>(form: Form<T>, json: &[u8]) -> Result<(), Unread> {
    let value = form.read(json).map_err(refused)?;
    let mut written = Vec::new();
    form.write(&value, &mut written).map_err(not_again)?;
    form.read(&written).map(drop).map_err(not_again)
}

fn refused(error: impl fmt::Display) -> Unread {
    Unread::Refused(error.to_string())
}

fn not_again(error: impl fmt::Display) -> Unread {
    Unread::NotReadAgain(error.to_string())
}

impl PartialEq for SampleReader {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for SampleReader {}

impl fmt::Debug for SampleReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SampleReader")
    }
}
