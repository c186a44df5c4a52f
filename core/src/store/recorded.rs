use bytes::Bytes;

use super::Mark;
use crate::{EventName, Origin};

/// A stored event, its payload not decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Where and how it came about.
    pub at: Origin,
    /// Its persisted name.
    pub name: EventName,
    /// The version of its payload's form.
    pub version: u32,
    /// Its fields, as they were appended.
    pub payload: Bytes,
}

/// What one read gives.
#[derive(Clone, Debug)]
pub struct Page {
    /// The events, in the order that was asked for.
    pub events: Vec<Recorded>,
    /// Whether there may be more in the range.
    pub more: bool,
    /// How far the log was searched. Forward: everything that matches up to and with this position
    /// was given, now or on earlier pages. Backward: the end of the log when the page was read.
    pub complete_to: Mark,
}
