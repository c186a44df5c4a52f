//! The values that are tried, the likeliest first.

use crate::schema::Shape;
use crate::schema::path::json;

/// The value with this number for a simple form, in JSON; nothing beyond the last.
pub(super) fn sample(of: &Shape, texts: &[&str], number: usize) -> Option<String> {
    match of {
        Shape::Null => (number == 0).then(|| "null".to_owned()),
        Shape::Bool => [false, true].get(number).map(ToString::to_string),
        Shape::Integer(_) => INTEGERS.get(number).map(ToString::to_string),
        Shape::Float(_) => FLOATS.get(number).map(|value| format!("{value:?}")),
        Shape::Char => CHARS.get(number).map(|text| json(text)),
        Shape::Text => texts.get(number).map(|text| json(text)),
        Shape::Bytes => BYTES.get(number).map(|bytes| format!("{bytes:?}")),
        _ => None,
    }
}

/// The value that is tried first, which a type without a check takes.
#[cfg(feature = "schema")]
pub(in crate::schema) fn first_sample(of: &Shape) -> Option<String> {
    sample(of, TEXTS, 0)
}

// The first that a type takes stands in lock files, so that new ones come last.

/// Texts, with those that common types are read from.
pub(super) const TEXTS: &[&str] = &[
    "",
    "a",
    "0",
    "1",
    "00000000-0000-0000-0000-000000000000",
    "2000-01-01",
    "2000-01-01T00:00:00Z",
    "2000-01-01T00:00:00",
    "2000-01-01 00:00:00",
    "00:00:00",
    "Sat, 01 Jan 2000 00:00:00 +0000",
    "127.0.0.1",
    "127.0.0.1:80",
    "::1",
    "[::1]:80",
    "a@b.cd",
    "http://a.bc/",
    "a.bc",
    "1.0.0",
    "PT1S",
    "1s",
    "1.0",
    "EUR",
    "1.00 EUR",
    "US",
    "en",
    "en-US",
    "UTC",
    "Europe/Berlin",
    "00",
    "#000000",
    "AA==",
    "abc",
    "aaaaaaaa",
    "Aa1!Aa1!Aa1!",
    "12345678",
    "+12025550123",
    "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "000000000000000000000000",
    "00000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "DE89370400440532013000",
    "4111111111111111",
    "/",
    "/a",
    "*",
    "true",
    "{}",
];

/// Whole numbers.
pub(super) const INTEGERS: &[u64] =
    &[0, 1, 2, 5, 10, 18, 60, 100, 1_000, 2_000, 10_000, 1_000_000, 1_000_000_000];

/// Numbers.
pub(super) const FLOATS: &[f64] = &[0.0, 1.0, 0.5, 10.0, 100.0];

/// Texts of one character.
pub(super) const CHARS: &[&str] = &["a", "A", "0", " "];

/// Bytes.
pub(super) const BYTES: &[&[u8]] = &[&[], &[0], &[0; 4], &[0; 16], &[0; 32]];
