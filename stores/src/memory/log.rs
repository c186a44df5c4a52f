use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;

use factum_core::store::{
    Commit, Limits, LogId, Mark, Position, Query, Receipt, Recorded, Rewound, Stamp, Written,
};
use factum_core::{Key, Origin, StreamName, Tag, Tags};

use crate::repeat;

/// How many events one chunk holds: the log grows by chunks, so that it is never copied.
const CHUNK: usize = 512;

/// The events, and what finds them. The event at position `p` is the `p - 1`st; there are no holes.
pub(super) struct Log {
    id: LogId,
    /// One for all: this log is opened once.
    stamp: Stamp,
    limits: Limits,
    chunks: Vec<Vec<Recorded>>,
    /// The positions of each stream's events, by revision.
    streams: HashMap<StreamName, Vec<Position>>,
    /// The positions of the events that carry each tag, in order.
    tags: HashMap<Tag, Vec<Position>>,
    /// Where the first event of each commit stands.
    keys: HashMap<Key, Position>,
}

impl Log {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            id: LogId::fresh(),
            stamp: Stamp::draw(),
            limits,
            chunks: Vec::new(),
            streams: HashMap::new(),
            tags: HashMap::new(),
            keys: HashMap::new(),
        }
    }

    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    /// The position of the newest event.
    pub(super) fn end(&self) -> Position {
        let newest = self.chunks.last().and_then(|chunk| chunk.last());
        newest.map_or(Position::START, |event| event.at.position)
    }

    pub(super) fn event(&self, position: Position) -> Option<&Recorded> {
        let index = usize::try_from(position.number().checked_sub(1)?).ok()?;
        self.chunks.get(index / CHUNK)?.get(index % CHUNK)
    }

    /// The mark of the event at a position; the start of the log where there is none.
    pub(super) fn mark(&self, position: Position) -> Mark {
        self.event(position).map_or(Mark::start(self.id), |event| event.at.mark())
    }

    /// Checks that the log has what a mark saw.
    pub(super) fn check(&self, seen: Mark) -> Result<(), Rewound> {
        let found = self.mark(seen.position.min(self.end()));
        if found == seen { Ok(()) } else { Err(Rewound { seen, found }) }
    }

    /// The positions of a stream's events, by revision.
    pub(super) fn stream(&self, stream: &StreamName) -> &[Position] {
        self.streams.get(stream).map_or(&[], Vec::as_slice)
    }

    /// The positions of the events that carry a tag, in order.
    pub(super) fn tagged(&self, tag: &Tag) -> &[Position] {
        self.tags.get(tag).map_or(&[], Vec::as_slice)
    }

    /// Whether an event after a position may match the query, by what is newest of its stream, or of
    /// each of its tags, alone.
    pub(super) fn may_match_after(&self, query: &Query, after: Position) -> bool {
        let newest = |list: &[Position]| list.last().copied().unwrap_or(Position::START);
        let newest_of_all = |tags: &Tags| {
            let of_each = tags.as_slice().iter().map(|tag| newest(self.tagged(tag)));
            of_each.min().unwrap_or(self.end())
        };
        match query {
            Query::All => self.end() > after,
            Query::Stream(stream) => newest(self.stream(stream)) > after,
            Query::AnyOf(clauses) => {
                clauses.iter().any(|clause| newest_of_all(&clause.tags) > after)
            }
        }
    }

    /// The events of the commit with this key, if it is known.
    pub(super) fn commit(&self, key: Key) -> Option<impl Iterator<Item = &Recorded> + Clone> {
        let first = self.keys.get(&key)?.number();
        Some((first..).map_while(move |number| {
            self.event(Position::new(number)).filter(|event| event.at.key == key)
        }))
    }

    /// The receipt of a repeated commit.
    pub(super) fn receipt(&self, key: Key) -> Option<Receipt> {
        repeat::receipt(self.commit(key)?)
    }

    /// Stores a commit that nothing speaks against.
    pub(super) fn store(&mut self, commit: Commit) -> Receipt {
        let Commit { key, meta, writes, .. } = commit;
        self.keys.insert(key, Position::new(self.end().number() + 1));
        let mut written = Vec::with_capacity(writes.len());
        let mut index = 0;
        for write in writes {
            let first = self.stream(&write.stream).len() as u64;
            let mut revision = first;
            for event in write.events {
                let position = Position::new(self.end().number() + 1);
                let at = Origin {
                    log: self.id,
                    position,
                    stream: write.stream.clone(),
                    revision,
                    key,
                    index,
                    stamp: self.stamp,
                    tags: event.tags,
                    meta: meta.clone(),
                };
                let (name, version, payload) = (event.name, event.version, event.payload);
                self.push(Recorded { at, name, version, payload });
                index += 1;
                revision += 1;
            }
            written.push(Written { stream: write.stream, first, last: revision - 1 });
        }
        Receipt {
            key,
            mark: self.mark(self.end()),
            writes: written,
            repeated: false,
            views: Vec::new(),
        }
    }

    fn push(&mut self, event: Recorded) {
        let Origin { position, stream, tags, .. } = &event.at;
        list(&mut self.streams, stream, *position);
        tags.as_slice().iter().for_each(|tag| list(&mut self.tags, tag, *position));
        match self.chunks.last_mut() {
            Some(chunk) if chunk.len() < CHUNK => chunk.push(event),
            _ => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(event);
                self.chunks.push(chunk);
            }
        }
    }
}

/// Adds a position to the list of a stream or a tag.
fn list<K: Clone + Eq + Hash>(lists: &mut HashMap<K, Vec<Position>>, of: &K, position: Position) {
    match lists.get_mut(of) {
        Some(positions) => positions.push(position),
        None => {
            lists.insert(of.clone(), vec![position]);
        }
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (end, streams) = (self.end(), self.streams.len());
        f.debug_struct("Log")
            .field("id", &self.id)
            .field("end", &end)
            .field("streams", &streams)
            .finish()
    }
}
