//! Finding out what serde reads, by watching it read.
//!
//! *Problem.* What a type looks like in JSON is known only to its `Deserialize` impl: to the
//! attributes of a derive, or to code written by hand. *Invariant.* Nothing is guessed: what a
//! [`Shape`] says was asked for by that impl; where it cannot be watched, the form is
//! [`Shape::Any`]. The watching ends if the impl panics and panics unwind, and if it asks for ever;
//! not if it loops without asking. *Shape.* A place in the form is a path of [steps](step::Step) from
//! the outermost value. A [`Run`](run::Run) has the type read from a [`Reader`](reader::Reader) that
//! hands it just what leads along one path, notes what is asked at its end, and breaks off with an
//! error, so that no value of the type is needed. The [`Explorer`](explore::Explorer) starts runs until
//! it knows all places. Where a value is needed on the way, [samples](sample::Samples) are tried until
//! one is taken; at a [leaf], too, as the form tells which one. Which [fields](object) may be left out,
//! and which names mean the same one, is told by the errors that serde makes for missing and for doubled
//! fields.

mod access;
mod answers;
mod around;
mod deserializer;
mod error;
mod explore;
mod leaf;
mod object;
mod reader;
mod run;
mod sample;
mod step;
#[cfg(test)]
mod tests;
mod values;

#[cfg(feature = "schema")]
pub(super) use values::first_sample;

use serde::de::DeserializeOwned;

use self::error::Error;
use self::explore::Explorer;
use self::reader::Reader;
use super::Shape;

impl Shape {
    /// The form that serde reads a type from.
    ///
    /// The `Deserialize` impl of the type is run, many times, on made-up values; so it should do
    /// nothing but read. It takes microseconds to milliseconds: do it once. An impl that panics is taken
    /// for one that cannot be watched, though the panic hook tells of it, and with `panic = "abort"` it
    /// ends the process; one that loops without reading on hangs.
    ///
    /// ```
    /// use factum_core::schema::Shape;
    ///
    /// #[derive(serde::Deserialize)]
    /// #[serde(rename_all = "camelCase")]
    /// struct Guest {
    ///     full_name: String,
    ///     #[serde(default, alias = "age")]
    ///     years: u8,
    /// }
    ///
    /// let shown: Vec<_> = Shape::of::<Guest>().lines().iter().map(ToString::to_string).collect();
    /// assert_eq!(shown, ["fullName: string", "years? (or age): u8"]);
    /// ```
    pub fn of<T: DeserializeOwned>() -> Self {
        Explorer::new(read::<T>).shape()
    }
}

/// All that is specific to a type, so that the rest is compiled once.
fn read<T: DeserializeOwned>(reader: Reader<'_>) -> Result<(), Error> {
    reader.of_type::<T>().map(drop)
}
