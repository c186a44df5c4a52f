//! From old forms of events to today's.
//!
//! *Problem.* An event that was stored years ago has the fields of then. *Invariant.* Each step leads
//! from one version to the next, and its types say so: a step that does not fit its neighbour does not
//! compile. *Shape.* An upcaster is a function from the form of one version to that of the next, named
//! in `#[event("context.event", version = 3, upcast(1 => first, 2 => second))]`. A form is a struct
//! that serde reads, or [`Fields`], which needs no type of the old form. The last one gives the event
//! itself, or `Fields` again.
//!
//! ```
//! use factum_core::upcast::Fields;
//!
//! fn from_v1(mut old: Fields) -> Fields {
//!     old.rename("amount", "cents");
//!     old.insert("currency", "EUR");
//!     old
//! }
//!
//! let new = from_v1(Fields::from_json(br#"{"amount":5}"#)?);
//! assert_eq!(new.to_string(), r#"{"cents":5,"currency":"EUR"}"#);
//! # Ok::<(), factum_core::codec::DecodeError>(())
//! ```

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::Event;
use crate::codec::{self, DecodeError};
use crate::schema::Shape;

/// The fields of an event as JSON.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields(Map<String, Value>);

impl Fields {
    /// Reads a JSON object.
    ///
    /// # Errors
    /// [`DecodeError::Payload`] if it is none.
    pub fn from_json(json: &[u8]) -> Result<Self, DecodeError> {
        codec::read_fields(json).map(Self)
    }

    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Gives a field a value.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.0.insert(name.into(), value.into());
    }

    /// Takes a field out.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    /// Gives a field another name, if it is there.
    pub fn rename(&mut self, from: &str, to: impl Into<String>) {
        if let Some(value) = self.0.remove(from) {
            self.0.insert(to.into(), value);
        }
    }
}

/// The JSON object.
impl fmt::Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = serde_json::to_string(&self.0).map_err(|_| fmt::Error)?;
        f.write_str(&json)
    }
}

/// What the first upcaster can take: a struct that serde reads, or [`Fields`].
#[diagnostic::on_unimplemented(
    message = "an upcaster cannot take `{Self}`",
    label = "takes `{Self}`, which is no old form",
    note = "an old form is `factum::upcast::Fields`, or a struct with `#[derive(Deserialize)]`"
)]
pub trait OldForm: Sized {
    /// Reads what is stored.
    ///
    /// # Errors
    /// [`DecodeError`] if it is not of this form.
    fn read(payload: &[u8]) -> Result<Self, DecodeError>;

    /// Describes it, where it is a type.
    fn shape() -> Option<Shape>;
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> OldForm for T {
    fn read(payload: &[u8]) -> Result<Self, DecodeError> {
        codec::read_fields(payload)
    }
    fn shape() -> Option<Shape> {
        Some(Shape::of::<T>())
    }
}

impl OldForm for Fields {
    fn read(payload: &[u8]) -> Result<Self, DecodeError> {
        Self::from_json(payload)
    }
    fn shape() -> Option<Shape> {
        None
    }
}

/// What leads to the form that the next upcaster takes: that form, or [`Fields`].
#[diagnostic::on_unimplemented(
    message = "the upcaster before gives `{Self}`, and this one takes `{Next}`",
    label = "takes `{Next}`",
    note = "give both the same type, or let the one before give `factum::upcast::Fields`"
)]
pub trait LeadsTo<Next>: Sized {
    /// The next form.
    ///
    /// # Errors
    /// [`DecodeError`] if the fields do not fit.
    fn lead(self) -> Result<Next, DecodeError>;
}

impl<T: OldForm> LeadsTo<T> for T {
    fn lead(self) -> Result<Self, DecodeError> {
        Ok(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> LeadsTo<T> for Fields {
    fn lead(self) -> Result<T, DecodeError> {
        serde_json::from_value(Value::Object(self.0))
            .map_err(|error| DecodeError::Payload(error.to_string()))
    }
}

/// What the last upcaster can give: the event, or [`Fields`] in the form of today.
#[diagnostic::on_unimplemented(
    message = "the last upcaster gives `{Self}`, not `{E}`",
    label = "gives `{Self}`",
    note = "let it give `{E}`, or `factum::upcast::Fields` in the form of today"
)]
pub trait Today<E>: Sized {
    /// The event.
    ///
    /// # Errors
    /// [`DecodeError`] if the fields do not fit.
    fn today(self, name: &str, version: u32) -> Result<E, DecodeError>;
}

impl<E: Event> Today<E> for E {
    fn today(self, _: &str, _: u32) -> Result<E, DecodeError> {
        Ok(self)
    }
}

impl<E: Event> Today<E> for Fields {
    fn today(self, name: &str, version: u32) -> Result<E, DecodeError> {
        E::decode(name, version, self.to_string().as_bytes())
    }
}

/// An upcaster, and how what it takes is read.
#[derive(Debug)]
pub struct Step<A, B> {
    upcaster: fn(A) -> B,
    read: fn(&[u8]) -> Result<A, DecodeError>,
    shape: fn() -> Option<Shape>,
}

/// Makes a step of an upcaster.
pub fn step<A: OldForm, B>(upcaster: fn(A) -> B) -> Step<A, B> {
    Step { upcaster, read: A::read, shape: A::shape }
}

impl<A, B> Step<A, B> {
    /// Goes the step from what is stored.
    ///
    /// # Errors
    /// [`DecodeError`] if it is not of the form that the upcaster takes.
    pub fn first(self, payload: &[u8]) -> Result<B, DecodeError> {
        (self.read)(payload).map(self.upcaster)
    }

    /// Goes the step from where the one before led.
    ///
    /// # Errors
    /// [`DecodeError`] if the fields do not fit.
    pub fn next<F: LeadsTo<A>>(self, form: F) -> Result<B, DecodeError> {
        form.lead().map(self.upcaster)
    }

    /// The form that the upcaster takes, where it is a type.
    pub fn old_shape(&self) -> Option<Shape> {
        (self.shape)()
    }
}

/// The event, from where the last step led.
///
/// # Errors
/// [`DecodeError`] if the fields do not fit.
pub fn today<E, F: Today<E>>(form: F, name: &str, version: u32) -> Result<E, DecodeError> {
    form.today(name, version)
}
