use std::borrow::Cow;
use std::error::Error;

use bytes::{BufMut, BytesMut};
use factum_core::view::{Value, ValueKind};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

/// A value of a query, or several of one kind.
#[derive(Debug)]
pub(super) enum Sql<'a> {
    Bools(Vec<bool>),
    Ints(Vec<i64>),
    Uints(Vec<Uint>),
    Texts(Vec<Cow<'a, str>>),
    Bool(bool),
    Int(i64),
    Uint(Uint),
    Text(Cow<'a, str>),
    Limit(Option<i64>),
}

impl<'a> Sql<'a> {
    /// A value that is not null.
    pub(super) fn one(value: &'a Value) -> Option<Self> {
        Some(match value {
            Value::Null => return None,
            Value::Bool(truth) => Self::Bool(*truth),
            Value::Int(number) => Self::Int(*number),
            Value::Uint(number) => Self::Uint(Uint(*number)),
            Value::Text(text) => Self::Text(escaped(text)),
        })
    }

    /// Those of the values that are of this kind.
    pub(super) fn many(kind: ValueKind, values: &[&'a Value]) -> Self {
        let values = values.iter().copied();
        match kind {
            ValueKind::Bool => Self::Bools(values.filter_map(bool_of).collect()),
            ValueKind::Int => Self::Ints(values.filter_map(int_of).collect()),
            ValueKind::Uint => Self::Uints(values.filter_map(uint_of).collect()),
            ValueKind::Text => Self::Texts(values.filter_map(text_of).collect()),
        }
    }

    pub(super) fn typed(&self) -> (&(dyn ToSql + Sync), Type) {
        match self {
            Self::Bools(values) => (values, Type::BOOL_ARRAY),
            Self::Ints(values) => (values, Type::INT8_ARRAY),
            Self::Uints(values) => (values, Type::NUMERIC_ARRAY),
            Self::Texts(values) => (values, Type::TEXT_ARRAY),
            Self::Bool(value) => (value, Type::BOOL),
            Self::Int(value) => (value, Type::INT8),
            Self::Uint(value) => (value, Type::NUMERIC),
            Self::Text(value) => (value, Type::TEXT),
            Self::Limit(value) => (value, Type::INT8),
        }
    }
}

/// The value, if it is a truth value.
pub(super) fn bool_of(value: &Value) -> Option<bool> {
    if let Value::Bool(truth) = value { Some(*truth) } else { None }
}

/// The value, if it is a signed number.
pub(super) fn int_of(value: &Value) -> Option<i64> {
    if let Value::Int(number) = value { Some(*number) } else { None }
}

/// The value, if it is an unsigned number.
pub(super) fn uint_of(value: &Value) -> Option<Uint> {
    if let Value::Uint(number) = value { Some(Uint(*number)) } else { None }
}

/// The value, if it is a text.
pub(super) fn text_of(value: &Value) -> Option<Cow<'_, str>> {
    if let Value::Text(text) = value { Some(escaped(text)) } else { None }
}

/// The kind of a value that is not null.
pub(super) fn kind_of(value: &Value) -> Option<ValueKind> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(_) => ValueKind::Bool,
        Value::Int(_) => ValueKind::Int,
        Value::Uint(_) => ValueKind::Uint,
        Value::Text(_) => ValueKind::Text,
    })
}

/// The least value of a kind.
pub(super) fn least(kind: ValueKind) -> Value {
    match kind {
        ValueKind::Bool => Value::Bool(false),
        ValueKind::Int => Value::Int(i64::MIN),
        ValueKind::Uint => Value::Uint(0),
        ValueKind::Text => Value::Text(String::new()),
    }
}

/// An unsigned number, as the server's `numeric`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Uint(pub(super) u64);

impl Uint {
    /// Its digits to the base 10,000, the last first.
    fn digits(self) -> impl Iterator<Item = i16> {
        const BASE: u64 = 10_000;
        let rests = std::iter::successors(Some(self.0), |rest| Some(rest / BASE));
        // What is below 10,000 fits.
        rests
            .take_while(|rest| *rest > 0)
            .map(|rest| i16::try_from(rest % BASE).unwrap_or_default())
    }
}

impl ToSql for Uint {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        let mut digits: Vec<i16> = self.digits().collect();
        digits.reverse();
        let count = i16::try_from(digits.len()).unwrap_or_default();
        // How many digits, the first one's weight, the sign, and the decimals.
        for header in [count, count.saturating_sub(1).max(0), 0, 0] {
            out.put_i16(header);
        }
        digits.into_iter().for_each(|digit| out.put_i16(digit));
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::NUMERIC
    }

    to_sql_checked!();
}

/// A text as the server takes it, which has none with U+0000. The order of bytes stays.
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['\0', '\x01']) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace('\x01', "\x01\x02").replace('\0', "\x01\x01"))
}

/// The text that was [`escaped`].
pub(super) fn unescaped(text: &str) -> String {
    // No U+0001 is left where the first of these ends, except for those that stand for themselves.
    text.replace("\x01\x01", "\0").replace("\x01\x02", "\x01")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_and_keep_their_order() {
        let parts = ["", "\0", "\x01", "\x02", "a"];
        let texts = || {
            let two = parts.iter().flat_map(|a| parts.iter().map(move |b| format!("{a}{b}")));
            two.flat_map(|ab| parts.iter().map(move |c| format!("{ab}{c}")))
        };
        for a in texts() {
            assert!(!escaped(&a).contains('\0'));
            assert_eq!(unescaped(&escaped(&a)), a);
            for b in texts() {
                assert_eq!(escaped(&a).cmp(&escaped(&b)), a.cmp(&b), "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn numbers_have_the_form_of_the_server() {
        let sent = |number: u64| {
            let mut out = BytesMut::new();
            Uint(number).to_sql(&Type::NUMERIC, &mut out).unwrap();
            out.chunks(2).map(|pair| i16::from_be_bytes([pair[0], pair[1]])).collect::<Vec<_>>()
        };
        assert_eq!(sent(0), [0, 0, 0, 0]);
        assert_eq!(sent(9_999), [1, 0, 0, 0, 9_999]);
        assert_eq!(sent(10_000), [2, 1, 0, 0, 1, 0]);
        assert_eq!(sent(u64::MAX), [5, 4, 0, 0, 1_844, 6_744, 737, 955, 1_615]);
    }
}
