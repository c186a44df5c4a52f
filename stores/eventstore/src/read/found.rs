use factum_core::store::{LogId, Mark, Recorded, StoreError};

use super::{Asked, BYTES};
use crate::entry;
use crate::link::Raw;

/// What was found for a page.
#[derive(Debug)]
pub(super) struct Found {
    log: LogId,
    pub(super) events: Vec<Recorded>,
    /// What stands right before the range, if that was read.
    pub(super) stands: Option<Mark>,
    /// The last event of ours that was looked at.
    pub(super) reached: Option<Mark>,
    /// There is something that this page does not have.
    pub(super) is_full: bool,
    bytes: usize,
}

impl Found {
    pub(super) fn new(log: LogId) -> Self {
        Self { log, events: Vec::new(), stands: None, reached: None, is_full: false, bytes: 0 }
    }

    pub(super) fn log(&self) -> LogId {
        self.log
    }

    /// Looks at an event within the range; whether the page goes on.
    ///
    /// # Errors
    /// If it is damaged, and the page has nothing before it: what it has is given first.
    pub(super) fn look(&mut self, asked: &Asked, raw: &Raw) -> Result<bool, StoreError> {
        let Some(recorded) = entry::recorded(raw, self.log) else { return Ok(true) };
        let event = match recorded {
            Err(error) if self.events.is_empty() => return Err(error),
            Err(_) => {
                self.is_full = true;
                return Ok(false);
            }
            Ok(event) => event,
        };
        let is_meant = asked.query.matches(&event)
            && asked.range.contains(event.at.position, event.at.revision);
        let has_enough = self.events.len() == asked.limit || self.bytes > BYTES;
        if is_meant && has_enough {
            self.is_full = true;
            return Ok(false);
        }
        self.reached = Some(event.at.mark());
        if is_meant {
            self.bytes += event.payload.len();
            self.events.push(event);
        }
        Ok(true)
    }
}
