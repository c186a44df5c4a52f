//! A row as it is kept: the length of its values, each value with its length, then the body. The scripts
//! take the values out as they are, to find the row in the indexes.

use bytes::Bytes;
use factum_core::view::{Row, Value};

use super::member;

pub(super) fn pack(row: &Row) -> Vec<u8> {
    let mut packed = vec![0; 4];
    for value in &row.values {
        let begin = packed.len();
        packed.extend([0; 4]);
        member::write(value, &mut packed);
        put_length(&mut packed, begin);
    }
    put_length(&mut packed, 0);
    packed.extend_from_slice(&row.body);
    packed
}

/// Writes how many bytes follow the length that stands there.
fn put_length(packed: &mut [u8], at: usize) {
    let length = packed.len().saturating_sub(at + 4);
    // Redis ends at 512 MB a row.
    let length = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    if let Some(place) = packed.get_mut(at..at + 4) {
        place.copy_from_slice(&length);
    }
}

/// The values, and the body.
pub(super) fn unpack(packed: Vec<u8>) -> Option<(Vec<Value>, Bytes)> {
    let packed = Bytes::from(packed);
    let (mut values, body) = split(&packed)?;
    let mut read = Vec::new();
    while !values.is_empty() {
        let (value, rest) = split(values)?;
        read.push(member::read(value)?.0);
        values = rest;
    }
    Some((read, packed.slice_ref(body)))
}

/// The body alone.
pub(super) fn body(packed: Vec<u8>) -> Option<Bytes> {
    let packed = Bytes::from(packed);
    let (_, body) = split(&packed)?;
    Some(packed.slice_ref(body))
}

/// What has its length before it, and what follows.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back() {
        for values in [vec![], vec![Value::Null, Value::Text("a\0b".to_owned()), Value::Int(-1)]] {
            let row = Row { key: "a".to_owned(), values, body: "{}".into() };
            assert_eq!(unpack(pack(&row)), Some((row.values.clone(), row.body.clone())));
            assert_eq!(body(pack(&row)), Some(row.body));
        }
    }

    #[test]
    fn what_is_cut_is_none() {
        let row = Row { key: String::new(), values: vec![Value::Bool(true)], body: Bytes::new() };
        let packed = pack(&row);
        for end in 0..packed.len() {
            assert_eq!(unpack(packed[..end].to_vec()), None, "{end}");
        }
    }
}
