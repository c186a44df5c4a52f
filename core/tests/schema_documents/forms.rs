//! Types as users write them, each beside its form.

use std::collections::BTreeMap;
use std::net::IpAddr;

use factum_core::schema::{Again, Checked, Choice, Field, Float, Integer, Object, Shape, Variant};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(crate) struct Everything {
    pub(crate) any: serde_json::Value,
    pub(crate) nothing: (),
    pub(crate) flag: bool,
    pub(crate) tiny: i8,
    pub(crate) large: u64,
    pub(crate) low: i64,
    pub(crate) huge: u128,
    pub(crate) signed_huge: i128,
    pub(crate) ratio: f32,
    pub(crate) letter: char,
    pub(crate) bytes: Vec<u8>,
    pub(crate) maybe: Option<String>,
    pub(crate) maybe_kind: Option<Kind>,
    pub(crate) pair: (u16, bool),
    pub(crate) no_items: [u8; 0],
    pub(crate) by_name: BTreeMap<String, Vec<u32>>,
    pub(crate) by_number: BTreeMap<i32, bool>,
    pub(crate) by_flag: BTreeMap<bool, u8>,
    pub(crate) by_kind: BTreeMap<Kind, u8>,
    pub(crate) place: Place,
    pub(crate) kind: Kind,
    pub(crate) way: Way,
    pub(crate) peers: Vec<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) left_out: Option<u8>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Place {
    #[serde(alias = "city")]
    pub(crate) town: String,
}

#[derive(Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Car,
    #[serde(rename = "by foot")]
    Walk,
}

#[derive(Serialize, Deserialize)]
pub(crate) enum Way {
    Car,
    Bike(u8),
    Bus { line: String },
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Planted {
    pub(crate) tree: Tree,
    pub(crate) before: Option<Box<Planted>>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Tree {
    pub(crate) height: u8,
    pub(crate) branches: Vec<Tree>,
}

pub(crate) fn field(name: &str, shape: Shape) -> Field {
    Field { name: name.to_owned(), aliases: Vec::new(), shape, optional: false }
}

pub(crate) fn object(name: &str, fields: Vec<Field>) -> Shape {
    Shape::Object(Object { name: name.to_owned(), fields, strict: false })
}

fn again(name: &str) -> Shape {
    Shape::Again(Again { name: name.to_owned(), up: 0 })
}

fn choice(name: &str, variants: Vec<(&str, Option<Shape>)>) -> Shape {
    let variant = |(name, content): (&str, _)| Variant { name: name.to_owned(), content };
    let variants = variants.into_iter().map(variant).collect();
    Shape::Choice(Choice { name: name.to_owned(), variants })
}

fn boxed(shape: Shape) -> Box<Shape> {
    Box::new(shape)
}

fn map(key: Shape, value: Shape) -> Shape {
    Shape::Map(boxed(key), boxed(value))
}

fn integer(kind: Integer) -> Shape {
    Shape::Integer(kind)
}

pub(crate) fn deposit() -> Shape {
    object("Deposit", vec![field("account", Shape::Text), field("cents", integer(Integer::U64))])
}

pub(crate) fn deposited() -> Shape {
    let cents =
        Field { aliases: vec!["amount".to_owned()], ..field("cents", integer(Integer::U64)) };
    let note = Field { optional: true, ..field("note", Shape::Nullable(boxed(Shape::Text))) };
    object("Deposited", vec![field("paidAt", Shape::Text), cents, note])
}

pub(crate) fn deposited_before() -> Shape {
    object("V2", vec![field("amount", integer(Integer::U32))])
}

pub(crate) fn planted() -> Shape {
    let branches = Shape::List(boxed(again("Tree")));
    let tree =
        object("Tree", vec![field("height", integer(Integer::U8)), field("branches", branches)]);
    let before = Shape::Nullable(boxed(again("Planted")));
    object("Planted", vec![field("tree", tree), field("before", before)])
}

fn kind() -> Shape {
    choice("Kind", vec![("Car", None), ("by foot", None)])
}

fn place() -> Shape {
    let town = Field { aliases: vec!["city".to_owned()], ..field("town", Shape::Text) };
    object("Place", vec![town])
}

fn peer() -> Shape {
    let like = Some(r#""127.0.0.1""#.to_owned());
    Shape::Checked(Checked { of: boxed(Shape::Text), like })
}

fn way() -> Shape {
    let bus = object("Way", vec![field("line", Shape::Text)]);
    choice("Way", vec![("Car", None), ("Bike", Some(integer(Integer::U8))), ("Bus", Some(bus))])
}

pub(crate) fn everything() -> Shape {
    let fields = vec![
        field("any", Shape::Any),
        field("nothing", Shape::Null),
        field("flag", Shape::Bool),
        field("tiny", integer(Integer::I8)),
        field("large", integer(Integer::U64)),
        field("low", integer(Integer::I64)),
        field("huge", integer(Integer::U128)),
        field("signed_huge", integer(Integer::I128)),
        field("ratio", Shape::Float(Float::F32)),
        field("letter", Shape::Char),
        field("bytes", Shape::Bytes),
        field("maybe", Shape::Nullable(boxed(Shape::Text))),
        field("maybe_kind", Shape::Nullable(boxed(kind()))),
        field("pair", Shape::Tuple(vec![integer(Integer::U16), Shape::Bool])),
        field("no_items", Shape::Tuple(Vec::new())),
        field("by_name", map(Shape::Text, Shape::List(boxed(integer(Integer::U32))))),
        field("by_number", map(integer(Integer::I32), Shape::Bool)),
        field("by_flag", map(Shape::Bool, integer(Integer::U8))),
        field("by_kind", map(kind(), integer(Integer::U8))),
        field("place", place()),
        field("kind", kind()),
        field("way", way()),
        field("peers", Shape::List(boxed(peer()))),
        Field { optional: true, ..field("left_out", Shape::Nullable(boxed(integer(Integer::U8)))) },
    ];
    object("Everything", fields)
}
