//! The schemas, against what serde writes and reads.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use factum_core::schema::{Description, EventSchema, PastForm, Shape};
use serde_json::{Value, json};

use crate::app::{self, aggregate, event};
use crate::checker::{fits, references, resolve};
use crate::forms::{Everything, Kind, Place, Planted, Tree, Way, field, object};

fn everything() -> Everything {
    Everything {
        any: json!({ "a": [1] }),
        nothing: (),
        flag: true,
        tiny: -128,
        large: u64::MAX,
        low: i64::MIN,
        huge: 7,
        signed_huge: -7,
        ratio: 0.5,
        letter: 'ö',
        bytes: vec![0, 255],
        maybe: None,
        maybe_kind: None,
        pair: (1, true),
        no_items: [],
        by_name: BTreeMap::from([("x".to_owned(), vec![1, 2])]),
        by_number: BTreeMap::from([(-4, true), (0, false)]),
        by_flag: BTreeMap::from([(true, 1)]),
        by_kind: BTreeMap::from([(Kind::Walk, 1)]),
        place: Place { town: "Ulm".to_owned() },
        kind: Kind::Walk,
        way: Way::Bus { line: "7".to_owned() },
        peers: vec![Ipv4Addr::LOCALHOST.into()],
        left_out: None,
    }
}

fn planted() -> Planted {
    let tree = || Tree { height: 3, branches: vec![Tree { height: 1, branches: Vec::new() }] };
    let before = Planted { tree: tree(), before: None };
    Planted { tree: tree(), before: Some(Box::new(before)) }
}

fn with(changes: &[(&str, Value)]) -> Value {
    let mut value = serde_json::to_value(everything()).unwrap();
    for (name, change) in changes {
        value[*name] = change.clone();
    }
    value
}

#[test]
fn what_serde_writes_fits() {
    let schemas = app::json(&app::bank(), "events.schema.json");
    assert!(fits(&schemas, "/$defs/vault.filled", &with(&[])));
    assert!(fits(&schemas, "/$defs/vault.planted", &serde_json::to_value(planted()).unwrap()));
    let commands = app::json(&app::bank(), "commands.schema.json");
    assert!(fits(&commands, "/$defs/vault.fill", &with(&[])));
}

#[test]
fn what_serde_reads_fits_and_the_rest_does_not() {
    let schemas = app::json(&app::bank(), "events.schema.json");
    let tries = [
        ("tiny", json!(127)),
        ("tiny", json!(128)),
        ("large", json!(-1)),
        ("flag", json!(null)),
        ("nothing", json!(1)),
        ("letter", json!("ab")),
        ("bytes", json!([256])),
        ("maybe", json!("text")),
        ("maybe", json!(5)),
        ("maybe_kind", json!("Car")),
        ("maybe_kind", json!("Plane")),
        ("pair", json!([1])),
        ("pair", json!([1, true, 2])),
        ("no_items", json!([1])),
        ("by_name", json!({ "x": "y" })),
        ("by_number", json!({ "x": true })),
        ("by_number", json!({ "007": true })),
        ("by_number", json!({ "-0": true })),
        ("by_flag", json!({ "yes": 1 })),
        ("by_kind", json!({ "Plane": 1 })),
        ("place", json!({ "city": "Ulm", "unknown": 1 })),
        ("place", json!({})),
        ("place", json!({ "city": "Ulm", "town": "Ulm" })),
        ("kind", json!("Walk")),
        ("way", json!("Car")),
        ("way", json!("Bike")),
        ("way", json!({ "Bike": 3 })),
        ("way", json!({ "Bike": 3, "Bus": { "line": "1" } })),
        ("left_out", json!(8)),
        ("left_out", json!("8")),
    ];
    for (name, change) in tries {
        let value = with(&[(name, change)]);
        let read = serde_json::from_value::<Everything>(value.clone()).map(drop);
        let fits = fits(&schemas, "/$defs/vault.filled", &value);
        assert_eq!(fits, read.is_ok(), "{name} = {}: {read:?}", value[name]);
    }
}

