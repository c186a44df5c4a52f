use std::collections::HashMap;

use factum_core::Key;
use hashlink::DefaultHashBuilder;

use super::chains::{Chains, Item};

/// How many events wait before their entries are written to the file. More make the writing cheaper,
/// as more of them share a page; they take memory, and have to be found again after a crash.
const FLUSH_EVENTS: usize = 32 * 1024;
/// How many tags of them do.
const FLUSH_TAGS: usize = 2 * FLUSH_EVENTS;

/// Entries of the indexes that are not in the file yet.
///
/// *Problem.* An entry of the stream index lands on a random page of the file; writing each with its
/// event halves the speed of appending, and more where many append at once. *Invariant.* For every
/// reader, the index in the file up to `covered` and these entries up to the reader's own end of the
/// log are together exact. It holds because entries are added before their transaction commits and
/// taken away only after the transaction that wrote them to the file has; a reader whose snapshot of
/// the file is older than that takes a new one. *Shape.* [`Chains`] of the events of a stream and of
/// those that carry a tag. At most [`FLUSH_EVENTS`] and [`FLUSH_TAGS`] and those of one transaction,
/// some 100 bytes for each event and 40 for each of its tags.
#[derive(Debug)]
pub(super) struct Deferred {
    covered: u64,
    events: Chains<Entry>,
    tags: Chains<Tagged>,
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

/// One tag of one event, by its [number](super::tags::number).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tagged {
    pub(super) tag: i64,
    pub(super) position: u64,
}

impl Item for Entry {
    fn group(&self) -> i64 {
        self.stream
    }

    fn position(&self) -> u64 {
        self.position
    }
}

impl Item for Tagged {
    fn group(&self) -> i64 {
        self.tag
    }

    fn position(&self) -> u64 {
        self.position
    }
}

impl Deferred {
    /// No entries, for an index in the file up to a position.
    pub(super) fn new(covered: u64) -> Self {
        let (events, tags) = (Chains::new(), Chains::new());
        Self { covered, events, tags, keys: HashMap::default() }
    }

    /// Up to which position the index in the file is needed, and enough.
    pub(super) fn covered(&self) -> u64 {
        self.covered
    }

    /// Up to which position file and entries are exact together.
    pub(super) fn end(&self) -> u64 {
        self.events.last().map_or(self.covered, |entry| entry.position)
    }

    /// Whether enough has gathered to be written to the file.
    pub(super) fn is_due(&self) -> bool {
        self.events.len() >= FLUSH_EVENTS || self.tags.len() >= FLUSH_TAGS
    }

    /// Adds the event after the newest.
    pub(super) fn push(&mut self, entry: Entry) {
        if let Some(key) = entry.key {
            self.keys.insert(key, entry.position);
        }
        self.events.push(entry);
    }

    /// Adds a tag of the newest event, or of one whose commit is being added.
    pub(super) fn push_tag(&mut self, tagged: Tagged) {
        self.tags.push(tagged);
    }

    /// Takes back what was added for positions after this one: their transaction did not commit.
    pub(super) fn truncate(&mut self, end: u64) {
        while let Some(entry) = self.events.pop_after(end) {
            if let Some(key) = entry.key {
                self.keys.remove(&key);
            }
        }
        while self.tags.pop_after(end).is_some() {}
    }

    /// Forgets what the index in the file has by now.
    pub(super) fn advance(&mut self, covered: u64) {
        if covered <= self.covered {
            return;
        }
        self.covered = covered;
        self.events.forget(covered);
        self.tags.forget(covered);
        self.keys.retain(|_, position| *position > covered);
    }

    /// The position of the first event of the commit with this key.
    pub(super) fn key(&self, key: &Key) -> Option<u64> {
        self.keys.get(key).copied()
    }

    /// The entries of a stream, newest first.
    pub(super) fn of_stream(&self, stream: i64) -> impl Iterator<Item = Entry> {
        self.events.of(stream)
    }

    /// The positions of the events that carry a tag, newest first.
    pub(super) fn of_tag(&self, tag: i64) -> impl Iterator<Item = u64> {
        self.tags.of(tag).map(|tagged| tagged.position)
    }

    /// The greatest version 7 key (RFC 9562) of the entries. Such keys grow with time, so that one
    /// beyond all that are in the file's index is known to be new without a look there.
    pub(super) fn newest_key(&self) -> Option<Key> {
        self.keys.keys().copied().filter(|key| key.uuid().get_version_num() == 7).max()
    }

    /// All entries, in the order of the log.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry> {
        self.events.iter()
    }

    /// All tags, in the order of the log.
    pub(super) fn tags(&self) -> impl Iterator<Item = Tagged> {
        self.tags.iter()
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
        assert_eq!((deferred.end(), deferred.entries().count()), (11, 1));
        deferred.truncate(10);
        assert_eq!((deferred.end(), deferred.entries().count()), (10, 0));
    }

    #[test]
    fn advancing_keeps_what_is_not_covered() {
        let mut deferred = three();
        deferred.advance(12);
        assert_eq!(positions(&deferred, 1), [13]);
        assert_eq!(deferred.key(&Key::from_bytes([11; 16])), None);
        assert_eq!((deferred.covered(), deferred.end(), deferred.entries().count()), (12, 13, 1));
        deferred.advance(20);
        assert_eq!((deferred.covered(), deferred.end(), deferred.entries().count()), (20, 20, 0));
    }
}
