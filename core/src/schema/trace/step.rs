//! Ways through a form.

/// One step from a value into what it is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// To a field of an object.
    Field(&'static str),
    /// To an item of a list.
    Item,
    /// To the item at a place of a tuple.
    Place(usize),
    /// To a key of a map.
    Key,
    /// To a value of a map.
    Value,
    /// To what stands where `null` does not.
    Inner,
    /// To what is behind the name of a variant, of the enum with this visitor.
    Variant { of: &'static str, name: &'static str },
}

/// How many steps two paths have in common.
pub(super) fn common(one: &[Step], other: &[Step]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}

/// What tells a type from others on the way to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    /// What serde calls it; empty where it has no name.
    pub(super) name: &'static str,
    /// The names of its fields or variants.
    pub(super) parts: &'static [&'static str],
    /// The Rust type of its visitor, which tells types of the same name apart, and the instances of
    /// a generic one. It is only compared.
    pub(super) visitor: &'static str,
}

impl Identity {
    pub(super) fn of<V>(name: &'static str, parts: &'static [&'static str]) -> Self {
        Self { name, parts, visitor: std::any::type_name::<V>() }
    }
}
