//! What lists, maps and enums are read from.

use serde::de::{
    DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::error::Error;
use super::reader::{Reader, Task};
use super::run::Asked;
use super::step::{Identity, Step};

/// The items of a list or of a tuple.
#[derive(Debug)]
pub(super) struct Items<'a, 'r> {
    reader: &'a Reader<'r>,
    is_tuple: bool,
    next: usize,
    count: usize,
}

impl<'a, 'r> Items<'a, 'r> {
    pub(super) fn new(reader: &'a Reader<'r>, count: usize) -> Self {
        Self { reader, is_tuple: false, next: 0, count }
    }

    pub(super) fn places(reader: &'a Reader<'r>, count: usize) -> Self {
        Self { is_tuple: true, ..Self::new(reader, count) }
    }
}

impl<'de> SeqAccess<'de> for Items<'_, '_> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        if self.next >= self.count {
            return Ok(None);
        }
        let step = if self.is_tuple { Step::Place(self.next) } else { Step::Item };
        self.next = self.next.saturating_add(1);
        self.reader.step(step).of_seed(seed).map(Some)
    }
}

/// The keys of an object or of a map.
#[derive(Debug)]
pub(super) enum Keys {
    /// These fields.
    Fields(Vec<&'static str>),
    /// So many that are data.
    Data(usize),
}

/// The entries of an object or of a map.
#[derive(Debug)]
pub(super) struct Entries<'a, 'r> {
    reader: &'a Reader<'r>,
    keys: Keys,
    next: usize,
    value: Option<Step>,
}

impl<'a, 'r> Entries<'a, 'r> {
    pub(super) fn new(reader: &'a Reader<'r>, keys: Keys) -> Self {
        Self { reader, keys, next: 0, value: None }
    }
}

impl<'de> MapAccess<'de> for Entries<'_, '_> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        let entry = self.next;
        self.next = self.next.saturating_add(1);
        match &self.keys {
            Keys::Fields(fields) => {
                let Some(field) = fields.get(entry).copied() else { return Ok(None) };
                self.value = Some(Step::Field(field));
                seed.deserialize(field.into_deserializer()).map(Some)
            }
            Keys::Data(count) if entry < *count => {
                self.value = Some(Step::Value);
                self.reader.step(Step::Key).of_seed(seed).map(Some)
            }
            Keys::Data(_) => Ok(None),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let step = self.value.take().ok_or(Error::Other)?;
        self.reader.step(step).of_seed(seed)
    }
}

/// A variant, at the place of what is behind its name.
#[derive(Debug)]
pub(super) struct Chosen<'r>(pub(super) Reader<'r>);

impl Chosen<'_> {
    fn name(&self) -> &'static str {
        match self.0.path.last() {
            Some(Step::Variant { name, .. }) => name,
            _ => "",
        }
    }
}

impl<'de> EnumAccess<'de> for Chosen<'_> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Error> {
        Ok((seed.deserialize(self.name().into_deserializer())?, self))
    }
}

impl<'de> VariantAccess<'de> for Chosen<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.0.meet(Asked::UnitVariant, Identity::of::<()>("", &[]))? {
            Task::Give => self.0.done(Ok(())),
            Task::Lead(_) => Err(Error::Stop),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        self.0.of_seed(seed)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.0.tuple("", len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let name = self.name();
        self.0.object(name, fields, visitor)
    }
}
