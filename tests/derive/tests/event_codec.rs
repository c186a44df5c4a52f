//! The payload of an event: what is written, and what is understood.
#![deny(warnings, clippy::pedantic)]

use factum::codec::DecodeError;
use factum::prelude::*;

// Serde hands over references.
#[allow(clippy::trivially_copy_pass_by_ref)]
mod as_text {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(cents: &u64, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(cents)
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Place {
    town: String,
}

#[derive(Event, Clone, Debug, PartialEq)]
enum Shop {
    #[event("shop.opened")]
    Opened,
    #[event("shop.empty")]
    Empty {},
    #[event("shop.sold")]
    Sold {
        #[serde(with = "as_text")]
        cents: u64,
        #[serde(rename = "what", alias = "article")]
        item: String,
        #[serde(default, skip_serializing_if = "is_default")]
        note: Option<String>,
        #[serde(skip)]
        cached: u8,
        #[serde(flatten)]
        place: Place,
    },
    #[event("shop.named")]
    Named { out: String, r#type: u8, name: String, payload: Vec<u8>, field_0: bool, self_: () },
}
use Shop::*;

fn written(event: &Shop) -> String {
    let mut out = b"before ".to_vec();
    event.encode(&mut out).unwrap();
    String::from_utf8(out).unwrap().strip_prefix("before ").unwrap().to_owned()
}

fn read(name: &str, payload: &str) -> Result<Shop, DecodeError> {
    Shop::decode(name, 1, payload.as_bytes())
}

fn sold(note: Option<String>) -> Shop {
    let place = Place { town: "Bari".into() };
    Sold { cents: 7, item: "pen".into(), note, cached: 0, place }
}

#[test]
fn field_attributes_of_serde_are_honoured() {
    assert_eq!(written(&sold(None)), r#"{"cents":"7","what":"pen","town":"Bari"}"#);
    let noted = r#"{"cents":"7","what":"pen","note":"red","town":"Bari"}"#;
    assert_eq!(written(&sold(Some("red".into()))), noted);
    assert_eq!(read("shop.sold", noted), Ok(sold(Some("red".into()))));
    let aliased = r#"{"article":"pen","cents":"7","town":"Bari"}"#;
    assert_eq!(read("shop.sold", aliased), Ok(sold(None)));
}

#[test]
fn an_event_without_fields_is_an_empty_object() {
    assert_eq!(written(&Opened), "{}");
    assert_eq!(written(&Empty {}), "{}");
    assert_eq!(read("shop.opened", "{}"), Ok(Opened));
    assert_eq!(read("shop.empty", r#"{"later":1}"#), Ok(Empty {}));
}

#[test]
fn fields_may_have_any_name() {
    let named = Named {
        out: "o".into(),
        r#type: 1,
        name: "n".into(),
        payload: vec![1, 2],
        field_0: true,
        self_: (),
    };
    let json = r#"{"out":"o","type":1,"name":"n","payload":[1,2],"field_0":true,"self_":null}"#;
    assert_eq!(written(&named), json);
    assert_eq!(read("shop.named", json), Ok(named));
}

#[test]
fn fields_that_the_code_does_not_know_are_ignored() {
    let newer = r#"{"cents":"7","what":"pen","town":"Bari","colour":"red"}"#;
    assert_eq!(read("shop.sold", newer), Ok(sold(None)));
}

#[test]
fn what_is_not_the_event_is_an_error_that_says_why() {
    let unknown = read("shop.closed", "{}").unwrap_err();
    assert!(matches!(&unknown, DecodeError::UnknownName { name, .. } if name == "shop.closed"));
    let newer = Shop::decode("shop.opened", 2, b"{}").unwrap_err();
    assert!(matches!(newer, DecodeError::UnknownVersion { version: 2, .. }));
    for (name, bad) in [
        ("shop.sold", r#"{"cents":"7","town":"Bari"}"#),
        ("shop.sold", r#"{"cents":7,"what":"pen","town":"Bari"}"#),
        ("shop.named", r#"["o",1,"n",[],true,null]"#),
        ("shop.opened", "[]"),
        ("shop.opened", "null"),
        ("shop.opened", ""),
        ("shop.opened", "{} {}"),
    ] {
        assert!(matches!(read(name, bad), Err(DecodeError::Payload(_))), "{name} {bad}");
    }
}

#[test]
fn types_are_in_the_order_of_the_enum() {
    let names: Vec<_> = Shop::TYPES.iter().map(|ty| (ty.name, ty.version)).collect();
    let wanted = ["shop.opened", "shop.empty", "shop.sold", "shop.named"].map(|name| (name, 1));
    assert_eq!(names, wanted);
    assert_eq!(sold(None).event_type(), Shop::TYPES[2]);
}

/// An event that holds events of its own kind.
#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Tree {
    #[event("tree.grown")]
    Grown { branches: Vec<Self> },
}

#[test]
fn self_may_stand_in_a_field() {
    let tree = Tree::Grown { branches: vec![Tree::Grown { branches: vec![] }] };
    let mut out = Vec::new();
    tree.encode(&mut out).unwrap();
    assert_eq!(Tree::decode("tree.grown", 1, &out), Ok(tree));
}
