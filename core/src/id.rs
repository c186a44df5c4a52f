//! What can identify an aggregate or a row.

use std::borrow::Cow;
use std::fmt;
use uuid::Uuid;

/// A type that identifies an aggregate, a row or a tag's value: text, a UUID, an integer, or a
/// newtype of one with `#[derive(Id)]`.
///
/// The text form is persisted in stream names and row keys, so it must never change, and
/// `read(write(id)) == id`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be used as an id",
    label = "not an id",
    note = "use `String`, `Uuid`, an integer, or a newtype of one with `#[derive(Id)]`"
)]
pub trait Id: Sized {
    /// The text form.
    fn write(&self) -> Cow<'_, str>;

    /// The id with this text form.
    ///
    /// # Errors
    /// [`BadId`] if the text is not one.
    fn read(text: &str) -> Result<Self, BadId>;
}

/// A text that is not an id of the wanted type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not an id of type {wanted}")]
pub struct BadId {
    /// The text.
    pub text: String,
    /// The Rust type that was wanted.
    pub wanted: &'static str,
}

impl Id for String {
    fn write(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
    fn read(text: &str) -> Result<Self, BadId> {
        Ok(text.to_owned())
    }
}

fn parsed<T: std::str::FromStr + fmt::Display>(text: &str) -> Result<T, BadId> {
    let bad = || BadId { text: text.to_owned(), wanted: std::any::type_name::<T>() };
    let id: T = text.parse().map_err(|_| bad())?;
    // `+7` and `007` parse as 7, but two texts must not name one stream.
    if id.to_string() == text { Ok(id) } else { Err(bad()) }
}

macro_rules! ids_by_display {
    ($($type:ty),*) => {$(
        impl Id for $type {
            fn write(&self) -> Cow<'_, str> {
                Cow::Owned(self.to_string())
            }
            fn read(text: &str) -> Result<Self, BadId> {
                parsed(text)
            }
        }
    )*};
}
ids_by_display!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, Uuid);

/// Whatever can stand for an id in a call: an [`Id`], or plain text.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not name an aggregate or a row",
    label = "not an id",
    note = "hand in a reference to a text, to a `Uuid`, to an integer, or to a type with `#[derive(Id)]`"
)]
pub trait AsId {
    /// The text form.
    fn as_id(&self) -> Cow<'_, str>;
}

#[diagnostic::do_not_recommend]
impl<T: Id> AsId for T {
    fn as_id(&self) -> Cow<'_, str> {
        self.write()
    }
}

impl AsId for str {
    fn as_id(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_written_form_reads() {
        assert_eq!(u64::read("7"), Ok(7));
        assert!(u64::read("007").is_err());
        assert!(u64::read("+7").is_err());
        assert!(Uuid::read("no").is_err());
    }
}
