//! What is found out about types of all kinds.
#![expect(dead_code, reason = "the types are read, and nobody looks at what was read")]

mod agreement;
mod checked;
mod enums;
mod names;
mod odd;
mod optional;
mod recursion;
mod values;

use serde::de::DeserializeOwned;

use crate::schema::Shape;

/// What a UUID is.
const UUID: &str = r#"string like "00000000-0000-0000-0000-000000000000""#;

/// The form as lines.
fn shown<T: DeserializeOwned>() -> Vec<String> {
    Shape::of::<T>().lines().iter().map(ToString::to_string).collect()
}

/// The form of a value without parts.
fn kind<T: DeserializeOwned>() -> String {
    let lines = shown::<T>();
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines[0].replace("(value): ", "")
}
