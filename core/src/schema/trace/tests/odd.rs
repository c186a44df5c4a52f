//! Impls that were written by hand, and do as they like.

use std::fmt;

use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::shown;
use crate::schema::Shape;

/// Reads whatever is there, as the function says.
macro_rules! read_by {
    ($type:ident, $read:expr) => {
        struct $type;

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
                let read: fn(D) -> Result<(), D::Error> = $read;
                read(reader).map(|()| Self)
            }
        }
    };
}

/// Takes any number of anything.
struct Greedy;

impl<'de> Visitor<'de> for Greedy {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("everything")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(key) = entries.next_key::<String>()? {
            if key.is_empty() {
                entries.next_value::<IgnoredAny>()?;
            } else {
                entries.next_value::<u8>()?;
            }
        }
        Ok(())
    }
}

read_by!(Panics, |_| panic!("this is part of a test"));
read_by!(Nothing, |_| Ok(()));
read_by!(Refuses, |_| Err(D::Error::custom("never")));
read_by!(HugeTuple, |reader| reader.deserialize_tuple(usize::MAX, Greedy));
read_by!(Map, |reader| reader.deserialize_map(Greedy));
read_by!(KeysOnly, |reader| reader.deserialize_struct("Keys", &["a", "a", "b"], Greedy));
read_by!(Identifier, |reader| reader.deserialize_identifier(IgnoredAny).map(|_| ()));
read_by!(Forgiving, |reader| {
    let _ = u8::deserialize(reader);
    Ok(())
});

#[test]
fn end_as_anything() {
    assert_eq!(Shape::of::<Panics>(), Shape::Any);
    assert_eq!(Shape::of::<Nothing>(), Shape::Any);
    assert_eq!(Shape::of::<Refuses>(), Shape::Any);
    assert_eq!(Shape::of::<Map>(), Shape::Any);
}

#[test]
fn are_followed_as_far_as_they_go() {
    assert_eq!(
        shown::<HugeTuple>(),
        [format!("(value): list of {}", usize::MAX), "[]: any".to_owned()]
    );
    assert_eq!(shown::<KeysOnly>(), ["a?: u8", "b?: u8"]);
    assert_eq!(shown::<Identifier>(), ["(value): string"]);
    assert_eq!(shown::<Forgiving>(), ["(value): u8"]);
}

#[derive(Deserialize)]
struct Around {
    fine: u8,
    panics: Panics,
    huge: HugeTuple,
    #[serde(default)]
    last: u8,
}

#[test]
fn do_not_hide_what_is_beside_them() {
    assert_eq!(
        shown::<Around>(),
        [
            "fine: u8",
            &format!("huge: list of {}", usize::MAX),
            "huge[]: any",
            "last: u8",
            "panics: any"
        ]
    );
}

/// Does not say which field is missing.
struct Silent;

impl<'de> Deserialize<'de> for Silent {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_struct("Silent", &["from", "to", "gone"], SilentVisitor)
    }
}

struct SilentVisitor;

impl<'de> Visitor<'de> for SilentVisitor {
    type Value = Silent;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a start")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Silent, A::Error> {
        let mut has_start = false;
        while let Some(key) = entries.next_key::<String>()? {
            match key.as_str() {
                "from" => has_start = entries.next_value::<u8>().map(|_| true)?,
                "to" => entries.next_value::<u8>().map(|_| ())?,
                _ => entries.next_value::<IgnoredAny>().map(|_| ())?,
            }
        }
        if has_start { Ok(Silent) } else { Err(A::Error::custom("where from?")) }
    }
}

#[derive(Deserialize)]
struct Trip {
    silent: Silent,
    #[serde(default)]
    note: String,
}

#[test]
fn are_tried_without_each_field_if_they_do_not_tell() {
    assert_eq!(
        shown::<Trip>(),
        ["note?: string", "silent: object", "silent.from: u8", "silent.to?: u8"]
    );
}
