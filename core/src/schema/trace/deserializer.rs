//! The deserializer that types are read from: each method leads on, or notes what was asked, or
//! gives a sample.

use serde::de::{Deserializer, Expected, Visitor};

use super::access::{Chosen, Entries, Items, Keys};
use super::error::Error;
use super::reader::{Reader, Task};
use super::run::Asked;
use super::step::{Identity, Step};
use crate::schema::{Float, Integer, Shape};

/// Methods that do the same as another, names and hints aside.
macro_rules! forward {
    ($($method:ident($($argument:ty),*) => $to:ident($($with:expr),*))*) => {$(
        fn $method<V: Visitor<'de>>(self, $(_: $argument,)* visitor: V) -> Result<V::Value, Error> {
            self.$to(visitor, $($with),*)
        }
    )*};
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = Error;

    forward! {
        deserialize_u8() => integer(Integer::U8)
        deserialize_u16() => integer(Integer::U16)
        deserialize_u32() => integer(Integer::U32)
        deserialize_u64() => integer(Integer::U64)
        deserialize_u128() => integer(Integer::U128)
        deserialize_i8() => integer(Integer::I8)
        deserialize_i16() => integer(Integer::I16)
        deserialize_i32() => integer(Integer::I32)
        deserialize_i64() => integer(Integer::I64)
        deserialize_i128() => integer(Integer::I128)
        deserialize_f32() => float(Float::F32)
        deserialize_f64() => float(Float::F64)
        deserialize_char() => char()
        deserialize_str() => text(Asked::Leaf(Shape::Text))
        deserialize_string() => text(Asked::Leaf(Shape::Text))
        deserialize_identifier() => text(Asked::Identifier)
        deserialize_bytes() => bytes()
        deserialize_byte_buf() => bytes()
        deserialize_unit() => unit()
        deserialize_unit_struct(&'static str) => unit()
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.leaf(Asked::Leaf(Shape::Bool), 2, |value| visitor.visit_bool(value == 1))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.leaf(Asked::Ignored, 1, |_| visitor.visit_unit())
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.meet(Asked::Anything, Identity::of::<V>("", &[]))? {
            Task::Give => self.anything(visitor),
            Task::Lead(_) => Err(Error::Stop),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let task = self.meet(Asked::Option, Identity::of::<V>("", &[]))?;
        let visited = match task {
            Task::Lead(Step::Inner) => {
                let inner = self.step(Step::Inner);
                let path = inner.path.clone();
                self.run.read(&path, visitor.visit_some(inner))
            }
            Task::Lead(_) => Err(Error::Stop),
            Task::Give if self.attempts() == 0 => visitor.visit_none(),
            Task::Give => visitor.visit_some(self.step(Step::Inner)),
        };
        self.done(visited)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.check_bounds()?;
        if self.is_end() {
            self.run.note_newtype(Identity::of::<V>(name, &[]));
        }
        visitor.visit_newtype_struct(Self { level: self.level.saturating_add(1), ..self })
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let count = match self.meet(Asked::List, Identity::of::<V>("", &[]))? {
            Task::Lead(Step::Item) => 1,
            Task::Lead(_) => return Err(Error::Stop),
            Task::Give => self.attempts().min(1),
        };
        let visited = visitor.visit_seq(Items::new(&self, count));
        self.done(visited)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.tuple("", len, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.tuple(name, len, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        // What serde's derive says of a struct with flattened fields.
        let is_struct = (&visitor as &dyn Expected).to_string().starts_with("struct ");
        let count = match self.meet(Asked::Map { is_struct }, Identity::of::<V>("", &[]))? {
            Task::Lead(Step::Key | Step::Value) => 1,
            Task::Lead(_) => return Err(Error::Stop),
            Task::Give if is_struct || self.is_missing_fields() => return self.entries(visitor),
            Task::Give => self.attempts().min(1),
        };
        let visited = visitor.visit_map(Entries::new(&self, Keys::Data(count)));
        self.done(visited)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.object(name, fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let identity = Identity::of::<V>(name, variants);
        let step = match self.meet(Asked::Choice, identity)? {
            Task::Lead(step @ Step::Variant { .. }) => step,
            Task::Lead(_) => return Err(Error::Stop),
            Task::Give => self.variant(identity)?,
        };
        let visited = visitor.visit_enum(Chosen(self.step(step)));
        self.done(visited)
    }

    fn is_human_readable(&self) -> bool {
        true
    }
}
