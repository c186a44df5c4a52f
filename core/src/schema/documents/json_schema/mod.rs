//! JSON Schema of events and commands.
//!
//! Fields that a schema does not name are allowed where serde ignores them. Of numbers beyond 64 bits,
//! which not every JSON tool can hold, no bounds are given; `format` names them all. `x-tags` has the names
//! of the tags of an event or a command, and `x-tag` at a field that of which it holds the value.

mod forms;
mod types;

use serde_json::{Map, Value, json};

use self::types::Types;
use super::{keys, text};
use crate::schema::describe::same_field;
use crate::schema::{CommandSchema, Description, Docs, EventSchema, PastForm, Shape, TagSchema};

/// An object of JSON: a schema.
type Schema = Map<String, Value>;

/// Which words a schema is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// JSON Schema, draft 2020-12.
    Draft2020,
    /// JSON Schema, draft 7: what AsyncAPI builds on.
    Draft7,
}

impl Dialect {
    /// Where schemas stand that are only referred to.
    fn definitions(self) -> &'static str {
        match self {
            Self::Draft2020 => "$defs",
            Self::Draft7 => "definitions",
        }
    }
}

fn set(schema: &mut Schema, key: &str, value: impl Into<Value>) {
    schema.insert(key.to_owned(), value.into());
}

/// The file of events.
pub(super) fn events(description: &Description, title: &str) -> Value {
    let events = description.events();
    let mut definitions = Schema::new();
    for event in &events {
        set(&mut definitions, event.name, event_schema(event, &pointer(event.name), DRAFT));
    }
    for event in &events {
        for (past, fields) in
            event.past.iter().filter_map(|past| Some((past, past.fields.as_ref()?)))
        {
            let wanted = format!("{}.v{}", event.name, past.version);
            let key = keys::free(wanted, |key| definitions.contains_key(key));
            let schema = past_schema(event, past, fields, &pointer(&key));
            definitions.insert(key, schema);
        }
    }
    let about = "The payloads of events, each by its persisted name. A form that was stored before \
                 is at `NAME.vVERSION`.";
    file(&format!("Events of {title}"), about, definitions)
}

/// The file of commands.
pub(super) fn commands(description: &Description, title: &str) -> Value {
    let mut definitions = Schema::new();
    for command in description.commands() {
        set(&mut definitions, command.name, command_schema(command, &pointer(command.name), DRAFT));
    }
    file(&format!("Commands of {title}"), "Commands, each by its persisted name.", definitions)
}

const DRAFT: Dialect = Dialect::Draft2020;

fn pointer(key: &str) -> String {
    format!("#/$defs/{}", keys::pointer_step(key))
}

fn file(title: &str, about: &str, definitions: Schema) -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "description": about,
        "$defs": definitions,
    })
}

/// The schema of an event, for the place `at`.
pub(super) fn event_schema(event: &EventSchema, at: &str, dialect: Dialect) -> Value {
    let mut schema = definition(event.name, &event.docs, &event.fields, at, dialect);
    set(&mut schema, "x-version", event.version);
    if !event.was.is_empty() {
        let mut was = event.was.clone();
        was.sort_unstable();
        set(&mut schema, "x-was", was);
    }
    set_tags(&mut schema, &event.tags);
    schema.into()
}

fn past_schema(event: &EventSchema, past: &PastForm, fields: &Shape, at: &str) -> Value {
    let mut schema = definition(event.name, &Docs::NONE, fields, at, DRAFT);
    let about = format!("Stored before version {}.", past.version.saturating_add(1));
    set(&mut schema, "description", about);
    set(&mut schema, "deprecated", true);
    set(&mut schema, "x-version", past.version);
    schema.into()
}

/// The schema of a command, for the place `at`.
pub(super) fn command_schema(command: &CommandSchema, at: &str, dialect: Dialect) -> Value {
    let mut schema = definition(command.name, &command.docs, &command.fields, at, dialect);
    set_tags(&mut schema, &command.tags);
    schema.into()
}

/// The names of the tags, where there are any, and at each field that holds the value of one, its name.
fn set_tags(schema: &mut Schema, tags: &[TagSchema]) {
    if tags.is_empty() {
        return;
    }
    set(schema, "x-tags", text::tag_names(tags));
    let Some(fields) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    for (name, field) in fields {
        let mut held = tags.iter().filter(|tag| same_field(name, tag.field));
        if let (Some(tag), Some(field)) = (held.next(), field.as_object_mut()) {
            set(field, "x-tag", tag.name);
        }
    }
}

fn definition(name: &str, docs: &Docs, fields: &Shape, at: &str, dialect: Dialect) -> Schema {
    let mut schema = Types::new(at, dialect).root(fields, docs);
    set(&mut schema, "title", name);
    if !docs.item.trim().is_empty() {
        set(&mut schema, "description", docs.item.trim());
    }
    schema
}
