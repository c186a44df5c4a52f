//! AsyncAPI of an app: it receives commands, and sends events.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::json_schema::{self, Dialect};
use super::{keys, text};
use crate::schema::describe::type_name;
use crate::schema::{AggregateSchema, Description, Docs};

/// The document.
pub(super) fn document(description: &Description, title: &str, version: &str) -> Value {
    let mut parts = Parts::default();
    let commands = parts.add_commands(description);
    let events = parts.add_events(description);
    for aggregate in super::aggregates(description) {
        let names = aggregate.commands.iter().map(|command| command.name);
        parts.add_channel(&receiving(aggregate), &messages_of(names, &commands));
        let names = aggregate.events.iter().map(|event| event.name);
        parts.add_channel(&sending(aggregate), &messages_of(names, &events));
    }
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": title,
            "version": version,
            "description": "The commands that the app takes, and the events that it writes.",
        },
        "defaultContentType": JSON,
        "channels": parts.channels,
        "operations": parts.operations,
        "components": { "messages": parts.messages, "schemas": parts.schemas },
    })
}

const JSON: &str = "application/json";

/// Keys of messages, by the persisted name of what they carry.
type Keys = BTreeMap<&'static str, String>;

#[derive(Debug, Default)]
struct Parts {
    channels: Map<String, Value>,
    operations: Map<String, Value>,
    messages: Map<String, Value>,
    schemas: Map<String, Value>,
}

/// A channel and what the app does there.
struct Channel {
    key: String,
    address: String,
    about: String,
    parameters: Option<Value>,
    /// The tags of the boundary that is decided on.
    boundary: Vec<&'static str>,
    operation: String,
    action: &'static str,
}

impl Parts {
    fn add_commands(&mut self, description: &Description) -> Keys {
        let mut added = Keys::new();
        for command in description.commands() {
            let key = self.key_of_message(command.name);
            let schema = json_schema::command_schema(command, &schema_at(&key), Dialect::Draft7);
            let title = type_name(command.rust_type);
            self.add_message(&key, message(command.name, title, &command.docs), schema);
            added.insert(command.name, key);
        }
        added
    }

    fn add_events(&mut self, description: &Description) -> Keys {
        let mut added = Keys::new();
        for event in description.events().into_iter().filter(|e| description.writes(e.name)) {
            let key = self.key_of_message(event.name);
            let schema = json_schema::event_schema(event, &schema_at(&key), Dialect::Draft7);
            self.add_message(&key, message(event.name, event.variant, &event.docs), schema);
            added.insert(event.name, key);
        }
        added
    }

    /// Names are free, but keys are not; and a command may be called as an event is.
    fn key_of_message(&self, name: &str) -> String {
        keys::free(keys::plain(name, &['.', '-', '_']), |key| self.messages.contains_key(key))
    }

    fn add_message(&mut self, key: &str, mut message: Map<String, Value>, schema: Value) {
        message.insert("payload".to_owned(), json!({ "$ref": schema_at(key) }));
        self.messages.insert(key.to_owned(), message.into());
        self.schemas.insert(key.to_owned(), schema);
    }

    fn add_channel(&mut self, channel: &Channel, messages: &BTreeSet<&String>) {
        if messages.is_empty() {
            return;
        }
        let key = keys::free(channel.key.clone(), |key| self.channels.contains_key(key));
        let here = format!("#/channels/{key}");
        let all = messages
            .iter()
            .map(|key| ((*key).clone(), json!({ "$ref": format!("#/components/messages/{key}") })));
        let mut value = json!({
            "address": channel.address,
            "description": channel.about,
            "messages": Map::from_iter(all),
        });
        if let Some(value) = value.as_object_mut() {
            let parameters = channel.parameters.clone();
            value.extend(parameters.map(|parameters| ("parameters".to_owned(), parameters)));
            if !channel.boundary.is_empty() {
                value.insert("x-boundary".to_owned(), channel.boundary.clone().into());
            }
        }
        self.channels.insert(key, value);
        let messages =
            messages.iter().map(|key| json!({ "$ref": format!("{here}/messages/{key}") }));
        let operation = json!({
            "action": channel.action,
            "channel": { "$ref": here },
            "messages": messages.collect::<Vec<_>>(),
        });
        let key = keys::free(channel.operation.clone(), |key| self.operations.contains_key(key));
        self.operations.insert(key, operation);
    }
}

fn messages_of(names: impl Iterator<Item = &'static str>, keys: &Keys) -> BTreeSet<&String> {
    names.filter_map(|name| keys.get(name)).collect()
}

fn schema_at(key: &str) -> String {
    format!("#/components/schemas/{key}")
}

fn message(name: &str, title: &str, docs: &Docs) -> Map<String, Value> {
    let mut message = Map::new();
    let mut set = |key: &str, text: &str| message.insert(key.to_owned(), text.into());
    set("name", name);
    set("title", if title.is_empty() { name } else { title });
    set("contentType", JSON);
    let summary = text::summary(docs.item);
    if !summary.is_empty() {
        set("summary", &summary);
    }
    if text::one_line(docs.item) != summary {
        set("description", docs.item.trim());
    }
    message
}

fn receiving(aggregate: &AggregateSchema) -> Channel {
    let (key, address) = (key_of(aggregate), address_of(aggregate));
    Channel {
        key: format!("{key}.commands"),
        address: format!("{address}/commands"),
        about: format!("What can be sent to `{}`.", aggregate.name),
        parameters: None,
        boundary: Vec::new(),
        operation: format!("{key}.receive"),
        action: "receive",
    }
}

/// The stream of a boundary is named after the values of its tags.
fn sending(aggregate: &AggregateSchema) -> Channel {
    let (key, address) = (key_of(aggregate), address_of(aggregate));
    let name = aggregate.name;
    let decided = || {
        format!(
            "What one `{name}` decides, in order: a stream. It is decided on all events that carry a tag of its \
             boundary, whatever stream they stand in."
        )
    };
    let (about, id) = match aggregate.boundary.as_slice() {
        [] => (
            format!("What happens to one `{name}`, in order: a stream."),
            format!("The id of the `{name}`."),
        ),
        [tag] => (decided(), format!("The value of the tag `{tag}`.")),
        tags => {
            (decided(), format!("The values of the tags {}, joined by `-`.", text::listed(tags)))
        }
    };
    Channel {
        key: format!("{key}.events"),
        address: format!("{address}-{{id}}"),
        about,
        parameters: Some(json!({ "id": { "description": id } })),
        boundary: aggregate.boundary.clone(),
        operation: format!("{key}.send"),
        action: "send",
    }
}

fn key_of(aggregate: &AggregateSchema) -> String {
    keys::plain(aggregate.name, &['.', '-', '_'])
}

/// Braces in an address are parameters.
fn address_of(aggregate: &AggregateSchema) -> String {
    aggregate.name.replace('{', "%7B").replace('}', "%7D")
}
