//! The names of fields.

use serde::Deserialize;

use super::{UUID, shown};
use crate::schema::{Field, Integer, Object, Shape};

fn object<T: serde::de::DeserializeOwned>() -> Object {
    match Shape::of::<T>() {
        Shape::Object(object) => object,
        other => panic!("no object: {other:?}"),
    }
}

fn names(object: &Object) -> Vec<&str> {
    object.fields.iter().map(|field| field.name.as_str()).collect()
}

#[derive(Deserialize)]
#[serde(rename = "guest", rename_all = "camelCase")]
struct Guest {
    zip_code: u32,
    #[serde(rename(serialize = "out", deserialize = "in"))]
    direction: String,
    #[serde(skip)]
    cached: u8,
    #[serde(skip_serializing)]
    secret: String,
    r#type: u8,
    address: Address,
}

#[derive(Deserialize)]
struct Address {
    town: String,
}

#[test]
fn are_those_that_are_read_in_the_order_of_their_declaration() {
    let guest = object::<Guest>();
    assert_eq!(guest.name, "guest");
    assert_eq!(names(&guest), ["zipCode", "in", "secret", "type", "address"]);
    let town =
        Field { name: "town".to_owned(), aliases: Vec::new(), shape: Shape::Text, optional: false };
    assert_eq!(
        guest.field("address").map(|field| &field.shape),
        Some(&Shape::Object(Object {
            name: "Address".to_owned(),
            fields: vec![town],
            strict: false
        }))
    );
}

#[derive(Deserialize)]
struct Renamed {
    #[serde(alias = "zeta", alias = "alpha")]
    middle: u8,
    other: u8,
    #[serde(default, alias = "b")]
    a: u8,
    #[serde(default, alias = "c")]
    d: uuid::Uuid,
    e: uuid::Uuid,
    #[serde(alias = "g")]
    f: Option<Vec<u8>>,
}

#[test]
fn may_be_several_for_one_field() {
    assert_eq!(
        shown::<Renamed>(),
        [
            "a? (or b): u8",
            &format!("d? (or c): {UUID}"),
            &format!("e: {UUID}"),
            "f? (or g): list | null",
            "f[]: u8",
            "middle (or alpha, zeta): u8",
            "other: u8",
        ]
    );
    assert_eq!(names(&object::<Renamed>()), ["middle", "other", "a", "d", "e", "f"]);
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Strict {
    #[serde(alias = "old")]
    new: String,
    #[serde(default)]
    more: String,
}

#[test]
fn of_a_strict_struct_are_found_too() {
    assert_eq!(
        shown::<Strict>(),
        ["(value): object, no others", "more?: string", "new (or old): string"]
    );
    assert_eq!(shown::<Option<Strict>>()[0], "(value): object, no others | null");
    assert_eq!(shown::<StrictChoice>()[1], "/Named: object, no others");
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
enum StrictChoice {
    Named { it: uuid::Uuid },
}

mod hex {
    use serde::{Deserialize, Deserializer};

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(reader: D) -> Result<u32, D::Error> {
        let text = String::deserialize(reader)?;
        u32::from_str_radix(&text, 16).map_err(serde::de::Error::custom)
    }
}

#[derive(Deserialize)]
struct Styled {
    #[serde(with = "hex")]
    color: u32,
    #[serde(with = "hex", default, alias = "paper")]
    back: u32,
    #[serde(deserialize_with = "hex::deserialize")]
    pen: u32,
}

#[test]
fn with_another_reader_are_those_of_what_it_reads() {
    let shown = shown::<Styled>();
    assert_eq!(
        shown,
        [
            r#"back? (or paper): string like "a""#,
            r#"color: string like "a""#,
            r#"pen: string like "a""#
        ]
    );
}

#[derive(Deserialize)]
struct Page<T> {
    items: Vec<T>,
    next: Option<T>,
}

#[test]
fn of_a_generic_struct_inside_itself_are_told_apart() {
    assert_eq!(
        shown::<Page<Page<u8>>>(),
        [
            "items: list",
            "items[]: object",
            "items[].items: list",
            "items[].items[]: u8",
            "items[].next?: u8 | null",
            "next?: object | null",
            "next.items: list",
            "next.items[]: u8",
            "next.next?: u8 | null",
        ]
    );
}

#[derive(Deserialize)]
struct Outer {
    id: u8,
    #[serde(flatten)]
    inner: Address,
}

#[derive(Deserialize)]
#[serde(expecting = "something to eat")]
struct Told {
    #[serde(flatten)]
    inner: Address,
}

#[test]
fn are_not_known_where_they_are_flattened() {
    assert_eq!(Shape::of::<Outer>(), Shape::Any);
    assert_eq!(Shape::of::<Told>(), Shape::Any);
    let many = Shape::of::<(Outer, u8)>();
    assert_eq!(many, Shape::Tuple(vec![Shape::Any, Shape::Integer(Integer::U8)]));
}
