//! What a type is given for what it asks.

use serde::de::Visitor;

use super::access::{Entries, Items, Keys};
use super::error::Error;
use super::reader::{Reader, Task};
use super::run::{Asked, Goal};
use super::step::{Identity, Step, common};
use super::values::{BYTES, CHARS, FLOATS, INTEGERS, TEXTS};
use crate::schema::{Float, Integer, Shape};

impl Reader<'_> {
    pub(super) fn leaf<T>(
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
        let picked = match self.run.goal {
            Goal::Try(number) if self.is_end() => Some(number),
            _ => self.run.samples.pick(&self.path, self.run.target, count),
        };
        let visited = picked
            .ok_or(Error::Exhausted)
            .and_then(|value| visit(value).map_err(|error| error.if_other(Error::Refused(value))));
        self.done(visited)
    }

    pub(super) fn text<'de, V: Visitor<'de>>(
        self,
        visitor: V,
        asked: Asked,
    ) -> Result<V::Value, Error> {
        let texts = self.run.samples.texts(&self.path).unwrap_or(TEXTS);
        self.leaf(asked, texts.len(), |value| visitor.visit_str(nth(texts, value)))
    }

    pub(super) fn integer<'de, V: Visitor<'de>>(
        self,
        visitor: V,
        integer: Integer,
    ) -> Result<V::Value, Error> {
        let asked = Asked::Leaf(Shape::Integer(integer));
        self.leaf(asked, INTEGERS.len(), |value| visitor.visit_u64(nth(INTEGERS, value)))
    }

    pub(super) fn float<'de, V: Visitor<'de>>(
        self,
        visitor: V,
        float: Float,
    ) -> Result<V::Value, Error> {
        let asked = Asked::Leaf(Shape::Float(float));
        self.leaf(asked, FLOATS.len(), |value| visitor.visit_f64(nth(FLOATS, value)))
    }

    pub(super) fn char<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let asked = Asked::Leaf(Shape::Char);
        self.leaf(asked, CHARS.len(), |value| visitor.visit_str(nth(CHARS, value)))
    }

    pub(super) fn bytes<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let asked = Asked::Leaf(Shape::Bytes);
        self.leaf(asked, BYTES.len(), |value| visitor.visit_bytes(nth(BYTES, value)))
    }

    pub(super) fn unit<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.leaf(Asked::Leaf(Shape::Null), 1, |_| visitor.visit_unit())
    }

    /// Gives a visitor that takes anything one kind of value after the other.
    pub(super) fn anything<'de, V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, Error> {
        if self.is_missing_fields() {
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

    /// Whether what is made here was found to be an object with fields, and not what it seems.
    pub(super) fn is_missing_fields(&self) -> bool {
        !self.run.samples.required(&self.path).is_empty()
    }

    /// Gives the fields that were asked for, to a type that first keeps whatever it finds.
    pub(super) fn entries<'de, V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, Error> {
        let fields = self.run.samples.required(&self.path).to_vec();
        let visited = visitor.visit_map(Entries::new(self, Keys::Fields(fields)));
        self.done(visited.map_err(|error| error.if_other(Error::Content)))
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
    pub(super) fn variant(&self, identity: Identity) -> Result<Step, Error> {
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
