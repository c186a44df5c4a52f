//! Random values of a form, and whether a form reads a value: as serde does, but that nothing of the
//! value may be left unread.

use factum_core::schema::{Checked, Choice, Float, Integer, Object, Shape};
use serde_json::{Map, Value, json};

use crate::random::Random;

/// The objects and choices around a place.
#[derive(Clone, Default)]
struct Around<'a>(Vec<&'a Shape>);

impl<'a> Around<'a> {
    fn with(&self, shape: &'a Shape) -> Self {
        Self([self.0.as_slice(), &[shape]].concat())
    }

    /// The one that is so many further up, and what is around that.
    fn find(&self, up: usize) -> (&'a Shape, Self) {
        let at = self.0.len() - 1 - up;
        (self.0[at], Self(self.0[..at].to_vec()))
    }
}

pub(crate) fn value(random: &mut Random, shape: &Shape) -> Value {
    any(random, shape, &Around::default(), 4)
}

fn any<'a>(random: &mut Random, shape: &'a Shape, around: &Around<'a>, depth: usize) -> Value {
    match shape {
        Shape::Any => random.pick(&[Value::Null, json!(-1), json!({"no": [1.5]})]),
        Shape::Null => Value::Null,
        Shape::Bool => json!(random.chance(50)),
        Shape::Integer(integer) => integer_value(random, *integer),
        Shape::Float(Float::F32) => json!(1.5),
        Shape::Float(Float::F64) => random.pick(&[json!(1e300), json!(-2.5)]),
        Shape::Char => json!("é"),
        Shape::Text => random.pick(&[json!(""), json!("Eur"), json!("some text")]),
        Shape::Bytes => json!([0, 255]),
        Shape::Checked(checked) => taken(checked),
        Shape::Nullable(_) if random.chance(30) => Value::Null,
        Shape::Nullable(inner) => any(random, inner, around, depth),
        Shape::List(_) if depth == 0 => json!([]),
        Shape::List(inner) => {
            (0..random.below(3)).map(|_| any(random, inner, around, depth - 1)).collect()
        }
        Shape::Array(inner, length) => {
            (0..*length).map(|_| any(random, inner, around, depth.min(1))).collect()
        }
        Shape::Tuple(items) => items.iter().map(|item| any(random, item, around, depth)).collect(),
        Shape::Map(key, inner) => {
            let key = match any(random, key, around, 0) {
                Value::String(text) => text,
                other => other.to_string(),
            };
            json!({ key: any(random, inner, around, depth) })
        }
        Shape::Object(object) => object_value(random, object, &around.with(shape), depth),
        Shape::Choice(choice) => choice_value(random, choice, &around.with(shape), depth),
        Shape::Again(again) => {
            let (shape, around) = around.find(again.up);
            any(random, shape, &around, depth)
        }
    }
}

/// The one value that a check takes.
fn taken(checked: &Checked) -> Value {
    match &checked.like {
        Some(like) => serde_json::from_str(like).unwrap(),
        None => json!("a text that no sample is"),
    }
}

fn integer_value(random: &mut Random, integer: Integer) -> Value {
    match integer.bits() {
        (bits, false) => random.pick(&[json!(0), json!(u64::MAX >> (64 - bits))]),
        (bits, true) => {
            random.pick(&[json!(i64::MIN >> (64 - bits)), json!(i64::MAX >> (64 - bits))])
        }
    }
}

fn object_value<'a>(
    random: &mut Random,
    object: &'a Object,
    around: &Around<'a>,
    depth: usize,
) -> Value {
    let mut fields = Map::new();
    for field in &object.fields {
        if !(field.optional && random.chance(50)) {
            let names = [std::slice::from_ref(&field.name), &field.aliases].concat();
            fields.insert(random.pick(&names), any(random, &field.shape, around, depth));
        }
    }
    Value::Object(fields)
}

