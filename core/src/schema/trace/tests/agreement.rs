//! What is found out is what serde does.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::schema::{Field, Object, Shape};

#[derive(Deserialize)]
struct Order {
    #[serde(alias = "number")]
    id: u64,
    #[serde(default, alias = "lines")]
    items: Vec<Item>,
    ship_to: Option<Item>,
    kind: Kind,
    prices: BTreeMap<u8, f64>,
    at: (i8, char, bool),
    key: uuid::Uuid,
    ip: Option<std::net::IpAddr>,
    half: std::num::NonZeroI8,
}

#[derive(Deserialize)]
struct Item {
    name: String,
    #[serde(default)]
    count: u32,
}

#[derive(Deserialize)]
enum Kind {
    Gift { for_whom: String, note: Option<String> },
    Plain,
}

/// A value of a form, with all fields.
fn sample(shape: &Shape) -> Value {
    match shape {
        Shape::Any | Shape::Null | Shape::Again(_) => Value::Null,
        Shape::Bool => json!(true),
        Shape::Integer(_) => json!(1),
        Shape::Float(_) => json!(1.5),
        Shape::Char | Shape::Text => json!("x"),
        Shape::Bytes => json!([]),
        Shape::Checked(checked) => match &checked.like {
            Some(like) => serde_json::from_str(like).unwrap(),
            None => sample(&checked.of),
        },
        Shape::Nullable(inner) => sample(inner),
        Shape::Array(inner, length) => vec![sample(inner); *length].into(),
        Shape::List(inner) => json!([sample(inner)]),
        Shape::Tuple(items) => items.iter().map(sample).collect(),
        Shape::Map(_, value) => json!({ "1": sample(value) }),
        Shape::Object(object) => Value::Object(full(object)),
        Shape::Choice(choice) => match &choice.variants[0].content {
            Some(content) => json!({ &choice.variants[0].name: sample(content) }),
            None => json!(choice.variants[0].name),
        },
    }
}

fn full(object: &Object) -> Map<String, Value> {
    let entry = |field: &Field| (field.name.clone(), sample(&field.shape));
    object.fields.iter().map(entry).collect()
}

fn reads<T: DeserializeOwned>(object: Map<String, Value>) -> bool {
    serde_json::from_value::<T>(Value::Object(object)).is_ok()
}

fn check<T: DeserializeOwned>() {
    let Shape::Object(object) = Shape::of::<T>() else { panic!("no object") };
    let full = full(&object);
    assert!(reads::<T>(full.clone()), "{full:?}");
    for field in &object.fields {
        let mut without = full.clone();
        let value = without.remove(&field.name).unwrap();
        assert_eq!(reads::<T>(without.clone()), field.optional, "without {}", field.name);
        for alias in &field.aliases {
            let mut renamed = without.clone();
            renamed.insert(alias.clone(), value.clone());
            assert!(reads::<T>(renamed), "by {alias}");
            let mut doubled = full.clone();
            doubled.insert(alias.clone(), value.clone());
            assert!(!reads::<T>(doubled), "twice by {alias}");
        }
        let mut wrong = full.clone();
        wrong.insert(field.name.clone(), json!({ "no": ["such", "form"] }));
        assert!(!reads::<T>(wrong), "{} is read", field.name);
    }
}

#[test]
fn for_derived_structs() {
    check::<Order>();
    check::<Item>();
    check::<std::time::Duration>();
}

#[test]
fn every_time() {
    assert_eq!(Shape::of::<Order>(), Shape::of::<Order>());
    assert_eq!(Shape::of::<Order>().fingerprint(), Shape::of::<Order>().fingerprint());
}
