//! Why reading broke off.

use std::fmt;

use serde::de;

/// Why reading broke off, as data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Error {
    /// The end of the path was reached, or the cause is noted already.
    Stop,
    /// A field is missing.
    Missing(&'static str),
    /// A field is there twice.
    Duplicate(&'static str),
    /// There is no field of this name.
    UnknownField,
    /// The name of a variant is none of these.
    UnknownVariant(&'static [&'static str]),
    /// The value with this number was refused where it stands.
    Refused(usize),
    /// What was read as anything, and only then looked at, did not fit.
    Content,
    /// There is nothing more to try.
    Exhausted,
    /// Something else. What it says is not needed.
    Other,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this only finds out what is read")
    }
}

impl Error {
    /// This one instead, where all that is known is that something did not fit.
    pub(super) fn if_other(self, instead: Self) -> Self {
        match self {
            Self::Other | Self::UnknownField => instead,
            error => error,
        }
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Other
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field)
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::Duplicate(field)
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self::UnknownField
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::UnknownVariant(expected)
    }
}
