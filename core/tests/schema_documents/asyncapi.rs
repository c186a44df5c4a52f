//! AsyncAPI.

use factum_core::schema::{Description, Shape};
use serde_json::json;

use crate::app::{self, aggregate, command, event};

#[test]
fn the_app_receives_commands_and_sends_events() {
    let document = app::json(&app::bank(), "asyncapi.json");
    assert_eq!(document["asyncapi"], "3.0.0");
    assert_eq!(
        (&document["info"]["title"], &document["info"]["version"]),
        (&json!("bank"), &json!("1.2.3"))
    );
    assert_eq!(document["channels"]["account.commands"]["address"], "account/commands");
    let events = &document["channels"]["account.events"];
    assert_eq!(events["address"], "account-{id}");
    assert!(events["parameters"].get("id").is_some());
    assert_eq!(document["operations"]["account.receive"]["action"], "receive");
    let sends = &document["operations"]["account.send"];
    assert_eq!(sends["action"], "send");
    assert_eq!(sends["channel"]["$ref"], "#/channels/account.events");
    let messages = json!([
        { "$ref": "#/channels/account.events/messages/account.deposited" },
        { "$ref": "#/channels/account.events/messages/audit.reviewed" },
    ]);
    assert_eq!(sends["messages"], messages);
}

#[test]
fn messages_say_what_they_are() {
    let document = app::json(&app::bank(), "asyncapi.json");
    let deposited = json!({
        "name": "account.deposited",
        "title": "Deposited",
        "summary": "Money came in.",
        "description": "Money came in.\n\nNever less than a cent.",
        "contentType": "application/json",
        "payload": { "$ref": "#/components/schemas/account.deposited" },
    });
    assert_eq!(document["components"]["messages"]["account.deposited"], deposited);
}

#[test]
fn keys_differ_where_names_do_not() {
    let commands = vec![command("a.ö", Shape::Any), command("a.ü", Shape::Any)];
    let app = Description {
        aggregates: vec![aggregate("a{b}", commands, vec![event("a.ü", Shape::Bool)])],
        ..Description::default()
    };
    let document = app::json(&app, "asyncapi.json");
    let messages = document["components"]["messages"].as_object().unwrap();
    let named: Vec<_> =
        messages.iter().map(|(key, message)| (key.as_str(), &message["name"])).collect();
    assert_eq!(named, [("a._", &json!("a.ö")), ("a.__2", &json!("a.ü")), ("a.__3", &json!("a.ü"))]);
    assert_eq!(document["channels"]["a_b_.events"]["address"], "a%7Bb%7D-{id}");
}

#[test]
fn an_aggregate_without_commands_has_no_channel_for_them() {
    let app = Description {
        aggregates: vec![aggregate("log", Vec::new(), vec![event("log.kept", Shape::Any)])],
        ..Description::default()
    };
    let document = app::json(&app, "asyncapi.json");
    let channels: Vec<_> = document["channels"].as_object().unwrap().keys().collect();
    assert_eq!(channels, ["log.events"]);
}
