//! The documents of an app, made from its description.
//!
//! *Problem.* What is written about an app beside its code is wrong a month later. *Invariant.* The
//! same description gives the same bytes, on every machine and with every set of features, so that
//! the files can be kept with the code and compared in a test. *Shape.* Pure functions, one module
//! for each kind of document:
//!
//! - `events.schema.json` and `commands.schema.json`: JSON Schema, draft 2020-12. Payloads do not
//!   carry their names, so there is no schema for "any event": each is under `$defs` by its persisted
//!   name, as `account.deposited`, and the forms before as `account.deposited.v1`.
//! - `asyncapi.json`: AsyncAPI 3.0.0, in which the app receives commands and sends events. A channel
//!   of events is the stream of an aggregate, `account-{id}`: within it events are in order, and its
//!   name is what a reader of the log asks for. `x-boundary` has the tags that a boundary is made of. Which topics a broker maps streams to is the
//!   deployment's choice, so none is named.
//! - `model.md`: a page for people, with a flowchart that forges draw, and tables.

mod asyncapi;
mod json_schema;
mod keys;
mod model;
mod text;

use serde_json::Value;

use super::{AggregateSchema, Description, SagaSchema};
use crate::saga::Saga;

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its name, without a folder.
    pub name: &'static str,
    /// What is in it.
    pub text: String,
}

impl Document {
    /// Keys are sorted, also where another crate has serde_json keep their order.
    fn json(name: &'static str, mut value: Value) -> Self {
        value.sort_all_objects();
        Self { name, text: format!("{value:#}\n") }
    }
}

impl Description {
    /// The documents of the app that is called `title`, by file name. The version stands in
    /// `asyncapi.json` alone.
    ///
    /// ```
    /// use factum_core::schema::Description;
    ///
    /// let documents = Description::default().documents("bank", "1.0.0");
    /// let names: Vec<_> = documents.iter().map(|document| document.name).collect();
    /// let expected = ["asyncapi.json", "commands.schema.json", "events.schema.json", "model.md"];
    /// assert_eq!(names, expected);
    /// ```
    pub fn documents(&self, title: &str, version: &str) -> Vec<Document> {
        vec![
            Document::json("asyncapi.json", asyncapi::document(self, title, version)),
            Document::json("commands.schema.json", json_schema::commands(self, title)),
            Document::json("events.schema.json", json_schema::events(self, title)),
            Document { name: "model.md", text: model::page(self, title) },
        ]
    }
}

/// The possible steps of a saga as a flowchart in the language of Mermaid, which forges and editors draw:
/// from the events that it hears by way of its commands to the aggregates and steps that these go to. Thick
/// arrows lead from the events that an instance begins with.
pub fn saga_diagram<S: Saga>() -> String {
    model::saga_chart(&SagaSchema::of::<S>())
}

/// By name: in which order they were added to the app is of no interest to a reader.
fn aggregates(description: &Description) -> Vec<&AggregateSchema> {
    let mut aggregates: Vec<_> = description.aggregates.iter().collect();
    aggregates.sort_by_key(|aggregate| aggregate.name);
    aggregates
}
