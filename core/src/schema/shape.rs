//! The JSON form of one value.

use std::fmt;

/// The JSON form of a value, as serde reads it.
///
/// ```
/// use factum_core::schema::{Integer, Shape};
/// assert_eq!(Shape::of::<Vec<u8>>(), Shape::List(Box::new(Shape::Integer(Integer::U8))));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Whatever JSON can hold. Serde does not tell more of untagged and internally tagged enums, of
    /// structs with `flatten`, and of `serde_json::Value`; nor do impls by hand that cannot be
    /// followed.
    Any,
    /// `null`, or a struct without fields.
    Null,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Integer(Integer),
    /// A number.
    Float(Float),
    /// A text of one character.
    Char,
    /// A text.
    Text,
    /// Bytes, as a list of numbers.
    Bytes,
    /// A simple value that is not taken as it comes: a date, a UUID, a number that is not zero.
    Checked(Checked),
    /// `null`, or the other.
    Nullable(Box<Self>),
    /// A list of any length.
    List(Box<Self>),
    /// A list of a fixed length.
    Tuple(Vec<Self>),
    /// A list of a fixed length that is too long to tell its items apart, which are alike.
    Array(Box<Self>, usize),
    /// An object whose keys are data: the form of the keys, which JSON writes as texts, and that of
    /// the values.
    Map(Box<Self>, Box<Self>),
    /// An object with known fields.
    Object(Object),
    /// One of several.
    Choice(Choice),
    /// An object or a choice around it, once more.
    Again(Again),
}

/// A value that its type looks at before it takes it. How, is not known: only which samples are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The form without the check.
    pub of: Box<Shape>,
    /// The first sample that was taken, in JSON: `"2000-01-01"`; nothing if none was.
    pub like: Option<String>,
}

/// Which of the objects and choices around a place stands there again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Again {
    /// What serde calls it. Several around the place may have the same name.
    pub name: String,
    /// How many objects and choices are between: 0 for the nearest.
    pub up: usize,
}

/// Which whole numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Integer {
    /// 8 bits, without a sign.
    U8,
    /// 16 bits, without a sign.
    U16,
    /// 32 bits, without a sign.
    U32,
    /// 64 bits, without a sign.
    U64,
    /// 128 bits, without a sign.
    U128,
    /// 8 bits, with a sign.
    I8,
    /// 16 bits, with a sign.
    I16,
    /// 32 bits, with a sign.
    I32,
    /// 64 bits, with a sign.
    I64,
    /// 128 bits, with a sign.
    I128,
}

/// Which numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Float {
    /// 32 bits.
    F32,
    /// 64 bits.
    F64,
}

/// A struct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// What serde calls it: the Rust name, unless it was renamed. It is not persisted.
    pub name: String,
    /// Its fields, in their order.
    pub fields: Vec<Field>,
    /// Whether it refuses fields that it does not know, as with `deny_unknown_fields`. Others ignore
    /// them.
    pub strict: bool,
}

/// A field of a struct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name in JSON.
    pub name: String,
    /// Other names under which it is read.
    pub aliases: Vec<String>,
    /// Its form.
    pub shape: Shape,
    /// Whether it may be left out.
    pub optional: bool,
}

/// An enum, tagged as serde does by default: `"Car"`, or `{"Bike": …}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What serde calls it. It is not persisted.
    pub name: String,
    /// What there is to choose from, in order.
    pub variants: Vec<Variant>,
}

/// A variant of an enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Its name in JSON.
    pub name: String,
    /// What stands behind it; nothing for a unit variant.
    pub content: Option<Shape>,
}

impl Shape {
    /// The forms right inside it.
    #[cfg(feature = "schema")]
    pub(super) fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Nullable(inner) | Self::List(inner) | Self::Array(inner, _) => vec![inner],
            Self::Tuple(items) => items.iter().collect(),
            Self::Map(key, value) => vec![key, value],
            Self::Checked(checked) => vec![&checked.of],
            Self::Object(object) => object.fields.iter().map(|field| &field.shape).collect(),
            Self::Choice(choice) => {
                choice.variants.iter().filter_map(|variant| variant.content.as_ref()).collect()
            }
            Self::Any
            | Self::Null
            | Self::Bool
            | Self::Integer(_)
            | Self::Float(_)
            | Self::Char
            | Self::Text
            | Self::Bytes
            | Self::Again(_) => Vec::new(),
        }
    }
}

impl Integer {
    /// How many bits it has, and whether one of them is a sign.
    pub const fn bits(self) -> (u32, bool) {
        match self {
            Self::U8 => (8, false),
            Self::U16 => (16, false),
            Self::U32 => (32, false),
            Self::U64 => (64, false),
            Self::U128 => (128, false),
            Self::I8 => (8, true),
            Self::I16 => (16, true),
            Self::I32 => (32, true),
            Self::I64 => (64, true),
            Self::I128 => (128, true),
        }
    }
}

impl fmt::Display for Integer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bits, signed) = self.bits();
        write!(f, "{}{bits}", if signed { 'i' } else { 'u' })
    }
}

impl fmt::Display for Float {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F32 => "f32",
            Self::F64 => "f64",
        })
    }
}

impl Object {
    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}