#[test]
fn a_type_in_itself_is_checked_at_every_depth() {
    let schemas = app::json(&app::bank(), "events.schema.json");
    let mut value = serde_json::to_value(planted()).unwrap();
    value["before"]["tree"]["branches"][0]["height"] = json!("high");
    assert!(!fits(&schemas, "/$defs/vault.planted", &value));
}

#[test]
fn past_forms_stand_beside_those_of_today() {
    let schemas = app::json(&app::bank(), "events.schema.json");
    assert!(fits(&schemas, "/$defs/account.deposited.v2", &json!({ "amount": 5 })));
    assert!(!fits(&schemas, "/$defs/account.deposited.v2", &json!({ "cents": 5 })));
    let today = &schemas["$defs"]["account.deposited"];
    assert_eq!(today["x-version"], 3);
    assert_eq!(today["x-was"], json!(["account.paid", "account.paid_in"]));
    // Its upcaster works on JSON.
    assert!(schemas["$defs"].get("account.deposited.v1").is_none());
}

#[test]
fn an_event_that_is_called_as_a_past_form_keeps_its_name() {
    let form = object("Old", vec![field("old", Shape::Bool)]);
    let past = vec![PastForm { version: 1, fields: Some(form) }];
    let first = EventSchema { version: 2, past, ..event("a.b", Shape::Any) };
    let events = vec![first, event("a.b.v1", object("New", vec![field("new", Shape::Bool)]))];
    let app =
        Description { aggregates: vec![aggregate("a", Vec::new(), events)], ..<_>::default() };
    let schemas = app::json(&app, "events.schema.json");
    assert!(fits(&schemas, "/$defs/a.b.v1", &json!({ "new": true })));
    assert!(fits(&schemas, "/$defs/a.b.v1_2", &json!({ "old": true })));
}

#[test]
fn an_object_that_refuses_other_fields_says_so() {
    let strict = event("a.b", Shape::of::<std::ops::Range<u8>>());
    let app = Description {
        aggregates: vec![aggregate("a", Vec::new(), vec![strict])],
        ..<_>::default()
    };
    let schemas = app::json(&app, "events.schema.json");
    assert!(fits(&schemas, "/$defs/a.b", &json!({ "start": 1, "end": 2 })));
    assert!(!fits(&schemas, "/$defs/a.b", &json!({ "start": 1, "end": 2, "step": 1 })));
}

#[test]
fn every_reference_leads_somewhere() {
    let mut app = app::bank();
    let planted = crate::forms::planted;
    app.aggregates.push(aggregate("odd", Vec::new(), vec![event("odd/~ %\"ö.x", planted())]));
    for document in ["events.schema.json", "commands.schema.json", "asyncapi.json"] {
        let json = app::json(&app, document);
        let references = references(&json);
        assert!(!references.is_empty());
        for reference in references {
            assert!(resolve(&json, reference).is_some(), "{reference} of {document}");
        }
    }
}

#[test]
fn docs_and_bounds_are_kept() {
    let schemas = app::json(&app::bank(), "events.schema.json");
    let deposited = &schemas["$defs"]["account.deposited"];
    assert_eq!(deposited["title"], "account.deposited");
    assert_eq!(deposited["description"], "Money came in.\n\nNever less than a cent.");
    // `rename_all` made it of `paid_at`.
    assert_eq!(deposited["properties"]["paidAt"]["description"], "When, as a text.");
    let large = &schemas["$defs"]["vault.filled"]["properties"]["large"];
    assert_eq!(large["maximum"].as_u64(), Some(u64::MAX));
    let peers = &schemas["$defs"]["vault.filled"]["properties"]["peers"];
    assert_eq!(peers["items"], json!({ "type": "string", "examples": ["127.0.0.1"] }));
    let huge = &schemas["$defs"]["vault.filled"]["properties"]["huge"];
    assert_eq!(*huge, json!({ "type": "integer", "format": "uint128", "minimum": 0 }));
}
