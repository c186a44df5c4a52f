//! The types inside one definition, and references to those that hold themselves.
//!
//! A type that holds itself stands in a `$defs` of the definition that it is used in: so it cannot
//! clash with the types of other definitions, nor with a persisted name.

use serde_json::Value;

use super::{Dialect, Schema, set};
use crate::schema::documents::keys;
use crate::schema::{Docs, Shape};

/// Writes the schema of one definition.
#[derive(Debug)]
pub(super) struct Types {
    pub(super) dialect: Dialect,
    at: String,
    around: Vec<Around>,
    referred: Schema,
}

/// A type that is being written.
#[derive(Debug)]
struct Around {
    /// None for the definition itself.
    key: Option<String>,
    used: bool,
}

impl Types {
    /// For the definition at this JSON pointer.
    pub(super) fn new(at: &str, dialect: Dialect) -> Self {
        Self { dialect, at: at.to_owned(), around: Vec::new(), referred: Schema::new() }
    }

    /// The schema of the definition: `docs` are about it and its fields.
    pub(super) fn root(mut self, shape: &Shape, docs: &Docs) -> Schema {
        let mut schema = match shape {
            Shape::Object(object) => {
                self.enter(None);
                self.object(object, docs)
            }
            Shape::Choice(choice) => {
                self.enter(None);
                self.choice(choice)
            }
            other => self.form(other),
        };
        if !self.referred.is_empty() {
            set(&mut schema, self.dialect.definitions(), self.referred);
        }
        schema
    }

    /// A type with a name: in its place, or referred to if it is found in itself.
    pub(super) fn named(&mut self, name: &str, write: impl FnOnce(&mut Self) -> Schema) -> Schema {
        let key = keys::free(keys::plain(name, &['_', '-']), |key| self.is_taken(key));
        self.enter(Some(key));
        let mut schema = write(self);
        if !name.is_empty() {
            set(&mut schema, "title", name);
        }
        match self.around.pop() {
            Some(Around { key: Some(key), used: true, .. }) => {
                let reference = reference(&self.pointer(&key));
                self.referred.insert(key, schema.into());
                reference
            }
            _ => schema,
        }
    }

    /// The type that is so many further up than the nearest around the place; anything, if there is
    /// none.
    pub(super) fn again(&mut self, up: usize) -> Schema {
        let Some(around) = self.around.iter_mut().rev().nth(up) else { return Schema::new() };
        around.used = true;
        match around.key.clone() {
            Some(key) => reference(&self.pointer(&key)),
            None => reference(&self.at),
        }
    }

    fn enter(&mut self, key: Option<String>) {
        self.around.push(Around { key, used: false });
    }

    fn is_taken(&self, key: &str) -> bool {
        self.referred.contains_key(key)
            || self.around.iter().any(|around| around.key.as_deref() == Some(key))
    }

    fn pointer(&self, key: &str) -> String {
        format!("{}/{}/{key}", self.at, self.dialect.definitions())
    }
}

fn reference(pointer: &str) -> Schema {
    Schema::from_iter([("$ref".to_owned(), Value::from(pointer))])
}
