//! Whether a write is done, was done already, or is refused; in the real server's order.

use std::sync::Arc;

use super::expected::{Expected, Refused};
use super::log::Log;
use super::metadata::metastream_of;
use super::record::Record;
use uuid::Uuid;

/// What is to happen with a write.
#[derive(Debug, PartialEq)]
pub enum Decision {
    /// It is done.
    Write,
    /// It was done already, and ended with this record.
    Repeated(Arc<Record>),
    /// There is nothing to write, and nothing against it.
    Nothing,
}

impl Log {
    /// Decides on writing events with these `ids` to `stream`.
    ///
    /// # Errors
    ///
    /// [`Refused::Deleted`] for a stream that ended, [`Refused::WrongVersion`] for one that is not
    /// as expected.
    pub fn decide(
        &self,
        stream: &str,
        expected: Expected,
        ids: &[Uuid],
    ) -> Result<Decision, Refused> {
        if self.is_tombstoned(stream) {
            return Err(Refused::Deleted(stream.to_owned()));
        }
        match expected {
            Expected::Any => self.decide_by_recent_ids(stream, expected, ids),
            Expected::Exists => {
                self.require_existing(stream)?;
                self.decide_by_recent_ids(stream, expected, ids)
            }
            Expected::NoStream | Expected::Revision(_) => self.decide_exact(stream, expected, ids),
        }
    }

    fn require_existing(&self, stream: &str) -> Result<(), Refused> {
        if self.truncation(stream).is_deleted() {
            return Err(Refused::Deleted(stream.to_owned()));
        }
        if self.last_number(stream) < 0 && self.last_number(&metastream_of(stream)) < 0 {
            return Err(self.wrong_version(stream, Expected::Exists));
        }
        Ok(())
    }

    fn decide_by_recent_ids(
        &self,
        stream: &str,
        expected: Expected,
        ids: &[Uuid],
    ) -> Result<Decision, Refused> {
        let mut last = None;
        for (index, id) in ids.iter().enumerate() {
            match self.recent.get(stream, id) {
                Some(record) => last = Some(record),
                None if index == 0 => return Ok(Decision::Write),
                None => return Err(self.wrong_version(stream, expected)),
            }
        }
        Ok(last.map_or(Decision::Nothing, |record| Decision::Repeated(Arc::clone(record))))
    }

    fn decide_exact(
        &self,
        stream: &str,
        expected: Expected,
        ids: &[Uuid],
    ) -> Result<Decision, Refused> {
        let current = self.last_number(stream);
        let wanted = expected.as_number();
        if wanted == current {
            return Ok(if ids.is_empty() { Decision::Nothing } else { Decision::Write });
        }
        if wanted > current || ids.is_empty() {
            return Err(self.wrong_version(stream, expected));
        }
        let mut last = None;
        for (number, id) in (wanted + 1..).zip(ids) {
            match self.event(stream, number) {
                Some(record) if record.id == *id => last = Some(record),
                _ if last.is_none() && self.is_recreated(stream, expected) => {
                    return Ok(Decision::Write);
                }
                _ => return Err(self.wrong_version(stream, expected)),
            }
        }
        Ok(last.map_or(Decision::Nothing, |record| Decision::Repeated(Arc::clone(record))))
    }

    fn is_recreated(&self, stream: &str, expected: Expected) -> bool {
        expected == Expected::NoStream && self.truncation(stream).is_deleted()
    }

    fn event(&self, stream: &str, number: i64) -> Option<&Arc<Record>> {
        self.stream(stream)?.events.get(usize::try_from(number).ok()?)
    }

    pub(super) fn wrong_version(&self, stream: &str, expected: Expected) -> Refused {
        let current = u64::try_from(self.last_number(stream)).ok();
        Refused::WrongVersion { stream: stream.to_owned(), expected, current }
    }
}
