//! Samples of what is stored in a form that is locked, and whether the code of today reads them.

use serde_json::{Map, Value};

use super::form::Form;
use crate::schema::lines::without_null;
use crate::schema::trace::first_sample;
use crate::schema::{Choice, Field, SampleReader, Shape, Unread};

/// The longest list that is made.
const MAX_LENGTH: usize = 1_000;

/// A sample that is not read.
pub(super) struct UnreadSample {
    pub(super) json: String,
    pub(super) why: Unread,
}

/// The first sample of a form that is not read.
pub(super) fn unread(
    form: &Form,
    read: SampleReader,
    name: &str,
    version: u32,
) -> Option<UnreadSample> {
    samples(form).into_iter().find_map(|json| {
        let why = read.read(name, version, json.as_bytes()).err()?;
        Some(UnreadSample { json, why })
    })
}

/// Whether the code refuses a sample of its own form, as a check does that the form does not tell of:
/// then samples say nothing of it. Where it is marked so by hand, any that is not read counts.
pub(super) fn refuses(
    form: &Form,
    read: SampleReader,
    (name, version): (&str, u32),
    is_marked: bool,
) -> bool {
    let sample = unread(form, read, name, version);
    sample.is_some_and(|sample| is_marked || !matches!(sample.why, Unread::NotReadAgain(_)))
}

/// One with all that may be there, and one with the least; none of what cannot be made up.
fn samples(form: &Form) -> Vec<String> {
    let samples = [Fill::Most, Fill::Least].into_iter().filter_map(|fill| fill.value(&form.shape));
    let mut samples: Vec<_> = samples.map(|value| value.to_string()).collect();
    samples.dedup();
    samples
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fill {
    /// What may be left out is there, and the first variant is chosen.
    Most,
    /// What may be left out is, and the last variant is chosen.
    Least,
}

impl Fill {
    fn value(self, shape: &Shape) -> Option<Value> {
        match shape {
            Shape::Nullable(inner) if self == Self::Most => {
                Some(self.value(inner).unwrap_or(Value::Null))
            }
            Shape::Nullable(_) => Some(Value::Null),
            Shape::List(item) => Some(Value::Array(self.value(item).into_iter().collect())),
            Shape::Tuple(items) => items.iter().map(|item| self.value(item)).collect(),
            Shape::Array(item, length) if *length <= MAX_LENGTH => {
                Some(Value::Array(vec![self.value(item)?; *length]))
            }
            Shape::Map(key, value) => Some(Value::Object(self.map(key, value))),
            Shape::Object(object) => self.object(&object.fields).map(Value::Object),
            Shape::Choice(choice) => self.choice(choice),
            Shape::Checked(checked) => serde_json::from_str(checked.like.as_ref()?).ok(),
            // What stands there again would have to come to an end.
            Shape::Any | Shape::Array(..) | Shape::Again(_) => None,
            // Had it refused the first sample, it would be checked.
            simple => serde_json::from_str(&first_sample(simple)?).ok(),
        }
    }

    fn map(self, key: &Shape, value: &Shape) -> Map<String, Value> {
        let key = match self.value(without_null(key)) {
            Some(Value::String(text)) => Some(text),
            Some(key @ (Value::Number(_) | Value::Bool(_))) => Some(key.to_string()),
            _ => None,
        };
        key.zip(self.value(value)).into_iter().collect()
    }

    fn object(self, fields: &[Field]) -> Option<Map<String, Value>> {
        let mut object = Map::new();
        for field in fields {
            if field.optional && self == Self::Least {
                continue;
            }
            match self.value(&field.shape) {
                Some(value) => drop(object.insert(field.name.clone(), value)),
                None if field.optional => {}
                None => return None,
            }
        }
        Some(object)
    }

    /// The nearest to its end of the list that can be made.
    fn choice(self, choice: &Choice) -> Option<Value> {
        let mut variants: Vec<_> = choice.variants.iter().collect();
        if self == Self::Least {
            variants.reverse();
        }
        variants.into_iter().find_map(|variant| match &variant.content {
            None => Some(Value::String(variant.name.clone())),
            Some(content) => {
                let content = (variant.name.clone(), self.value(content)?);
                Some(Value::Object(Map::from_iter([content])))
            }
        })
    }
}
