//! What is remembered of streams that nobody appends to now.

use factum_core::StreamName;
use hashlink::LruCache;

use crate::known::Known;

/// How many keys are remembered, 24 to 48 bytes each, and how many of them a stream takes beside its own.
const MOST: usize = 1024 * 1024;
const STREAM: usize = 8;

/// What is known of the streams that were appended to last. A stream that is forgotten costs a read.
#[derive(Debug)]
pub(crate) struct Memory {
    streams: LruCache<StreamName, Known>,
    /// How many keys there are, and what stands for streams.
    weight: usize,
    most: usize,
}

impl Default for Memory {
    fn default() -> Self {
        Self::of(MOST)
    }
}

impl Memory {
    fn of(most: usize) -> Self {
        Self { streams: LruCache::new_unbounded(), weight: 0, most }
    }

    /// Takes out what is known of a stream.
    pub(crate) fn take(&mut self, stream: &StreamName) -> Option<Known> {
        let known = self.streams.remove(stream)?;
        self.weight = self.weight.saturating_sub(weight(&known));
        Some(known)
    }

    /// Puts in what is known of a stream, of which nothing is in here.
    pub(crate) fn put(&mut self, stream: StreamName, known: Known) {
        self.weight += weight(&known);
        self.streams.insert(stream, known);
        while self.weight > self.most {
            let Some((_, oldest)) = self.streams.remove_lru() else { return };
            self.weight = self.weight.saturating_sub(weight(&oldest));
        }
    }
}

fn weight(known: &Known) -> usize {
    STREAM + known.keys()
}

#[cfg(test)]
mod tests {
    use factum_core::store::{Commit, Metadata, Stamp};
    use factum_core::{Key, StreamName};

    use super::*;
    use crate::known::Stored;

    fn stream(name: &str) -> StreamName {
        StreamName::of("thing", name).unwrap()
    }

    fn known(keys: u64) -> Known {
        let mut known = Known::default();
        for at in 0..keys {
            let (key, meta) = (Key::now_v7(), Metadata::default());
            let commit = Commit { key, meta, writes: Vec::new(), guard: None, views: Vec::new() };
            known.add(&Stored::new(&commit, at, at, (at, Stamp::new(1))), 128);
        }
        known
    }

    #[test]
    fn the_streams_of_longest_ago_are_forgotten_first() {
        let mut memory = Memory::of(3 * (STREAM + 2));
        for name in ["a", "b", "c"] {
            memory.put(stream(name), known(2));
        }
        let again = memory.take(&stream("a")).unwrap();
        memory.put(stream("a"), again);
        memory.put(stream("d"), known(0));
        assert!(memory.take(&stream("b")).is_none());
        for name in ["a", "c", "d"] {
            assert!(memory.take(&stream(name)).is_some(), "{name}");
        }
        assert_eq!(memory.weight, 0);
    }

    #[test]
    fn a_stream_that_is_too_much_is_not_remembered() {
        let mut memory = Memory::of(2 * STREAM);
        memory.put(stream("a"), known(1));
        memory.put(stream("b"), known(9));
        assert_eq!((memory.weight, memory.streams.len()), (0, 0));
    }
}
