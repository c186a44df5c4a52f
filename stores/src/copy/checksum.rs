use std::fmt;

use factum_core::snapshot::{FNV1A_START, fnv1a};
use factum_core::store::{Metadata, Recorded};

/// A checksum of events in their order: of all that a copy keeps. It tells mistakes, not forgeries
/// (FNV-1a, 64 bits).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Checksum(u64);

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What was copied so far.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) events: u64,
    pub(super) commits: u64,
    pub(super) streams: u64,
    pub(super) checksum: Checksum,
}

impl Tally {
    pub(super) const fn new() -> Self {
        Self { events: 0, commits: 0, streams: 0, checksum: Checksum(FNV1A_START) }
    }

    pub(super) fn add(&mut self, event: &Recorded) {
        self.events += 1;
        self.commits += u64::from(event.at.index == 0);
        self.streams += u64::from(event.at.revision == 0);
        self.checksum.add(event);
    }
}

impl Checksum {
    fn add(&mut self, event: &Recorded) {
        let at = &event.at;
        self.bytes(at.key.as_bytes());
        self.bytes(&at.index.to_le_bytes());
        self.sized(at.stream.as_bytes());
        self.bytes(&at.revision.to_le_bytes());
        self.sized(event.name.as_bytes());
        self.bytes(&event.version.to_le_bytes());
        self.count(at.tags.as_slice().len());
        at.tags.as_slice().iter().for_each(|tag| self.sized(tag.as_str().as_bytes()));
        self.sized(&event.payload);
        self.meta(&at.meta);
    }

    fn meta(&mut self, meta: &Metadata) {
        self.bytes(&meta.time.as_micros().to_le_bytes());
        self.optional(meta.correlation.as_ref().map(|id| id.as_bytes().as_slice()));
        self.optional(meta.causation.as_ref().map(|id| id.as_bytes().as_slice()));
        self.optional(meta.actor.as_deref().map(str::as_bytes));
        self.optional(meta.command.as_ref().map(|command| command.name.as_bytes()));
        self.bytes(&meta.command.as_ref().map_or(0, |command| command.digest).to_le_bytes());
        self.count(meta.headers.iter().count());
        for (name, value) in meta.headers.iter() {
            self.sized(name.as_bytes());
            self.sized(value.as_bytes());
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0 = fnv1a(self.0, bytes);
    }

    /// The length keeps apart what would run together.
    fn sized(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.bytes(bytes);
    }

    fn count(&mut self, count: usize) {
        self.bytes(&(count as u64).to_le_bytes());
    }

    fn optional(&mut self, bytes: Option<&[u8]>) {
        self.bytes(&[u8::from(bytes.is_some())]);
        self.sized(bytes.unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use factum_core::store::{CommandMark, Headers, LogId, Position, Stamp};
    use factum_core::{EventName, Key, Origin, StreamName, Tag, Timestamp};

    use super::*;

    fn event() -> Recorded {
        let at = Origin {
            log: LogId::from_bytes([1; 16]),
            position: Position::new(1),
            stream: StreamName::of("thing", "a").unwrap(),
            revision: 0,
            key: Key::from_bytes([2; 16]),
            index: 0,
            stamp: Stamp::new(1),
            tags: Default::default(),
            meta: Metadata::default(),
        };
        Recorded { at, name: EventName::fixed("thing.done"), version: 1, payload: "{}".into() }
    }

    fn checksum(change: fn(&mut Recorded)) -> u64 {
        let (mut event, mut tally) = (event(), Tally::new());
        change(&mut event);
        tally.add(&event);
        tally.checksum.0
    }

    #[test]
    fn everything_that_is_kept_counts() {
        let changes: [fn(&mut Recorded); 15] = [
            |_| (),
            |event| event.at.stream = StreamName::of("thing", "b").unwrap(),
            |event| event.at.revision = 1,
            |event| event.at.key = Key::from_bytes([3; 16]),
            |event| event.at.index = 1,
            |event| event.at.tags = [Tag::parse("a:b").unwrap()].into_iter().collect(),
            |event| event.name = EventName::fixed("thing.donf"),
            |event| event.version = 2,
            |event| event.payload = "[]".into(),
            |event| event.at.meta.time = Timestamp::from_micros(1),
            |event| event.at.meta.correlation = Some(Key::from_bytes([0; 16]).uuid()),
            |event| event.at.meta.causation = Some(Key::from_bytes([0; 16]).uuid()),
            |event| event.at.meta.actor = Some("".into()),
            |event| event.at.meta.command = Some(CommandMark { name: "".into(), digest: 0 }),
            |event| event.at.meta.headers = Headers::from_iter([Default::default()]),
        ];
        let all: HashSet<u64> = changes.iter().map(|change| checksum(*change)).collect();
        assert_eq!(all.len(), changes.len());
    }

    #[test]
    fn what_belongs_to_the_log_does_not_count() {
        let here = checksum(|_| ());
        assert_eq!(here, checksum(|event| event.at.position = Position::new(7)));
        assert_eq!(here, checksum(|event| event.at.log = LogId::from_bytes([9; 16])));
        assert_eq!(here, checksum(|event| event.at.stamp = Stamp::new(9)));
    }
}
