//! As much of a validator of JSON Schema as the schemas here need.

use serde_json::{Map, Value};

/// Whether a value fits the schema at `pointer` of a document.
pub(crate) fn fits(document: &Value, pointer: &str, value: &Value) -> bool {
    let schema = resolve(document, &format!("#{pointer}")).expect("a schema");
    Checker { document }.fits(schema, value)
}

/// What a reference leads to.
pub(crate) fn resolve<'a>(document: &'a Value, reference: &str) -> Option<&'a Value> {
    let pointer = reference.strip_prefix('#')?;
    document.pointer(&String::from_utf8(percent_decoded(pointer)).ok()?)
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or("").as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    bytes
}

/// Every reference in a document.
pub(crate) fn references(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(map) => {
            let here = map.get("$ref").and_then(Value::as_str);
            here.into_iter().chain(map.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

struct Checker<'a> {
    document: &'a Value,
}

impl Checker<'_> {
    fn fits(&self, schema: &Value, value: &Value) -> bool {
        match schema {
            Value::Bool(all) => *all,
            Value::Object(words) => {
                words.iter().all(|(word, given)| self.word(words, word, given, value))
            }
            other => panic!("no schema: {other}"),
        }
    }

    fn word(&self, words: &Map<String, Value>, word: &str, given: &Value, value: &Value) -> bool {
        let each =
            |value| given.as_array().unwrap().iter().filter(move |one| self.fits(one, value));
        match word {
            "$ref" => self.fits(resolve(self.document, given.as_str().unwrap()).unwrap(), value),
            "type" => match given {
                Value::Array(kinds) => kinds.iter().any(|kind| is(kind, value)),
                kind => is(kind, value),
            },
            "const" => given == value,
            "enum" => given.as_array().unwrap().contains(value),
            "not" => !self.fits(given, value),
            "allOf" => each(value).count() == given.as_array().unwrap().len(),
            "anyOf" => each(value).count() > 0,
            "oneOf" => each(value).count() == 1,
            "minimum" => number(value).is_none_or(|number| number >= number_of(given)),
            "maximum" => number(value).is_none_or(|number| number <= number_of(given)),
            "minLength" | "minItems" => length(value).is_none_or(|length| length >= count(given)),
            "maxLength" | "maxItems" => length(value).is_none_or(|length| length <= count(given)),
            "pattern" => value.as_str().is_none_or(|text| is_number(text, given.as_str().unwrap())),
            "properties" | "required" | "additionalProperties" | "propertyNames" => {
                value.as_object().is_none_or(|value| self.object(words, word, given, value))
            }
            "prefixItems" | "items" => {
                value.as_array().is_none_or(|value| self.array(words, word, given, value))
            }
            "title" | "description" | "deprecated" | "format" | "examples" | "$defs"
            | "definitions" | "x-version" | "x-was" => true,
            other => panic!("the checker does not know `{other}`"),
        }
    }

    fn object(
        &self,
        words: &Map<String, Value>,
        word: &str,
        given: &Value,
        value: &Map<String, Value>,
    ) -> bool {
        let known = |name: &str| words.get("properties").is_some_and(|all| all.get(name).is_some());
        match word {
            "properties" => {
                given.as_object().unwrap().iter().all(|(name, schema)| {
                    value.get(name).is_none_or(|value| self.fits(schema, value))
                })
            }
            "required" => {
                let mut names = given.as_array().unwrap().iter();
                names.all(|name| value.contains_key(name.as_str().unwrap()))
            }
            "additionalProperties" => {
                value.iter().all(|(name, value)| known(name) || self.fits(given, value))
            }
            _ => value.keys().all(|name| self.fits(given, &Value::from(name.as_str()))),
        }
    }

    fn array(
        &self,
        words: &Map<String, Value>,
        word: &str,
        given: &Value,
        value: &[Value],
    ) -> bool {
        if word == "prefixItems" {
            return given
                .as_array()
                .unwrap()
                .iter()
                .zip(value)
                .all(|(one, value)| self.fits(one, value));
        }
        let first = words.get("prefixItems").map_or(0, |places| places.as_array().unwrap().len());
        value.iter().skip(first).all(|value| self.fits(given, value))
    }
}

fn is(kind: &Value, value: &Value) -> bool {
    match kind.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => number(value).is_some(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("no type: {other}"),
    }
}

fn number(value: &Value) -> Option<i128> {
    value.as_u64().map(i128::from).or_else(|| value.as_i64().map(i128::from))
}

fn number_of(value: &Value) -> i128 {
    number(value).unwrap()
}

fn count(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

fn length(value: &Value) -> Option<usize> {
    let text = value.as_str().map(|text| text.chars().count());
    text.or_else(|| value.as_array().map(Vec::len))
}

/// The two patterns that are in use.
fn is_number(text: &str, pattern: &str) -> bool {
    let digits = match pattern {
        "^(0|-?[1-9][0-9]*)$" => text.strip_prefix('-').filter(|rest| *rest != "0").unwrap_or(text),
        "^(0|[1-9][0-9]*)$" => text,
        other => panic!("the checker does not know the pattern {other}"),
    };
    let all = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    all && (digits == "0" || !digits.starts_with('0'))
}
