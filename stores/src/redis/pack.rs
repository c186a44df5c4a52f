//! MessagePack, as much of it as the scripts are given.

use factum_core::store::{Clause, Position, Query};

/// The largest number that Lua counts exactly.
const EXACT: u64 = 1 << 53;

/// Writes MessagePack (<https://github.com/msgpack/msgpack/blob/master/spec.md>).
#[derive(Debug, Default)]
pub(super) struct Pack {
    bytes: Vec<u8>,
    items: usize,
}

impl Pack {
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// One array with the items of all these.
    pub(super) fn round<'a>(packs: impl Iterator<Item = &'a Self> + Clone) -> Vec<u8> {
        let bytes: usize = packs.clone().map(Self::len).sum();
        let mut round = Self { bytes: Vec::with_capacity(bytes + 5), items: 0 };
        round.array(packs.clone().map(Self::items).sum());
        packs.for_each(|pack| round.append(pack));
        round.bytes
    }

    /// Begins an array of so many items.
    pub(super) fn array(&mut self, items: usize) {
        self.begin(0xdd);
        self.length(items);
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.joined(std::iter::once(bytes));
    }

    /// These texts as one.
    pub(super) fn text(&mut self, parts: &[&str]) {
        self.joined(parts.iter().map(|part| part.as_bytes()));
    }

    /// These bytes as one text.
    pub(super) fn joined<'a>(&mut self, parts: impl Iterator<Item = &'a [u8]> + Clone) {
        let length = parts.clone().map(<[u8]>::len).sum();
        match u8::try_from(length) {
            Ok(length) => {
                self.begin(0xd9);
                self.bytes.push(length);
            }
            Err(_) => {
                self.begin(0xdb);
                self.length(length);
            }
        }
        parts.for_each(|part| self.bytes.extend_from_slice(part));
    }

    pub(super) fn nothing(&mut self) {
        self.begin(0xc2);
    }

    /// A number that says something other than how many.
    pub(super) fn sign(&mut self, sign: i8) {
        self.begin(0xd0);
        self.bytes.push(sign.cast_unsigned());
    }

    /// A number, which may be larger than what Lua knows exactly: that stands for all that are.
    pub(super) fn number(&mut self, number: u64) {
        match u8::try_from(number) {
            Ok(small) if small < 0x80 => self.begin(small),
            _ => {
                self.begin(0xcf);
                self.bytes.extend(number.min(EXACT).to_be_bytes());
            }
        }
    }

    /// Adds what another has, as items of this.
    pub(super) fn append(&mut self, other: &Self) {
        self.bytes.extend_from_slice(&other.bytes);
        self.items += other.items;
    }

    /// How many bytes it has.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// How many items it has, an array and what is in it as one.
    pub(super) fn items(&self) -> usize {
        self.items
    }

    fn begin(&mut self, first: u8) {
        self.items += 1;
        self.bytes.push(first);
    }

    fn length(&mut self, length: usize) {
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        self.bytes.extend(length.to_be_bytes());
    }

    /// What a guard forbids, after a position; or what is known to break it.
    pub(super) fn guard(&mut self, query: &Query, after: Position, found: Option<Position>) {
        let items = self.items;
        self.array(4);
        self.number(after.number());
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
            Some(found) => self.number(found.number()),
            None => self.sign(-1),
        }
        self.items = items + 1;
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
        pack.text(&["a", "b"]);
        pack.sign(-2);
        assert_eq!(pack.into_bytes(), [0xdd, 0, 0, 0, 2, 0xd9, 2, b'a', b'b', 0xd0, 0xfe]);
        let mut pack = Pack::default();
        pack.number(127);
        pack.number(128);
        pack.number(u64::MAX);
        let limit = [0xcf, 0, 0x20, 0, 0, 0, 0, 0, 0];
        assert_eq!(
            pack.into_bytes(),
            [&[127, 0xcf, 0, 0, 0, 0, 0, 0, 0, 128][..], &limit].concat()
        );
    }

    #[test]
    fn a_guard_is_one_item() {
        let mut pack = Pack::default();
        pack.guard(&Query::context("a"), Position::START, None);
        pack.nothing();
        assert_eq!(pack.items(), 2);
    }
}
