//! Random forms, and small changes of them.

use factum_core::schema::{Choice, Field, Float, Integer, Object, Shape, Variant};

use crate::app::*;

/// SplitMix64 (Steele, Lea and Flood): the same numbers for the same seed.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }
}

const INTEGERS: [Integer; 6] =
    [Integer::U8, Integer::U32, Integer::U64, Integer::I8, Integer::I32, Integer::I64];

const NAMES: [&str; 8] = ["a", "b", "c", "a: b", "x y?", "é", "\"q\"", "[]"];

/// A form that holds others up to this depth, and may hold these once more.
pub(crate) fn shape(random: &mut Random, depth: usize, around: &[String]) -> Shape {
    if depth == 0 || random.chance(40) {
        return leaf(random);
    }
    let depth = depth - 1;
    match random.below(7) {
        0 => list(shape(random, depth, around)),
        1 => Shape::Tuple((0..random.below(3)).map(|_| shape(random, depth, around)).collect()),
        2 => map(key(random), shape(random, depth, around)),
        3 => nullable(match shape(random, depth, around) {
            Shape::Nullable(inner) => *inner,
            other => other,
        }),
        4 => Shape::Choice(any_choice(random, depth, around)),
        // In a list, so that a value comes to an end.
        5 if !around.is_empty() => list(again(&random.pick(around), random.below(around.len()))),
        _ => Shape::Object(any_object(random, depth, around)),
    }
}

fn leaf(random: &mut Random) -> Shape {
    match random.below(9) {
        8 => any_checked(random),
        0 => Shape::Bool,
        1 => Shape::Text,
        2 => Shape::Char,
        3 => Shape::Bytes,
        4 => Shape::Float(random.pick(&[Float::F32, Float::F64])),
        5 => random.pick(&[Shape::Null, Shape::Any]),
        _ => Shape::Integer(random.pick(&INTEGERS)),
    }
}

