//! Takes answers of the server apart.

use redis::Value;

/// An answer is not of the form that the scripts give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Odd;

pub(super) fn list(value: Value) -> Result<Vec<Value>, Odd> {
    match value {
        Value::Array(items) => Ok(items),
        Value::Nil => Ok(Vec::new()),
        _ => Err(Odd),
    }
}

pub(super) fn number(value: &Value) -> Result<u64, Odd> {
    match value {
        Value::Int(number) => u64::try_from(*number).map_err(|_| Odd),
        Value::BulkString(bytes) => parsed(bytes).ok_or(Odd),
        _ => Err(Odd),
    }
}

pub(super) fn bytes(value: Value) -> Result<Vec<u8>, Odd> {
    match value {
        Value::BulkString(bytes) => Ok(bytes),
        Value::SimpleString(text) => Ok(text.into_bytes()),
        _ => Err(Odd),
    }
}

pub(super) fn text(value: Value) -> Result<String, Odd> {
    String::from_utf8(bytes(value)?).map_err(|_| Odd)
}

/// A number in decimals.
pub(super) fn parsed(bytes: &[u8]) -> Option<u64> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

/// The position in an entry's id, `POSITION-0`.
pub(super) fn position_of(id: &Value) -> Result<u64, Odd> {
    let Value::BulkString(bytes) = id else { return Err(Odd) };
    bytes.split(|byte| *byte == b'-').next().and_then(parsed).ok_or(Odd)
}
