use std::fmt;

use uuid::Uuid;

use crate::Timestamp;

/// What stands in an indexed column. Values of one column have one kind, or are null, and order as
/// the Rust type does; null comes first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// An unsigned integer.
    Uint(u64),
    /// Text, ordered by its bytes.
    Text(String),
}

/// The kind of a column's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueKind {
    /// [`Value::Bool`].
    Bool,
    /// [`Value::Int`].
    Int,
    /// [`Value::Uint`].
    Uint,
    /// [`Value::Text`].
    Text,
}

impl fmt::Display for ValueKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Text => "text",
        })
    }
}

/// A type that a column can hold: `bool`, integers of up to 64 bits, `String`, [`Uuid`], [`Timestamp`],
/// and an `Option` of one.
///
/// A type of your own, as a newtype that is an id, is one by an impl that leaves it to what is inside:
///
/// ```
/// use factum_core::view::{Indexable, Value, ValueKind};
///
/// struct AccountId(u64);
///
/// impl Indexable for AccountId {
///     const KIND: ValueKind = u64::KIND;
///     fn value(&self) -> Value {
///         self.0.value()
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "a column of a view cannot hold `{Self}`",
    label = "cannot be indexed",
    note = "index `bool`, `i8` to `i64`, `u8` to `u64`, `String`, `Uuid`, `Timestamp` or an `Option` \
            of one; for a newtype write `impl factum::view::Indexable` by what is inside"
)]
pub trait Indexable {
    /// The kind of its values.
    const KIND: ValueKind;
    /// Its value.
    fn value(&self) -> Value;
}

macro_rules! integers {
    ($kind:ident, $wide:ty: $($type:ty),*) => {$(
        impl Indexable for $type {
            const KIND: ValueKind = ValueKind::$kind;
            fn value(&self) -> Value {
                Value::$kind(<$wide>::from(*self))
            }
        }
    )*};
}
integers!(Int, i64: i8, i16, i32, i64);
integers!(Uint, u64: u8, u16, u32, u64);

impl Indexable for bool {
    const KIND: ValueKind = ValueKind::Bool;
    fn value(&self) -> Value {
        Value::Bool(*self)
    }
}

impl Indexable for String {
    const KIND: ValueKind = ValueKind::Text;
    fn value(&self) -> Value {
        Value::Text(self.clone())
    }
}

impl Indexable for Uuid {
    const KIND: ValueKind = ValueKind::Text;
    fn value(&self) -> Value {
        Value::Text(self.to_string())
    }
}

impl Indexable for Timestamp {
    const KIND: ValueKind = ValueKind::Int;
    fn value(&self) -> Value {
        Value::Int(self.as_micros())
    }
}

impl<T: Indexable> Indexable for Option<T> {
    const KIND: ValueKind = T::KIND;
    fn value(&self) -> Value {
        self.as_ref().map_or(Value::Null, Indexable::value)
    }
}
