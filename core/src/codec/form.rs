use std::fmt;
use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{DecodeError, EncodeError, read_json, write_json};
use crate::schema::Shape;

/// A value that serde can write and read.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be written and read",
    label = "needs `Serialize` and `Deserialize`",
    note = "write `#[derive(Serialize, Deserialize)]` on `{Self}`; a type of another crate may have \
            them behind a feature, `serde`"
)]
pub trait JsonForm: Serialize + DeserializeOwned {}

// Without this, a type that lacks both impls would be two errors.
#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> JsonForm for T {}

/// How values of a type are written as JSON, read, and described.
pub struct Form<T> {
    append: fn(&T, &mut Vec<u8>) -> Result<(), EncodeError>,
    write: fn(&T, &mut dyn io::Write) -> Result<(), EncodeError>,
    read: fn(&[u8]) -> Result<T, DecodeError>,
    shape: fn() -> Shape,
}

impl<T> Form<T> {
    /// That of serde.
    ///
    /// ```
    /// use factum_core::codec::Form;
    /// let mut json = Vec::new();
    /// Form::serde().write(&[1u8, 2], &mut json)?;
    /// assert_eq!(json, b"[1,2]");
    /// # Ok::<(), factum_core::codec::EncodeError>(())
    /// ```
    pub const fn serde() -> Self
    where
        T: JsonForm,
    {
        Self { append: write_json, write: write::<T>, read: read_json, shape: Shape::of::<T> }
    }

    /// Appends the value's JSON.
    ///
    /// # Errors
    /// [`EncodeError`] if it has none.
    pub fn write(&self, value: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        (self.append)(value, out)
    }

    /// Writes the value's JSON, piece by piece.
    ///
    /// # Errors
    /// [`EncodeError`] if it has none, or `out` failed.
    pub fn write_to(&self, value: &T, out: &mut dyn io::Write) -> Result<(), EncodeError> {
        (self.write)(value, out)
    }

    /// Reads a value from JSON.
    ///
    /// # Errors
    /// [`DecodeError::Payload`], with the line and column.
    pub fn read(&self, json: &[u8]) -> Result<T, DecodeError> {
        (self.read)(json)
    }

    /// Describes it.
    pub fn shape(&self) -> Shape {
        (self.shape)()
    }
}

fn write<T: Serialize>(value: &T, out: &mut dyn io::Write) -> Result<(), EncodeError> {
    serde_json::to_writer(out, value).map_err(EncodeError::new)
}

impl<T> Clone for Form<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Form<T> {}

impl<T> fmt::Debug for Form<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Form").field("of", &std::any::type_name::<T>()).finish_non_exhaustive()
    }
}
