//! What a type is read from, to see what it asks for.

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Expected, Visitor};

use super::access::{Chosen, Entries, Items, Keys};
use super::error::Error;
use super::run::{Asked, Goal, Run};
use super::step::{Identity, Step, common};
use super::values::{BYTES, CHARS, FLOATS, INTEGERS, TEXTS};
use crate::schema::{Float, Integer, Shape};

/// How deep values may be inside each other, newtypes counted.
const MAX_LEVEL: usize = 100;

/// A place that a value is read from.
#[derive(Clone, Debug)]
pub(super) struct Reader<'r> {
    pub(super) run: &'r Run<'r>,
    pub(super) path: Vec<Step>,
    level: usize,
}

/// What is to be done at a place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Task {
    /// Lead on.
    Lead(Step),
    /// Give a sample.
    Give,
}

impl<'r> Reader<'r> {
    pub(super) fn new(run: &'r Run<'r>) -> Self {
        Self { run, path: Vec::new(), level: 0 }
    }

    /// The place one step on.
    pub(super) fn step(&self, step: Step) -> Self {
        let mut path = self.path.clone();
        path.push(step);
        Self { run: self.run, path, level: self.level.saturating_add(1) }
    }

    pub(super) fn of_type<T: for<'de> Deserialize<'de>>(self) -> Result<T, Error> {
        self.of_seed(std::marker::PhantomData::<T>)
    }

    pub(super) fn of_seed<'de, S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        let (run, path) = (self.run, self.path.clone());
        seed.deserialize(self).map_err(|error| run.blame(&path, error))
    }

    /// What is to be done for a type that asks; at the end of the path this may be just to note it.
    pub(super) fn meet(&self, asked: Asked, identity: Identity) -> Result<Task, Error> {
        self.check_bounds()?;
        match self.run.target.strip_prefix(self.path.as_slice()) {
            Some([next, ..]) => Ok(Task::Lead(*next)),
            Some([]) if matches!(self.run.goal, Goal::Look) => {
                self.run.note(asked, identity);
                Err(Error::Stop)
            }
            _ => Ok(Task::Give),
        }
    }

    fn check_bounds(&self) -> Result<(), Error> {
        let is_deep = self.level > MAX_LEVEL;
        let checked = if is_deep { Err(Error::Exhausted) } else { self.run.count_call() };
        checked.map_err(|error| self.run.blame(&self.path, error))
    }

    fn is_end(&self) -> bool {
        self.path == self.run.target
    }

    /// How often what is made here was refused.
    fn attempts(&self) -> usize {
        self.run.samples.attempts(&self.path, self.run.target)
    }

    /// Notes how a visit ended.
    pub(super) fn done<T>(&self, visited: Result<T, Error>) -> Result<T, Error> {
        match visited {
            Ok(_) if self.is_end() => {
                self.run.note_taken();
                Err(Error::Stop)
            }
            Ok(value) => Ok(value),
            Err(error) => Err(self.run.blame(&self.path, error)),
        }
    }

    fn leaf<T>(
        self,
        asked: Asked,
        count: usize,
        visit: impl FnOnce(usize) -> Result<T, Error>,
    ) -> Result<T, Error> {
        match self.meet(asked, Identity::of::<T>("", &[]))? {
            Task::Give => self.give(count, visit),
            Task::Lead(_) => Err(Error::Stop),
        }
    }

    /// Tries one of the values that there are, by its number.
    fn give<T>(
        &self,
        count: usize,
        visit: impl FnOnce(usize) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let picked = self.run.samples.pick(&self.path, self.run.target, count);
        let visited = picked.ok_or(Error::Exhausted).and_then(|value| {
            visit(value).map_err(|error| match error {
                Error::Other => Error::Refused(value),
                error => error,
            })
        });
        self.done(visited)
    }

    fn text<'de, V: Visitor<'de>>(self, visitor: V, asked: Asked) -> Result<V::Value, Error> {
        let texts = self.run.samples.texts(&self.path).unwrap_or(TEXTS);
        self.leaf(asked, texts.len(), |value| visitor.visit_str(nth(texts, value)))
    }

    fn integer<'de, V: Visitor<'de>>(
        self,
        integer: Integer,
        visitor: V,
    ) -> Result<V::Value, Error> {
        let asked = Asked::Leaf(Shape::Integer(integer));
        self.leaf(asked, INTEGERS.len(), |value| visitor.visit_u64(nth(INTEGERS, value)))
    }

    fn float<'de, V: Visitor<'de>>(self, float: Float, visitor: V) -> Result<V::Value, Error> {
        let asked = Asked::Leaf(Shape::Float(float));
        self.leaf(asked, FLOATS.len(), |value| visitor.visit_f64(nth(FLOATS, value)))
    }

    fn bytes<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let asked = Asked::Leaf(Shape::Bytes);
        self.leaf(asked, BYTES.len(), |value| visitor.visit_bytes(nth(BYTES, value)))
    }

    fn unit<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.leaf(Asked::Leaf(Shape::Null), 1, |_| visitor.visit_unit())
    }

    /// Gives a visitor that takes anything one kind of value after the other.
    fn anything<'de, V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, Error> {
        if !self.run.samples.required(&self.path).is_empty() {
            return self.entries(visitor);
        }
        self.give(5 + TEXTS.len(), |value| match value {
            0 => visitor.visit_str(""),
            1 => visitor.visit_u64(0),
            2 => visitor.visit_bool(false),
            3 => visitor.visit_unit(),
            4 => visitor.visit_seq(Items::new(self, 0)),
            5 => visitor.visit_map(Entries::new(self, Keys::Fields(Vec::new()))),
            text => visitor.visit_str(nth(TEXTS, text - 5)),
        })
    }

    /// Gives the fields that were asked for, to a type that first keeps whatever it finds.
    fn entries<'de, V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, Error> {
        let fields = self.run.samples.required(&self.path).to_vec();
        let visited = visitor.visit_map(Entries::new(self, Keys::Fields(fields)));
        self.done(visited.map_err(|error| match error {
            Error::Other => Error::Content,
            error => error,
        }))
    }

    /// Reads a struct, or the fields of a variant.
    pub(super) fn object<'de, V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let given = match self.meet(Asked::Object, Identity::of::<V>(name, fields))? {
            Task::Lead(Step::Field(field)) => vec![field],
            Task::Lead(_) => return Err(Error::Stop),
            Task::Give => self.fields(fields),
        };
        let visited = visitor.visit_map(Entries::new(&self, Keys::Fields(given)));
        self.done(visited)
    }

    /// The fields to give: those that are needed, and every other time all, for a type that does
    /// not say what it misses.
    fn fields(&self, fields: &[&'static str]) -> Vec<&'static str> {
        match &self.run.goal {
            Goal::Give(given) if self.is_end() => given.clone(),
            _ if self.attempts() % 2 == 1 => fields.to_vec(),
            _ => self.run.samples.required(&self.path).to_vec(),
        }
    }

    /// The variant to try. A value needs none inside itself, so another is taken instead.
    fn variant(&self, identity: Identity) -> Result<Step, Error> {
        let Identity { parts, visitor: of, .. } = identity;
        let sampled = self.path.get(common(&self.path, self.run.target)..).unwrap_or_default();
        let is_inside =
            |step: &Step| matches!(step, Step::Variant { of: outer, .. } if *outer == of);
        let name =
            parts.get(self.run.samples.turn(&self.path)).filter(|_| !sampled.iter().any(is_inside));
        let step = name.map(|name| Step::Variant { of, name }).ok_or(Error::Exhausted);
        step.map_err(|error| self.run.blame(&self.path, error))
    }

    /// Reads a tuple.
    pub(super) fn tuple<'de, V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        let given = match self.meet(Asked::Tuple(len), Identity::of::<V>(name, &[]))? {
            Task::Lead(Step::Place(place)) => place.saturating_add(1),
            Task::Lead(Step::Item) => 1,
            Task::Lead(_) => return Err(Error::Stop),
            Task::Give => len,
        };
        let visited = visitor.visit_seq(Items::places(&self, given));
        self.done(visited)
    }
}

