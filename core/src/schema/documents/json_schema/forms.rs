//! From forms to schemas.

use serde_json::{Map, Value, json};

use super::types::Types;
use super::{Dialect, Schema, set};
use crate::schema::documents::text;
use crate::schema::{Checked, Choice, Docs, Field, Float, Integer, Object, Shape, Variant};

impl Types {
    /// The schema of a form.
    pub(super) fn form(&mut self, shape: &Shape) -> Schema {
        match shape {
            Shape::Any => Schema::new(),
            Shape::Null => of_type("null"),
            Shape::Bool => of_type("boolean"),
            Shape::Integer(kind) => integer(*kind),
            Shape::Float(kind) => float(*kind),
            Shape::Char => character(),
            Shape::Text => of_type("string"),
            Shape::Bytes => list(integer(Integer::U8)),
            Shape::Checked(checked) => self.checked(checked),
            Shape::Nullable(inner) => nullable(self.form(inner)),
            Shape::List(items) => list(self.form(items)),
            Shape::Tuple(items) => self.tuple(items),
            Shape::Array(items, length) => of_length(list(self.form(items)), *length),
            Shape::Map(key, value) => self.map(key, value),
            Shape::Object(object) => {
                self.named(&object.name, |types| types.object(object, &Docs::NONE))
            }
            Shape::Choice(choice) => self.named(&choice.name, |types| types.choice(choice)),
            Shape::Again(again) => self.again(again.up),
        }
    }

    /// With the sample as an example: the check itself is not known.
    fn checked(&mut self, checked: &Checked) -> Schema {
        let mut schema = self.form(&checked.of);
        let like = checked.like.as_ref().and_then(|like| serde_json::from_str(like).ok());
        if let Some(like) = like {
            set(&mut schema, "examples", Value::Array(vec![like]));
        }
        schema
    }

    fn tuple(&mut self, items: &[Shape]) -> Schema {
        let mut schema = of_length(of_type("array"), items.len());
        // A list of no schemas is not allowed.
        if items.is_empty() {
            return schema;
        }
        let items: Vec<Schema> = items.iter().map(|item| self.form(item)).collect();
        let (places, others) = match self.dialect {
            Dialect::Draft2020 => ("prefixItems", "items"),
            Dialect::Draft7 => ("items", "additionalItems"),
        };
        set(&mut schema, places, items);
        set(&mut schema, others, false);
        schema
    }

    fn map(&mut self, key: &Shape, value: &Shape) -> Schema {
        let mut schema = of_type("object");
        set(&mut schema, "additionalProperties", self.form(value));
        if let Some(names) = key_names(key) {
            set(&mut schema, "propertyNames", names);
        }
        schema
    }

    /// The schema of a struct, with what is said of its fields.
    pub(super) fn object(&mut self, object: &Object, docs: &Docs) -> Schema {
        let (mut properties, mut required, mut either) = (Map::new(), Vec::new(), Vec::new());
        for field in &object.fields {
            let described = described(self.form(&field.shape), text::field_doc(docs, &field.name));
            for alias in &field.aliases {
                set(&mut properties, alias, alias_of(&field.name, described.clone()));
            }
            set(&mut properties, &field.name, described);
            match (field.optional, field.aliases.is_empty()) {
                (true, _) => {}
                (false, true) => required.push(field.name.as_str()),
                (false, false) => either.push(one_of_its_names(field)),
            }
        }
        let mut schema = of_type("object");
        set(&mut schema, "properties", properties);
        if !required.is_empty() {
            set(&mut schema, "required", required);
        }
        if !either.is_empty() {
            set(&mut schema, "allOf", either);
        }
        if object.strict {
            set(&mut schema, "additionalProperties", false);
        }
        schema
    }

    /// The schema of an enum.
    pub(super) fn choice(&mut self, choice: &Choice) -> Schema {
        if choice.variants.iter().all(|variant| variant.content.is_none()) {
            return one_of_texts(choice);
        }
        let variants: Vec<Schema> = choice.variants.iter().map(|v| self.variant(v)).collect();
        single("oneOf", variants)
    }

    fn variant(&mut self, variant: &Variant) -> Schema {
        let Some(content) = &variant.content else {
            return single("const", variant.name.as_str());
        };
        let mut schema = of_type("object");
        set(&mut schema, "properties", single(&variant.name, self.form(content)));
        set(&mut schema, "required", vec![variant.name.as_str()]);
        set(&mut schema, "additionalProperties", false);
        schema
    }
}

