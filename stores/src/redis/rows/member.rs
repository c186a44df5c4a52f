//! Values as bytes that order as they do.
//!
//! The scores of a sorted set are doubles, which are exact to 2⁵³ only. So all scores are 0, and what
//! orders is the members: a value and the key of its row. A value begins with a byte for its kind, in the
//! order of [`Value`]; numbers have 8 bytes, the highest first, signed ones with the sign turned round; of
//! text each zero is followed by 255, and it ends with `0 1`, so that no value begins with another.

use factum_core::view::Value;

const NULL: u8 = 0;
const BOOL: u8 = 1;
const INT: u8 = 2;
const UINT: u8 = 3;
const TEXT: u8 = 4;
const ZERO: [u8; 2] = [0, 255];
const END: [u8; 2] = [0, 1];

/// What no key begins with, as it is in no UTF-8: a value and this come after all members with the value.
pub(super) const BEYOND: u8 = 255;

pub(super) fn write(value: &Value, to: &mut Vec<u8>) {
    match value {
        Value::Null => to.push(NULL),
        Value::Bool(truth) => to.extend([BOOL, u8::from(*truth)]),
        Value::Int(number) => {
            to.push(INT);
            to.extend((number.cast_unsigned() ^ (1 << 63)).to_be_bytes());
        }
        Value::Uint(number) => {
            to.push(UINT);
            to.extend(number.to_be_bytes());
        }
        Value::Text(text) => {
            to.push(TEXT);
            for (nth, part) in text.as_bytes().split(|byte| *byte == 0).enumerate() {
                if nth > 0 {
                    to.extend(ZERO);
                }
                to.extend(part);
            }
            to.extend(END);
        }
    }
}

pub(super) fn written(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(value, &mut bytes);
    bytes
}

/// The value that these bytes begin with, and those after it.
pub(super) fn read(bytes: &[u8]) -> Option<(Value, &[u8])> {
    let (kind, rest) = bytes.split_first()?;
    match *kind {
        NULL => Some((Value::Null, rest)),
        BOOL => rest.split_first().map(|(truth, rest)| (Value::Bool(*truth == 1), rest)),
        INT => {
            let (number, rest) = rest.split_first_chunk()?;
            let number = (u64::from_be_bytes(*number) ^ (1 << 63)).cast_signed();
            Some((Value::Int(number), rest))
        }
        UINT => {
            let (number, rest) = rest.split_first_chunk()?;
            Some((Value::Uint(u64::from_be_bytes(*number)), rest))
        }
        TEXT => read_text(rest),
        _ => None,
    }
}

fn read_text(mut rest: &[u8]) -> Option<(Value, &[u8])> {
    let mut text = Vec::new();
    loop {
        let zero = rest.iter().position(|byte| *byte == 0)?;
        let (part, after) = rest.split_at_checked(zero)?;
        let (pair, after) = after.split_first_chunk()?;
        text.extend(part);
        rest = after;
        match *pair {
            END => return Some((Value::Text(String::from_utf8(text).ok()?), rest)),
            ZERO => text.push(0),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Vec<Value> {
        let texts = ["", "\0", "\0\0", "\0\u{1}", "\u{1}", "a", "a\0", "a\0b", "a\u{1}", "aa", "é"];
        let ints = [i64::MIN, -(1 << 53) - 1, -1, 0, 1, (1 << 53) + 1, i64::MAX];
        let uints = [0, 1, (1 << 53) + 1, 1 << 63, u64::MAX];
        let mut values = vec![Value::Null, Value::Bool(false), Value::Bool(true)];
        values.extend(ints.map(Value::Int));
        values.extend(uints.map(Value::Uint));
        values.extend(texts.map(|text| Value::Text(text.to_owned())));
        values.sort();
        values
    }

    #[test]
    fn comes_back_and_leaves_what_follows() {
        for value in values() {
            let mut bytes = written(&value);
            bytes.extend(b"key");
            assert_eq!(read(&bytes), Some((value, b"key".as_slice())));
        }
    }

    #[test]
    fn members_order_by_value_then_key() {
        let keys = ["", "\0", "\u{1}", "a", "\u{10ffff}"];
        let mut last = Vec::new();
        for value in values() {
            let bytes = written(&value);
            for key in keys {
                let member = [&bytes, key.as_bytes()].concat();
                assert!(member > last, "{value:?}, {key:?}");
                last = member;
            }
            assert!([&*bytes, &[BEYOND]].concat() > last, "{value:?}");
        }
    }

    #[test]
    fn no_value_begins_with_another() {
        for (one, other) in
            values().iter().flat_map(|one| values().into_iter().map(move |o| (one, o)))
        {
            assert!(
                *one == other || !written(&other).starts_with(&written(one)),
                "{one:?} {other:?}"
            );
        }
    }

    #[test]
    fn what_is_no_value_is_none() {
        for bytes in
            [&[][..], &[9], &[INT, 1], &[BOOL], &[TEXT, 0], &[TEXT, 0, 7], &[TEXT, 195, 0, 1]]
        {
            assert_eq!(read(bytes), None, "{bytes:?}");
        }
    }
}
