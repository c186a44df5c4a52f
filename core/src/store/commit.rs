use std::sync::Arc;

use bytes::Bytes;

use super::{Metadata, Position, Query};
use crate::view::InlineRows;
use crate::{EventName, Key, StreamName, Tags};

/// The unit of writing: what one decision led to.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The command's id. A store that knows it writes nothing.
    pub key: Key,
    /// What is known about it beside its events.
    pub meta: Metadata,
    /// What is written, each stream at most once.
    pub writes: Vec<StreamWrite>,
    /// What must not have happened.
    pub guard: Option<Guard>,
    /// The views whose rows are to change with the events. Of those in which something before the commit
    /// is missing or parked the rows stay as they are: see [`Receipt::views`](super::Receipt::views).
    pub views: Vec<Arc<dyn InlineRows>>,
}

/// The events that a commit appends to one stream.
#[derive(Clone, Debug)]
pub struct StreamWrite {
    /// Which stream.
    pub stream: StreamName,
    /// What must be true of it before.
    pub expected: Expected,
    /// What is appended, at least one event.
    pub events: Vec<NewEvent>,
}

/// What must be true of a stream before a commit writes to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Anything.
    Any,
    /// It has no events.
    NoStream,
    /// It has at least one event.
    Exists,
    /// Its newest event has this revision. The first event of a stream has revision 0.
    Revision(u64),
}

impl Expected {
    /// Whether a stream whose newest event has this revision (`None`: it has no events) is as
    /// expected.
    pub fn holds(self, newest: Option<u64>) -> bool {
        match self {
            Self::Any => true,
            Self::NoStream => newest.is_none(),
            Self::Exists => newest.is_some(),
            Self::Revision(revision) => newest == Some(revision),
        }
    }
}

/// Fails a commit if an event that matches the query stands after the position. Events of earlier
/// commits of the same run do not count: the commit was decided on top of them.
#[derive(Clone, Debug)]
pub struct Guard {
    /// What must not have happened.
    pub query: Query,
    /// Since when: the position up to which the decision knew the log.
    pub after: Position,
}

/// An event that is to be appended. Its id follows from the commit's key and its place there,
/// counted over all writes of the commit in order.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// Its persisted name.
    pub name: EventName,
    /// The version of its payload's form, from 1.
    pub version: u32,
    /// What it is about.
    pub tags: Tags,
    /// Its fields, as a JSON object in UTF-8.
    pub payload: Bytes,
}
