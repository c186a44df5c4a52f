//! Where a place stands in a form: `place.town`, `tags[]`, `kind/Car`.

use std::borrow::Cow;
use std::fmt::Write;

use crate::names::is_unprintable;

/// How the form itself is shown, whose path is empty.
pub(super) const WHOLE: &str = "(value)";

/// From a place to one in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// A field of an object.
    Field(String),
    /// The items of a list.
    Item,
    /// An item of a tuple.
    Place(usize),
    /// The keys of a map.
    Key,
    /// The values of a map.
    Value,
    /// A variant of a choice.
    Variant(String),
}

/// The path of a place in the place at `path`.
pub(super) fn join(path: &str, step: &Step) -> String {
    match step {
        Step::Field(name) if path.is_empty() => quoted(name).into_owned(),
        Step::Field(name) => format!("{path}.{}", quoted(name)),
        Step::Item => format!("{path}[]"),
        Step::Place(place) => format!("{path}[{place}]"),
        Step::Key => format!("{path}{{key}}"),
        Step::Value => format!("{path}{{}}"),
        Step::Variant(name) => format!("{path}/{}", quoted(name)),
    }
}

/// The path as it is shown.
pub(super) fn shown(path: &str) -> &str {
    if path.is_empty() { WHOLE } else { path }
}

/// The name of a field, an alias or a variant: as it is if it could not be taken for anything else, and
/// otherwise as a JSON text.
pub(super) fn quoted(name: &str) -> Cow<'_, str> {
    if is_plain(name, is_plain_char) { Cow::Borrowed(name) } else { Cow::Owned(json(name)) }
}

/// Whether a name is made of such characters alone.
pub(super) fn is_plain(name: &str, plain: fn(char) -> bool) -> bool {
    !name.is_empty() && name.chars().all(plain)
}

/// Whether a character needs no quotes around it.
pub(super) fn is_plain_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

/// A JSON text in which every character can be seen.
pub(super) fn json(name: &str) -> String {
    let mut text = String::from('"');
    for c in name.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            c if is_unprintable(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing to a `String` does not fail.
                    let _ = write!(text, "\\u{unit:04x}");
                }
            }
            c => text.push(c),
        }
    }
    text.push('"');
    text
}