fn single(key: &str, value: impl Into<Value>) -> Schema {
    Schema::from_iter([(key.to_owned(), value.into())])
}

fn of_type(name: &str) -> Schema {
    single("type", name)
}

fn list(items: Schema) -> Schema {
    let mut schema = of_type("array");
    set(&mut schema, "items", items);
    schema
}

fn of_length(mut schema: Schema, length: usize) -> Schema {
    set(&mut schema, "minItems", length);
    set(&mut schema, "maxItems", length);
    schema
}

fn character() -> Schema {
    let mut schema = of_type("string");
    set(&mut schema, "minLength", 1);
    set(&mut schema, "maxLength", 1);
    schema
}

fn integer(kind: Integer) -> Schema {
    let (bits, signed) = kind.bits();
    let mut schema = of_type("integer");
    set(&mut schema, "format", format!("{}int{bits}", if signed { "" } else { "u" }));
    if !signed {
        set(&mut schema, "minimum", 0);
    }
    let Some(unused) = 64_u32.checked_sub(bits) else { return schema };
    if signed {
        set(&mut schema, "minimum", i64::MIN >> unused);
        set(&mut schema, "maximum", i64::MAX >> unused);
    } else {
        set(&mut schema, "maximum", u64::MAX >> unused);
    }
    schema
}

fn float(kind: Float) -> Schema {
    let mut schema = of_type("number");
    let format = match kind {
        Float::F32 => "float",
        Float::F64 => "double",
    };
    set(&mut schema, "format", format);
    schema
}

/// Also null. A type can be joined with another where nothing beside it speaks of null too.
fn nullable(mut schema: Schema) -> Schema {
    if schema.is_empty() {
        return schema;
    }
    let speaks_of_all = ["enum", "allOf"].iter().any(|key| schema.contains_key(*key));
    match schema.get("type") {
        Some(Value::String(kind)) if kind == "null" => schema,
        Some(Value::Array(_)) => schema,
        Some(Value::String(kind)) if !speaks_of_all => {
            let kinds = vec![kind.clone(), "null".to_owned()];
            set(&mut schema, "type", kinds);
            schema
        }
        _ => single("anyOf", vec![schema, of_type("null")]),
    }
}

fn one_of_texts(choice: &Choice) -> Schema {
    let names: Vec<&str> = choice.variants.iter().map(|variant| variant.name.as_str()).collect();
    if names.is_empty() {
        return single("not", Schema::new());
    }
    let mut schema = of_type("string");
    set(&mut schema, "enum", names);
    schema
}

/// The texts that keys of this form are written as; nothing if that is any text.
fn key_names(key: &Shape) -> Option<Schema> {
    match key {
        Shape::Integer(kind) if kind.bits().1 => Some(single("pattern", "^(0|-?[1-9][0-9]*)$")),
        Shape::Integer(_) => Some(single("pattern", "^(0|[1-9][0-9]*)$")),
        Shape::Bool => Some(single("enum", vec!["true", "false"])),
        Shape::Char => Some(character()),
        Shape::Choice(choice) if choice.variants.iter().all(|v| v.content.is_none()) => {
            Some(one_of_texts(choice))
        }
        Shape::Checked(checked) => key_names(&checked.of),
        Shape::Nullable(inner) => key_names(inner),
        _ => None,
    }
}

/// What stands beside a reference is not read by all tools, so that it is put inside.
fn described(schema: Schema, doc: &str) -> Schema {
    if doc.is_empty() {
        return schema;
    }
    let mut schema = apart(schema);
    set(&mut schema, "description", doc);
    schema
}

fn apart(schema: Schema) -> Schema {
    if schema.contains_key("$ref") { single("allOf", vec![schema]) } else { schema }
}

fn alias_of(name: &str, schema: Schema) -> Schema {
    let mut schema = apart(schema);
    set(&mut schema, "description", format!("An older name of `{name}`."));
    set(&mut schema, "deprecated", true);
    schema
}

/// Serde takes exactly one of them.
fn one_of_its_names(field: &Field) -> Value {
    let names = std::iter::once(&field.name).chain(&field.aliases);
    let each: Vec<Value> = names.map(|name| json!({ "required": [name] })).collect();
    json!({ "oneOf": each })
}
