use std::collections::HashMap;

use super::codec::stored;
use super::{TIME, command_id};
use crate::store::{LogId, Metadata, Position, Recorded, Stamp};
use crate::{Event, Origin, StreamName};

/// The log of a test, as its consumers see it.
#[derive(Debug)]
pub(super) struct Log {
    /// What is known about the events that follow.
    pub(super) meta: Metadata,
    revisions: HashMap<StreamName, u64>,
    seen: u64,
}

impl Log {
    pub(super) fn new() -> Self {
        let meta = Metadata { time: TIME, ..Metadata::default() };
        Self { meta, revisions: HashMap::new(), seen: 0 }
    }

    /// Stores an event, or fails the test if it does not survive that.
    #[track_caller]
    pub(super) fn record<E: Event>(&mut self, stream: &StreamName, event: &E) -> Recorded {
        let event = match stored(event) {
            Ok((event, _)) => event,
            Err(problem) => panic!("{}: {problem}", event.event_type().name),
        };
        let next = self.revisions.entry(stream.clone()).or_default();
        let (revision, key) = (*next, command_id(self.seen));
        *next += 1;
        self.seen += 1;
        let at = Origin {
            log: LogId::from_bytes([0; 16]),
            position: Position::new(self.seen),
            stream: stream.clone(),
            revision,
            key,
            index: 0,
            stamp: Stamp::new(0),
            tags: event.tags,
            meta: self.meta.clone(),
        };
        Recorded { at, name: event.name, version: event.version, payload: event.payload }
    }
}

/// The stream of this full name, or a failed test.
#[track_caller]
pub(super) fn stream_of(name: &str) -> StreamName {
    match StreamName::new(name) {
        Ok(stream) => stream,
        Err(problem) => panic!("{problem}"),
    }
}