/// What has a number: numbers are picked below the count.
fn nth<T: Copy + Default>(values: &[T], number: usize) -> T {
    values.get(number).copied().unwrap_or_default()
}

macro_rules! integers {
    ($($method:ident $integer:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.integer(Integer::$integer, visitor)
        }
    )*};
}

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

    integers! {
        deserialize_u8 U8 deserialize_u16 U16 deserialize_u32 U32 deserialize_u64 U64
        deserialize_i8 I8 deserialize_i16 I16 deserialize_i32 I32 deserialize_i64 I64
        deserialize_u128 U128 deserialize_i128 I128
    }

    forward! {
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

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.float(Float::F32, visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.float(Float::F64, visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let asked = Asked::Leaf(Shape::Char);
        self.leaf(asked, CHARS.len(), |value| visitor.visit_str(nth(CHARS, value)))
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
            Task::Lead(Step::Inner) => visitor.visit_some(self.step(Step::Inner)),
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
        let task = self.meet(Asked::Map { is_struct }, Identity::of::<V>("", &[]))?;
        match task {
            Task::Lead(Step::Key | Step::Value) => {}
            Task::Lead(_) => return Err(Error::Stop),
            Task::Give if self.run.samples.required(&self.path).is_empty() => {
                let count = if is_struct { 0 } else { self.attempts().min(1) };
                let visited = visitor.visit_map(Entries::new(&self, Keys::Data(count)));
                return self.done(visited);
            }
            Task::Give => return self.entries(visitor),
        }
        let visited = visitor.visit_map(Entries::new(&self, Keys::Data(1)));
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
