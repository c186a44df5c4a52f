//! Values, lists, maps and tuples.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::marker::PhantomData;
use std::net::{IpAddr, SocketAddr};
use std::num::{NonZeroI8, NonZeroU64, Wrapping};
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use uuid::Uuid;

use super::{UUID, kind, shown};

#[test]
fn numbers() {
    assert_eq!(kind::<u8>(), "u8");
    assert_eq!(kind::<u16>(), "u16");
    assert_eq!(kind::<u32>(), "u32");
    assert_eq!(kind::<u64>(), "u64");
    assert_eq!(kind::<u128>(), "u128");
    assert_eq!(kind::<i8>(), "i8");
    assert_eq!(kind::<i16>(), "i16");
    assert_eq!(kind::<i32>(), "i32");
    assert_eq!(kind::<i64>(), "i64");
    assert_eq!(kind::<i128>(), "i128");
    assert_eq!(kind::<f32>(), "f32");
    assert_eq!(kind::<f64>(), "f64");
    assert_eq!(kind::<NonZeroU64>(), "u64 like 1");
    assert_eq!(kind::<NonZeroI8>(), "i8 like 1");
    assert_eq!(kind::<Wrapping<i32>>(), "i32");
}

#[test]
fn texts_and_the_like() {
    assert_eq!(kind::<bool>(), "bool");
    assert_eq!(kind::<char>(), "char");
    assert_eq!(kind::<String>(), "string");
    assert_eq!(kind::<Box<str>>(), "string");
    assert_eq!(kind::<Cow<'static, str>>(), "string");
    assert_eq!(kind::<Uuid>(), UUID);
    assert_eq!(kind::<IpAddr>(), r#"string like "127.0.0.1""#);
    assert_eq!(kind::<SocketAddr>(), r#"string like "127.0.0.1:80""#);
    assert_eq!(kind::<PathBuf>(), "string");
    assert_eq!(kind::<std::ffi::CString>(), "bytes");
    assert_eq!(kind::<()>(), "null");
    assert_eq!(kind::<PhantomData<u8>>(), "null");
    assert_eq!(kind::<serde_json::Value>(), "any");
    assert_eq!(kind::<serde::de::IgnoredAny>(), "any");
}

#[test]
fn options_and_boxes() {
    assert_eq!(kind::<Option<u8>>(), "u8 | null");
    assert_eq!(kind::<Option<Option<u8>>>(), "u8 | null");
    assert_eq!(kind::<Box<Option<Box<u8>>>>(), "u8 | null");
    assert_eq!(kind::<Option<serde_json::Value>>(), "any | null");
}

#[test]
fn lists_and_tuples() {
    assert_eq!(shown::<Vec<Vec<u8>>>(), ["(value): list", "[]: list", "[][]: u8"]);
    assert_eq!(shown::<BTreeSet<Uuid>>(), ["(value): list", &format!("[]: {UUID}")]);
    assert_eq!(shown::<VecDeque<Option<char>>>(), ["(value): list", "[]: char | null"]);
    assert_eq!(shown::<[u16; 2]>(), ["(value): tuple", "[0]: u16", "[1]: u16"]);
    assert_eq!(shown::<[u16; 0]>(), ["(value): tuple"]);
    assert_eq!(
        shown::<(NonZeroU64, Uuid, IpAddr, Vec<char>)>(),
        [
            "(value): tuple",
            "[0]: u64 like 1",
            &format!("[1]: {UUID}"),
            r#"[2]: string like "127.0.0.1""#,
            "[3]: list",
            "[3][]: char"
        ]
    );
}

#[test]
fn maps() {
    assert_eq!(shown::<BTreeMap<String, u8>>(), ["(value): map", "{}: u8"]);
    assert_eq!(
        shown::<BTreeMap<Uuid, u8>>(),
        [format!("(value): map by {UUID}"), "{}: u8".to_owned()]
    );
    assert_eq!(shown::<HashMap<u32, Uuid>>(), ["(value): map by u32", &format!("{{}}: {UUID}")]);
    assert_eq!(shown::<BTreeMap<NonZeroU64, ()>>(), ["(value): map by u64 like 1", "{}: null"]);
    assert_eq!(
        shown::<BTreeMap<char, Vec<u8>>>(),
        ["(value): map by char", "{}: list", "{}[]: u8"]
    );
    assert_eq!(shown::<serde_json::Map<String, serde_json::Value>>(), ["(value): map", "{}: any"]);
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Deserialize)]
enum Color {
    Red,
    #[serde(rename = "GREEN")]
    Green,
}

#[test]
fn maps_by_enums() {
    let _ = (Color::Red, Color::Green);
    let map = ["(value): map by choice", "{key}/GREEN: unit", "{key}/Red: unit", "{}: u8"];
    assert_eq!(shown::<BTreeMap<Color, u8>>(), map);
}

#[test]
fn structs_of_the_standard_library() {
    assert_eq!(shown::<Duration>(), ["(value): object, no others", "nanos: u32", "secs: u64"]);
    assert_eq!(shown::<Range<u8>>(), ["(value): object, no others", "end: u8", "start: u8"]);
    assert_eq!(shown::<Result<u8, String>>(), ["(value): choice", "/Err: string", "/Ok: u8"]);
}

#[derive(Deserialize)]
struct Meters(#[expect(dead_code, reason = "it is read by serde")] f64);

#[derive(Deserialize)]
struct Nothing;

#[derive(Deserialize)]
struct Empty {}

#[derive(Deserialize)]
struct Pair(Uuid, Meters);

#[derive(Deserialize)]
#[serde(transparent)]
struct Wrapped {
    inner: BTreeMap<String, Meters>,
}

#[test]
fn structs_without_names_for_fields() {
    assert_eq!(kind::<Meters>(), "f64");
    assert_eq!(kind::<Nothing>(), "null");
    assert!(shown::<Empty>().is_empty());
    assert_eq!(shown::<Pair>(), ["(value): tuple", &format!("[0]: {UUID}"), "[1]: f64"]);
    assert_eq!(shown::<Wrapped>(), ["(value): map", "{}: f64"]);
    assert_eq!(shown::<BTreeMap<String, Nothing>>(), ["(value): map", "{}: null"]);
}