fn any_checked(random: &mut Random) -> Shape {
    let texts = [Some(r#""Eur""#), Some(r#""a: b | null""#), None];
    match random.chance(70) {
        true => checked(Shape::Text, random.pick(&texts)),
        false => checked(Shape::Integer(random.pick(&INTEGERS)), Some("1")),
    }
}

fn key(random: &mut Random) -> Shape {
    match random.below(4) {
        0 => Shape::Text,
        3 => checked(Shape::Text, Some(r#""Eur""#)),
        1 => Shape::Integer(random.pick(&INTEGERS)),
        _ => choice([("Eur", None), ("Usd", None)]),
    }
}

/// Some of the names.
fn names(random: &mut Random) -> Vec<&'static str> {
    NAMES.into_iter().filter(|_| random.chance(35)).collect()
}

/// Its name is that of no other around it.
fn inside(kind: &str, around: &[String]) -> (String, Vec<String>) {
    let name = format!("{kind}{}", around.len());
    (name.clone(), [around, &[name]].concat())
}

pub(crate) fn any_object(random: &mut Random, depth: usize, around: &[String]) -> Object {
    let (name, around) = inside("Object", around);
    let fields = names(random).into_iter().map(|name| any_field(random, name, depth, &around));
    Object { name, fields: fields.collect(), strict: random.chance(20) }
}

fn any_field(random: &mut Random, name: &str, depth: usize, around: &[String]) -> Field {
    let mut field = field(name, shape(random, depth, around));
    field.optional = random.chance(40);
    if random.chance(20) {
        field.aliases.push(format!("old {name}"));
    }
    field
}

fn any_choice(random: &mut Random, depth: usize, around: &[String]) -> Choice {
    let (name, around) = inside("Choice", around);
    let mut variants: Vec<_> = names(random)
        .into_iter()
        .map(|name| Variant {
            name: name.to_owned(),
            content: random.chance(50).then(|| shape(random, depth, &around)),
        })
        .collect();
    variants.push(Variant { name: "Z".to_owned(), content: None });
    Choice { name, variants }
}

/// The same form with a few changes, good ones and bad ones.
pub(crate) fn changed(random: &mut Random, old: &Shape, around: &[String]) -> Shape {
    if random.chance(8) {
        return match random.below(20) {
            0 => Shape::Any,
            1 => shape(random, 1, around),
            _ if matches!(old, Shape::Nullable(_)) => old.clone(),
            _ => nullable(old.clone()),
        };
    }
    match old {
        Shape::Integer(_) if random.chance(20) => Shape::Integer(random.pick(&INTEGERS)),
        Shape::Bytes if random.chance(20) => list(Shape::Integer(random.pick(&INTEGERS))),
        Shape::Text | Shape::Checked(_) if random.chance(20) => any_checked(random),
        Shape::Checked(checked) if random.chance(30) => (*checked.of).clone(),
        Shape::Char if random.chance(20) => Shape::Text,
        Shape::Nullable(inner) => match changed(random, inner, around) {
            Shape::Nullable(inner) => Shape::Nullable(inner),
            inner => nullable(inner),
        },
        Shape::List(inner) => list(changed(random, inner, around)),
        Shape::Tuple(items) if !items.is_empty() && random.chance(15) => list(items[0].clone()),
        Shape::Tuple(items) => {
            Shape::Tuple(items.iter().map(|item| changed(random, item, around)).collect())
        }
        Shape::Map(old, value) => {
            let key = if random.chance(10) { key(random) } else { (**old).clone() };
            map(key, changed(random, value, around))
        }
        Shape::Object(object) => Shape::Object(changed_object(random, object, around)),
        Shape::Choice(choice) => Shape::Choice(changed_choice(random, choice, around)),
        other => other.clone(),
    }
}

fn changed_object(random: &mut Random, object: &Object, around: &[String]) -> Object {
    let around = [around, std::slice::from_ref(&object.name)].concat();
    let mut fields: Vec<Field> = Vec::new();
    for old in &object.fields {
        if random.chance(4) {
            continue;
        }
        let mut new = Field { shape: changed(random, &old.shape, &around), ..old.clone() };
        new.optional ^= random.chance(6);
        if random.chance(5) {
            new.aliases.clear();
        }
        fields.push(new);
    }
    rename(random, &mut fields);
    let name = random.pick(&NAMES);
    if random.chance(15) && fields.iter().all(|field| !is_named(field, name)) {
        fields.push(any_field(random, name, 1, &around));
    }
    Object { name: object.name.clone(), fields, strict: object.strict ^ random.chance(4) }
}

/// Gives one field another name, or takes one as the old name of another.
fn rename(random: &mut Random, fields: &mut Vec<Field>) {
    let name = random.pick(&NAMES).to_owned();
    if fields.is_empty() || !random.chance(12) {
        return;
    }
    let mut field = fields.swap_remove(random.below(fields.len()));
    if random.chance(50) {
        fields.retain(|other| !is_named(other, &name));
    }
    if fields.iter().all(|other| !is_named(other, &name)) && !is_named(&field, &name) {
        let old = std::mem::replace(&mut field.name, name.clone());
        field.aliases.extend(random.chance(80).then_some(old));
    }
    fields.push(field);
}

fn is_named(field: &Field, name: &str) -> bool {
    field.name == name || field.aliases.iter().any(|alias| alias == name)
}

fn changed_choice(random: &mut Random, choice: &Choice, around: &[String]) -> Choice {
    let around = [around, std::slice::from_ref(&choice.name)].concat();
    let kept = choice.variants.iter().filter(|_| !random.chance(3)).cloned().collect::<Vec<_>>();
    let mut variants: Vec<_> = kept
        .into_iter()
        .map(|old| Variant {
            content: old.content.map(|content| changed(random, &content, &around)),
            ..old
        })
        .collect();
    let name = format!("New{}", random.below(2));
    if random.chance(10) && variants.iter().all(|variant| variant.name != name) {
        variants.push(Variant { name, content: random.chance(50).then_some(U64) });
    }
    Choice { name: choice.name.clone(), variants }
}
