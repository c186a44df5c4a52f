use std::collections::HashMap;

use factum_core::Key;
use hashlink::DefaultHashBuilder;

/// Entries of the two indexes that are not in the file yet.
///
/// *Problem.* An entry of the stream index lands on a random page of the file; writing each with its
/// event halves the speed of appending, and more where many append at once. *Invariant.* For every
/// reader, the index in the file up to `covered` and these entries up to the reader's own end of the
/// log are together exact. It holds because entries are added before their transaction commits and
/// taken away only after the transaction that wrote them to the file has; a reader whose snapshot of
/// the file is older than that takes a new one. *Shape.* A list in the order of the log, each entry
/// linked to the one before it in its stream. At most [`FLUSH_AT`](super::index::FLUSH_AT) entries
/// and those of one transaction, some 100 bytes each.
#[derive(Debug)]
pub(super) struct Deferred {
    covered: u64,
    /// Each with the place of the entry before it in its stream.
    entries: Vec<(Entry, Option<u32>)>,
    newest: HashMap<i64, u32, DefaultHashBuilder>,
    keys: HashMap<Key, u64, DefaultHashBuilder>,
}

/// One event: where it stands, and its commit's key if it is the first of the commit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) position: u64,
    pub(super) stream: i64,
    pub(super) revision: u64,
    pub(super) key: Option<Key>,
}

impl Deferred {
    /// No entries, for an index in the file up to a position.
    pub(super) fn new(covered: u64) -> Self {
        Self { covered, entries: Vec::new(), newest: HashMap::default(), keys: HashMap::default() }
    }

    /// Up to which position the index in the file is needed, and enough.
    pub(super) fn covered(&self) -> u64 {
        self.covered
    }

    /// Up to which position file and entries are exact together.
    pub(super) fn end(&self) -> u64 {
        self.entries.last().map_or(self.covered, |(entry, _)| entry.position)
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Adds the event after the newest.
    pub(super) fn push(&mut self, entry: Entry) {
        let Ok(place) = u32::try_from(self.entries.len()) else { return };
        let previous = self.newest.insert(entry.stream, place);
        if let Some(key) = entry.key {
            self.keys.insert(key, entry.position);
        }
        self.entries.push((entry, previous));
    }

    /// Takes back what was added for positions after this one: their transaction did not commit.
    pub(super) fn truncate(&mut self, end: u64) {
        while self.entries.last().is_some_and(|(entry, _)| entry.position > end) {
            let Some((entry, previous)) = self.entries.pop() else { return };
            if let Some(key) = entry.key {
                self.keys.remove(&key);
            }
            match previous {
                Some(place) => self.newest.insert(entry.stream, place),
                None => self.newest.remove(&entry.stream),
            };
        }
    }

    /// Forgets what the index in the file has by now.
    pub(super) fn advance(&mut self, covered: u64) {
        if covered <= self.covered {
            return;
        }
        let kept: Vec<Entry> = self.entries().filter(|e| e.position > covered).collect();
        *self = Self::new(covered);
        kept.into_iter().for_each(|entry| self.push(entry));
    }

    /// The position of the first event of the commit with this key.
    pub(super) fn key(&self, key: &Key) -> Option<u64> {
        self.keys.get(key).copied()
    }

    /// The entries of a stream, newest first.
    pub(super) fn of_stream(&self, stream: i64) -> impl Iterator<Item = Entry> {
        let mut next = self.newest.get(&stream).copied();
        std::iter::from_fn(move || {
            let (entry, previous) = self.entries.get(next? as usize)?;
            next = *previous;
            Some(*entry)
        })
    }

    /// The greatest version 7 key (RFC 9562) of the entries. Such keys grow with time, so that one
    /// beyond all that are in the file's index is known to be new without a look there.
    pub(super) fn newest_key(&self) -> Option<Key> {
        self.keys.keys().copied().filter(|key| key.uuid().get_version_num() == 7).max()
    }

    /// All entries, in the order of the log.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry> {
        self.entries.iter().map(|(entry, _)| *entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(position: u64, stream: i64, revision: u64) -> Entry {
        let key = Some(Key::from_bytes([u8::try_from(position).unwrap(); 16]));
        Entry { position, stream, revision, key }
    }

    fn positions(deferred: &Deferred, stream: i64) -> Vec<u64> {
        deferred.of_stream(stream).map(|entry| entry.position).collect()
    }

    fn three() -> Deferred {
        let mut deferred = Deferred::new(10);
        deferred.push(entry(11, 1, 5));
        deferred.push(entry(12, 2, 0));
        deferred.push(entry(13, 1, 6));
        deferred
    }

    #[test]
    fn links_the_events_of_a_stream() {
        let deferred = three();
        assert_eq!(positions(&deferred, 1), [13, 11]);
        assert_eq!(positions(&deferred, 2), [12]);
        assert_eq!(positions(&deferred, 3), [0_u64; 0]);
        assert_eq!(deferred.key(&Key::from_bytes([12; 16])), Some(12));
    }

    #[test]
    fn truncating_undoes_exactly() {
        let mut deferred = three();
        deferred.truncate(11);
        assert_eq!(positions(&deferred, 1), [11]);
        assert_eq!(positions(&deferred, 2), [0_u64; 0]);
        assert_eq!(deferred.key(&Key::from_bytes([13; 16])), None);
        assert_eq!((deferred.end(), deferred.len()), (11, 1));
        deferred.truncate(10);
        assert_eq!((deferred.end(), deferred.len()), (10, 0));
    }

    #[test]
    fn advancing_keeps_what_is_not_covered() {
        let mut deferred = three();
        deferred.advance(12);
        assert_eq!(positions(&deferred, 1), [13]);
        assert_eq!(deferred.key(&Key::from_bytes([11; 16])), None);
        assert_eq!((deferred.covered(), deferred.end(), deferred.len()), (12, 13, 1));
        deferred.advance(20);
        assert_eq!((deferred.covered(), deferred.end(), deferred.len()), (20, 20, 0));
    }
}
