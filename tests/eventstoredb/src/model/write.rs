//! What a write puts into the log.

use super::decide::Decision;
use super::expected::{Expected, Refused, Written};
use super::log::Log;
use super::metadata::{DELETED, metastream_of, original_of, with_truncate_before};
use super::record::{METADATA, Proposed, Record};

/// What a write comes to.
#[derive(Debug)]
pub enum Plan {
    /// These records are to be committed, `own` of which are the writer's, the others the server's.
    Commit {
        /// In their order in the log.
        records: Vec<Record>,
        /// How many of them, from the first, the writer proposed.
        own: usize,
    },
    /// There is nothing to commit; this is the answer.
    Done(Written),
}

impl Log {
    /// Appends `events` to `stream`; a stream that was deleted softly comes back, with its numbers
    /// going on.
    ///
    /// # Errors
    ///
    /// See [`Log::decide`].
    pub fn plan_append(
        &self,
        stream: &str,
        expected: Expected,
        events: Vec<Proposed>,
    ) -> Result<Plan, Refused> {
        let ids: Vec<_> = events.iter().map(|event| event.id).collect();
        match self.decide(stream, expected, &ids)? {
            Decision::Write => Ok(self.plan_events(stream, events)),
            Decision::Repeated(record) => Ok(Plan::Done(Written::ending_with(&record))),
            Decision::Nothing => {
                let revision = u64::try_from(self.last_number(stream)).ok();
                Ok(Plan::Done(Written { revision, position: None }))
            }
        }
    }

    /// Deletes `stream` softly: its events cannot be read any more, and it can come back.
    ///
    /// # Errors
    ///
    /// See [`Log::decide`]; also for a stream with neither events nor metadata.
    pub fn plan_delete(&self, stream: &str, expected: Expected) -> Result<Plan, Refused> {
        self.require_version(stream, expected)?;
        let metastream = metastream_of(stream);
        if self.last_number(stream) < 0 && self.last_number(&metastream) < 0 {
            return Err(self.wrong_version(stream, expected));
        }
        let data = format!("{{\"$tb\":{DELETED}}}");
        let records = self.prepare(vec![(metastream, Proposed::system(METADATA, data))]);
        Ok(Plan::Commit { records, own: 1 })
    }

    /// Ends `stream` for ever.
    ///
    /// # Errors
    ///
    /// See [`Log::decide`].
    pub fn plan_tombstone(&self, stream: &str, expected: Expected) -> Result<Plan, Refused> {
        self.require_version(stream, expected)?;
        Ok(Plan::Commit { records: vec![self.prepare_tombstone(stream)], own: 1 })
    }

    fn require_version(&self, stream: &str, expected: Expected) -> Result<(), Refused> {
        match self.decide(stream, expected, &[])? {
            Decision::Nothing | Decision::Write => Ok(()),
            Decision::Repeated(_) => Err(self.wrong_version(stream, expected)),
        }
    }

    fn plan_events(&self, stream: &str, events: Vec<Proposed>) -> Plan {
        let own = events.len();
        let undelete = self.undelete(stream, &events);
        let mut writes: Vec<_> =
            events.into_iter().map(|event| (stream.to_owned(), event)).collect();
        writes.extend(undelete);
        Plan::Commit { records: self.prepare(writes), own }
    }

    /// The metadata that let a stream that was deleted softly be read from `events` on.
    fn undelete(&self, stream: &str, events: &[Proposed]) -> Option<(String, Proposed)> {
        let (original, latest) = match original_of(stream) {
            None => (stream, self.metadata(stream)?.data.clone()),
            Some(original) => {
                let event = events.last().filter(|event| event.event_type == METADATA)?;
                (original, event.data.clone())
            }
        };
        if !self.truncation(original).is_deleted() {
            return None;
        }
        let data = with_truncate_before(&latest, self.last_number(original) + 1);
        Some((metastream_of(original), Proposed::system(METADATA, data)))
    }
}