fn choice_value<'a>(
    random: &mut Random,
    choice: &'a Choice,
    around: &Around<'a>,
    depth: usize,
) -> Value {
    let variant = &choice.variants[random.below(choice.variants.len())];
    match &variant.content {
        None => json!(variant.name),
        Some(content) => json!({ &variant.name: any(random, content, around, depth) }),
    }
}

pub(crate) fn reads(shape: &Shape, value: &Value) -> bool {
    fits(shape, value, &Around::default())
}

fn fits<'a>(shape: &'a Shape, value: &Value, around: &Around<'a>) -> bool {
    match (shape, value) {
        (Shape::Any, _) | (Shape::Null, Value::Null) | (Shape::Bool, Value::Bool(_)) => true,
        (Shape::Integer(integer), Value::Number(number)) => {
            number.as_i128().is_some_and(|number| is_in(number, *integer))
        }
        (Shape::Float(_), Value::Number(_)) | (Shape::Text, Value::String(_)) => true,
        (Shape::Char, Value::String(text)) => text.chars().count() == 1,
        (Shape::Bytes, Value::Array(items)) => {
            items.iter().all(|item| fits(&Shape::Integer(Integer::U8), item, around))
        }
        (Shape::Checked(checked), value) => taken(checked) == *value,
        (Shape::Nullable(_), Value::Null) => true,
        (Shape::Nullable(inner), value) => fits(inner, value, around),
        (Shape::List(inner), Value::Array(items)) => {
            items.iter().all(|item| fits(inner, item, around))
        }
        (Shape::Array(inner, length), Value::Array(items)) => {
            items.len() == *length && items.iter().all(|item| fits(inner, item, around))
        }
        (Shape::Tuple(shapes), Value::Array(items)) => {
            let all = shapes.iter().zip(items).all(|(shape, item)| fits(shape, item, around));
            all && shapes.len() == items.len()
        }
        (Shape::Map(key, inner), Value::Object(items)) => items
            .iter()
            .all(|(name, item)| fits_key(key, name, around) && fits(inner, item, around)),
        (Shape::Object(object), Value::Object(fields)) => {
            fits_object(object, fields, &around.with(shape))
        }
        (Shape::Choice(choice), value) => fits_choice(choice, value, &around.with(shape)),
        (Shape::Again(again), value) => {
            let (shape, around) = around.find(again.up);
            fits(shape, value, &around)
        }
        _ => false,
    }
}

fn is_in(number: i128, integer: Integer) -> bool {
    match integer.bits() {
        (bits, false) => (0..1 << bits).contains(&number),
        (bits, true) => (-(1 << (bits - 1))..1 << (bits - 1)).contains(&number),
    }
}

fn fits_key<'a>(key: &'a Shape, name: &str, around: &Around<'a>) -> bool {
    let number = serde_json::from_str(name).is_ok_and(|number| fits(key, &number, around));
    number || fits(key, &json!(name), around)
}

fn fits_object<'a>(object: &'a Object, fields: &Map<String, Value>, around: &Around<'a>) -> bool {
    let mut read = 0;
    let all = object.fields.iter().all(|field| {
        let names = || std::iter::once(&field.name).chain(&field.aliases);
        let found: Vec<_> = names().filter_map(|name| fields.get(name)).collect();
        read += found.len();
        match found.as_slice() {
            [] => field.optional,
            [value] => fits(&field.shape, value, around),
            _ => false,
        }
    });
    all && read == fields.len()
}

fn fits_choice<'a>(choice: &'a Choice, value: &Value, around: &Around<'a>) -> bool {
    choice.variants.iter().any(|variant| match (&variant.content, value) {
        (None, Value::String(name)) => variant.name == *name,
        (Some(content), Value::Object(fields)) => {
            fields.len() == 1
                && fields.get(&variant.name).is_some_and(|value| fits(content, value, around))
        }
        _ => false,
    })
}
