//! The log: all events in their order, and each stream's.

use std::collections::HashMap;
use std::sync::Arc;

use super::metadata::{Truncation, metastream_of, original_of};
use super::recent::Recent;
use super::record::{METADATA, Proposed, Record, TOMBSTONE, ticks_now};

/// The first record does not start at 0: a subscription after position 0 has all events.
const FIRST_POSITION: u64 = 128;

/// The events of one stream.
#[derive(Debug, Default)]
pub struct Stream {
    /// Event `n` is at index `n`: nothing is ever taken away.
    pub events: Vec<Arc<Record>>,
    /// The event that ended it.
    pub tombstone: Option<Arc<Record>>,
}

/// All events in their order, and each stream's.
#[derive(Debug)]
pub struct Log {
    records: Vec<Arc<Record>>,
    streams: HashMap<String, Stream>,
    pub(super) recent: Recent,
    end: u64,
}

impl Log {
    /// An empty log that knows the ids of the last `recent_ids` events.
    #[must_use]
    pub fn new(recent_ids: usize) -> Self {
        Self {
            records: Vec::new(),
            streams: HashMap::new(),
            recent: Recent::new(recent_ids),
            end: FIRST_POSITION,
        }
    }

    /// All events in their order.
    #[must_use]
    pub fn records(&self) -> &[Arc<Record>] {
        &self.records
    }

    /// The position after the last event.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.end
    }

    /// The stream, if anything was ever written to it.
    #[must_use]
    pub fn stream(&self, name: &str) -> Option<&Stream> {
        self.streams.get(name)
    }

    /// The number of the stream's last event, or -1; the tombstone is not counted.
    #[must_use]
    pub fn last_number(&self, name: &str) -> i64 {
        self.stream(name).map_or(-1, |stream| stream.events.len() as i64 - 1)
    }

    /// Whether the stream, or the one whose metadata it has, was ended for ever.
    #[must_use]
    pub fn is_tombstoned(&self, name: &str) -> bool {
        let ended = |name| self.stream(name).is_some_and(|stream| stream.tombstone.is_some());
        ended(name) || original_of(name).is_some_and(ended)
    }

    /// The metadata of the stream as they were written last.
    #[must_use]
    pub fn metadata(&self, name: &str) -> Option<&Arc<Record>> {
        let last = self.stream(&metastream_of(name))?.events.last()?;
        (last.event_type == METADATA).then_some(last)
    }

    /// Which of the stream's events can be read.
    #[must_use]
    pub fn truncation(&self, name: &str) -> Truncation {
        if original_of(name).is_some() {
            return Truncation::OF_METASTREAM;
        }
        self.metadata(name).map(|record| Truncation::parse(&record.data)).unwrap_or_default()
    }

    /// Makes of `events` the records that would be next; none is in the log yet.
    #[must_use]
    pub fn prepare(&self, writes: Vec<(String, Proposed)>) -> Vec<Record> {
        let created = ticks_now();
        let mut position = self.end;
        let mut next: HashMap<String, i64> = HashMap::new();
        let mut records = Vec::with_capacity(writes.len());
        for (stream, event) in writes {
            let number =
                next.entry(stream.clone()).or_insert_with(|| self.last_number(&stream) + 1);
            let record = record_of(event, stream, *number, position, created);
            *number += 1;
            position += record.size();
            records.push(record);
        }
        records
    }

    /// The record that ends `stream`.
    #[must_use]
    pub fn prepare_tombstone(&self, stream: &str) -> Record {
        let event = Proposed::system(super::record::STREAM_DELETED, "");
        record_of(event, stream.to_owned(), TOMBSTONE, self.end, ticks_now())
    }

    /// Adds records that [`Log::prepare`] made of this log, or that a file had.
    pub fn commit(&mut self, records: Vec<Record>) -> Vec<Arc<Record>> {
        records.into_iter().map(|record| self.add(Arc::new(record))).collect()
    }

    /// Remembers the ids of `records`, for writers that expect nothing.
    pub fn remember(&mut self, records: &[Arc<Record>]) {
        for record in records {
            self.recent.insert(record);
        }
    }

    fn add(&mut self, record: Arc<Record>) -> Arc<Record> {
        self.end = record.position + record.size();
        let stream = self.streams.entry(record.stream.clone()).or_default();
        if record.number == TOMBSTONE {
            stream.tombstone = Some(Arc::clone(&record));
        } else {
            stream.events.push(Arc::clone(&record));
        }
        self.records.push(Arc::clone(&record));
        record
    }
}

fn record_of(event: Proposed, stream: String, number: i64, position: u64, created: i64) -> Record {
    let Proposed { id, event_type, is_json, data, metadata } = event;
    Record { position, stream, number, id, event_type, is_json, created, data, metadata }
}
