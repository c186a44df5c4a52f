//! Which events a reader sees.

use std::sync::Arc;

use super::log::Log;
use super::record::{LINK, Record, ticks_now};

const TICKS_PER_SECOND: i64 = 10_000_000;

/// Forwards or backwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the oldest to the newest.
    Forwards,
    /// From the newest to the oldest.
    Backwards,
}

/// What can be read of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visible {
    /// There is no such stream, or it was deleted softly.
    Missing,
    /// It was ended for ever.
    Ended,
    /// The events from `first` up to, but without, `next`.
    Events {
        /// The first that can be read.
        first: u64,
        /// The number that the next event will have.
        next: u64,
    },
}

/// A position at which no event starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no event starts at position {0}: start from the position of an event that was read")]
pub struct BadPosition(pub u64);

/// An event as a reader sees it.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The event; none if it is the target of a link, and not there.
    pub event: Option<Arc<Record>>,
    /// The link that led to it.
    pub link: Option<Arc<Record>>,
}

impl Resolved {
    /// The record that stands in the stream that was read.
    #[must_use]
    pub fn original(&self) -> Option<&Arc<Record>> {
        self.link.as_ref().or(self.event.as_ref())
    }
}

impl Log {
    /// What can be read of `name` now.
    #[must_use]
    pub fn visible(&self, name: &str) -> Visible {
        if self.is_tombstoned(name) {
            return Visible::Ended;
        }
        let Some(stream) = self.stream(name).filter(|stream| !stream.events.is_empty()) else {
            return Visible::Missing;
        };
        let truncation = self.truncation(name);
        if truncation.is_deleted() {
            return Visible::Missing;
        }
        let next = stream.events.len() as u64;
        let by_number = truncation.first_visible(self.last_number(name)).unsigned_abs();
        let by_age = truncation.max_age.map_or(0, |seconds| {
            let oldest = ticks_now().saturating_sub(seconds.saturating_mul(TICKS_PER_SECOND));
            stream.events.partition_point(|record| record.created < oldest) as u64
        });
        Visible::Events { first: by_number.max(by_age).min(next), next }
    }

    /// The events `from` up to, but without, `to` of the stream, at most `limit`.
    #[must_use]
    pub fn slice(&self, name: &str, from: u64, to: u64, limit: usize) -> Vec<Arc<Record>> {
        let events = self.stream(name).map_or(&[][..], |stream| &stream.events);
        let end = index(to.min(from.saturating_add(limit as u64))).min(events.len());
        events.get(index(from)..end).unwrap_or_default().to_vec()
    }

    /// The last event of the stream, if it can be read.
    #[must_use]
    pub fn last_visible(&self, name: &str) -> Option<&Arc<Record>> {
        match self.visible(name) {
            Visible::Events { first, next } if first < next => self.stream(name)?.events.last(),
            _ => None,
        }
    }

    /// The index in [`Log::records`] of the event at `position`; of the end for its end and for
    /// `u64::MAX`.
    ///
    /// # Errors
    ///
    /// [`BadPosition`] if no event starts there.
    pub fn index_of(&self, position: u64) -> Result<usize, BadPosition> {
        let records = self.records();
        if position == u64::MAX || position == self.end() {
            return Ok(records.len());
        }
        match records.binary_search_by_key(&position, |record| record.position) {
            Ok(found) => Ok(found),
            Err(0) => Ok(0),
            Err(_) => Err(BadPosition(position)),
        }
    }

    /// The index of the first event after `position`.
    ///
    /// # Errors
    ///
    /// [`BadPosition`] if no event starts there.
    pub fn index_after(&self, position: u64) -> Result<usize, BadPosition> {
        let at = self.index_of(position)?;
        Ok(match self.records().get(at) {
            Some(record) if record.position == position => at + 1,
            _ => at,
        })
    }

    /// The event as a reader sees it who wants links followed.
    #[must_use]
    pub fn resolve(&self, record: Arc<Record>, follow: bool) -> Resolved {
        if !follow || record.event_type != LINK {
            return Resolved { event: Some(record), link: None };
        }
        let event = self.target(&record).cloned();
        Resolved { event, link: Some(record) }
    }

    fn target(&self, link: &Record) -> Option<&Arc<Record>> {
        let (number, stream) = std::str::from_utf8(&link.data).ok()?.split_once('@')?;
        let number: u64 = number.parse().ok()?;
        match self.visible(stream) {
            Visible::Events { first, .. } if number >= first => {
                self.stream(stream)?.events.get(index(number))
            }
            _ => None,
        }
    }
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
