use bytes::Bytes;
use factum_core::store::{
    LogId, Mark, Metadata, Position, Receipt, Recorded, Stamp, StoreError, Written,
};
use factum_core::{EventName, Key, Origin, StreamName, Tag, Tags};
use redis::Value;

use super::head;
use super::value::{Odd, bytes, list, parsed, position_of, text};

/// One entry of the log: a commit, as it is stored.
#[derive(Debug)]
pub(super) struct Entry {
    /// The position of its last event.
    pub(super) end: u64,
    head: Vec<u8>,
    directory: String,
    firsts: String,
    lines: String,
    payloads: Bytes,
}

/// An entry cannot be understood.
#[derive(Debug)]
pub(super) struct Damaged {
    end: u64,
    what: &'static str,
}

impl Damaged {
    /// The error of whoever reads it.
    pub(super) fn into_store(self, place: &str, log: &str) -> StoreError {
        let Self { end, what } = self;
        let what = format!("{what} of the entry {end}-0 of {log}");
        match StreamName::of("unknown", &end.to_string()) {
            Ok(stream) => {
                StoreError::CorruptEvent { stream, revision: 0, position: Position::new(end), what }
            }
            Err(_) => StoreError::Corrupt { place: place.to_owned(), what },
        }
    }
}

impl Entry {
    /// An entry as the server gives it: its id, then names and values in turn.
    pub(super) fn of(value: Value) -> Result<Self, Damaged> {
        let mut parts = list(value).unwrap_or_default().into_iter();
        let id = parts.next().unwrap_or_default();
        let end = position_of(&id).unwrap_or_default();
        let damaged = |_: Odd| Damaged { end, what: "the fields" };
        let mut fields = list(parts.next().unwrap_or_default()).map_err(damaged)?.into_iter();
        let mut field = || {
            fields.next();
            fields.next().unwrap_or_default()
        };
        Ok(Self {
            end,
            head: bytes(field()).map_err(damaged)?,
            directory: text(field()).map_err(damaged)?,
            firsts: text(field()).map_err(damaged)?,
            lines: text(field()).map_err(damaged)?,
            payloads: bytes(field()).map_err(damaged)?.into(),
        })
    }

    /// The parts of an entry that make a receipt, as the append script gives them.
    pub(super) fn of_repeat(end: u64, parts: [Value; 3]) -> Result<Self, Odd> {
        let [head, directory, firsts] = parts;
        let (head, directory, firsts) = (bytes(head)?, text(directory)?, text(firsts)?);
        let (lines, payloads) = (String::new(), Bytes::new());
        Ok(Self { end, head, directory, firsts, lines, payloads })
    }

    fn damaged(&self, what: &'static str) -> Damaged {
        Damaged { end: self.end, what }
    }

    fn key(&self) -> Result<Key, Damaged> {
        stamped(&self.head).map(|(key, _)| key).ok_or_else(|| self.damaged("the key"))
    }

    fn stamp(&self) -> Result<Stamp, Damaged> {
        stamped(&self.head).map(|(_, stamp)| stamp).ok_or_else(|| self.damaged("the stamp"))
    }

    /// Its streams, each with its first revision and how many events it got.
    fn writes(&self) -> Result<Vec<(StreamName, u64, u64)>, Damaged> {
        let mut firsts = self.firsts.split(' ');
        let mut parts = self.directory.split_terminator('\n');
        let mut writes = Vec::with_capacity(1);
        while let Some(name) = parts.next() {
            let write = (|| {
                let stream = StreamName::new(name).ok()?;
                let count = parts.next()?.parse().ok()?;
                Some((stream, firsts.next()?.parse().ok()?, count))
            })();
            writes.push(write.ok_or_else(|| self.damaged("the directory of streams"))?);
        }
        Ok(writes)
    }

    /// How many payload bytes it has.
    pub(super) fn size(&self) -> usize {
        self.payloads.len() + self.head.len() + self.lines.len()
    }

