//! MessagePack, as much of it as the scripts are given.

use factum_core::store::{Clause, Position, Query};

/// The largest number that Lua counts exactly.
const EXACT: u64 = 1 << 53;

/// Writes MessagePack (<https://github.com/msgpack/msgpack/blob/master/spec.md>).
#[derive(Debug, Default)]
pub(super) struct Pack(Vec<u8>);

impl Pack {
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Begins an array of so many items.
    pub(super) fn array(&mut self, items: usize) {
        self.0.push(0xdd);
        self.length(items);
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        match u8::try_from(bytes.len()) {
            Ok(length) => self.0.extend([0xd9, length]),
            Err(_) => {
                self.0.push(0xdb);
                self.length(bytes.len());
            }
        }
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn nothing(&mut self) {
        self.0.push(0xc2);
    }

    pub(super) fn number(&mut self, number: i64) {
        match i8::try_from(number) {
            Ok(small) => self.0.extend([0xd0, small.cast_unsigned()]),
            Err(_) => {
                self.0.push(0xd3);
                self.0.extend(number.to_be_bytes());
            }
        }
    }

    /// A number that may be larger than what Lua knows exactly, which stands for all that are.
    pub(super) fn position(&mut self, number: u64) {
        self.number(i64::try_from(number.min(EXACT)).unwrap_or(i64::MAX));
    }

    pub(super) fn append(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    fn length(&mut self, length: usize) {
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        self.0.extend(length.to_be_bytes());
    }

    /// What a guard forbids, after a position; or what is known to break it.
    pub(super) fn guard(&mut self, query: &Query, after: Position, found: Option<Position>) {
        self.array(4);
        self.position(after.number());
        let all = [Clause::default()];
        let clauses: &[Clause] = match query {
            Query::All => &all,
            Query::Stream(_) => &[],
            Query::AnyOf(clauses) => clauses,
        };
        match query {
            Query::Stream(stream) => self.bytes(stream.as_bytes()),
            _ => self.nothing(),
        }
        self.array(clauses.len());
        clauses.iter().for_each(|clause| self.clause(clause));
        match found {
            Some(found) => self.position(found.number()),
            None => self.number(-1),
        }
    }

    fn clause(&mut self, clause: &Clause) {
        self.array(3);
        self.array(clause.contexts.len());
        clause.contexts.iter().for_each(|context| self.bytes(context.as_bytes()));
        self.array(clause.names.len());
        clause.names.iter().for_each(|name| self.bytes(name.as_bytes()));
        let tags = clause.tags.as_slice();
        self.array(tags.len());
        tags.iter().for_each(|tag| self.bytes(tag.as_str().as_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_message_pack() {
        let mut pack = Pack::default();
        pack.array(2);
        pack.bytes(b"ab");
        pack.number(-2);
        assert_eq!(pack.into_bytes(), [0xdd, 0, 0, 0, 2, 0xd9, 2, b'a', b'b', 0xd0, 0xfe]);
        let mut pack = Pack::default();
        pack.number(200);
        pack.position(u64::MAX);
        let limit = [0xd3, 0, 0x20, 0, 0, 0, 0, 0, 0];
        assert_eq!(pack.into_bytes(), [&[0xd3, 0, 0, 0, 0, 0, 0, 0, 200][..], &limit].concat());
    }
}