    /// Its events, in order.
    pub(super) fn events(&self, log: LogId) -> Result<Vec<Recorded>, Damaged> {
        let (key, stamp) = (self.key()?, self.stamp()?);
        let meta = head::read(&self.head).ok_or_else(|| self.damaged("the metadata"))?;
        let writes = self.writes()?;
        let count: u64 = writes.iter().map(|(_, _, count)| count).sum();
        let before = self.end.checked_sub(count);
        let before = before.ok_or_else(|| self.damaged("the number of events"))?;
        let places = writes.iter().flat_map(|(stream, first, count)| {
            (*first..first.saturating_add(*count)).map(move |revision| (stream, revision))
        });
        let mut lines = self.lines.split_terminator('\n');
        let (mut events, mut payloads) = (Vec::new(), self.payloads.clone());
        for (index, (stream, revision)) in (0..).zip(places) {
            let line = lines.next().and_then(|line| Line::of(line, &mut payloads));
            let Line { name, version, tags, payload } =
                line.ok_or_else(|| self.damaged("the line of an event"))?;
            let position = Position::new(before + u64::from(index) + 1);
            let (stream, meta) = (stream.clone(), Metadata::clone(&meta));
            let at = Origin { log, position, stream, revision, key, index, stamp, tags, meta };
            events.push(Recorded { at, name, version, payload });
        }
        Ok(events)
    }

    /// The mark of its last event.
    pub(super) fn mark(&self, log: LogId) -> Result<Mark, Damaged> {
        let count: u64 = self.writes()?.iter().map(|(_, _, count)| count).sum();
        Ok(mark(log, self.end, self.key()?, self.stamp()?, count))
    }

    /// The receipt of a repeat of its commit.
    pub(super) fn receipt(&self, log: LogId) -> Result<Receipt, Damaged> {
        let (key, stamp, writes) = (self.key()?, self.stamp()?, self.writes()?);
        let count: u64 = writes.iter().map(|(_, _, count)| count).sum();
        let mark = mark(log, self.end, key, stamp, count);
        let writes = writes.into_iter().map(|(stream, first, count)| {
            let last = first.saturating_add(count).saturating_sub(1);
            Written { stream, first, last }
        });
        Ok(Receipt { key, mark, writes: writes.collect(), repeated: true, views: Vec::new() })
    }
}

/// The mark of the last of so many events of a commit.
pub(super) fn mark(log: LogId, end: u64, key: Key, stamp: Stamp, events: u64) -> Mark {
    let index = u32::try_from(events.saturating_sub(1)).unwrap_or(u32::MAX);
    Mark { log, position: Position::new(end), event: Some(key.event(index)), stamp }
}

/// The key and the stamp with which a head begins.
pub(super) fn stamped(head: &[u8]) -> Option<(Key, Stamp)> {
    let (key, rest) = head.split_first_chunk()?;
    let (stamp, _) = rest.split_first_chunk()?;
    Some((Key::from_bytes(*key), Stamp::new(u64::from_be_bytes(*stamp))))
}

/// One event, without its place.
struct Line {
    name: EventName,
    version: u32,
    tags: Tags,
    payload: Bytes,
}

impl Line {
    /// Reads `NAME VERSION LENGTH TAG…`, parted by tabs, and takes the payload.
    fn of(line: &str, payloads: &mut Bytes) -> Option<Self> {
        let mut parts = line.split('\t');
        let name = EventName::new(parts.next()?).ok()?;
        let version = parts.next()?.parse().ok()?;
        let length = usize::try_from(parsed(parts.next()?.as_bytes())?).ok()?;
        let tags = parts.map(|tag| Tag::parse(tag).ok()).collect::<Option<Tags>>()?;
        let payload = (length <= payloads.len()).then(|| payloads.split_to(length))?;
        Some(Self { name, version, tags, payload })
    }
}
