use factum_core::store::{Direction, Page, Position, Query, Range, Recorded, Rewound};

use super::candidates::Candidates;
use super::log::Log;

/// The most events that a page holds, whatever its limit.
const PAGE: usize = 4096;
/// How many events one step looks at while it holds the lock: some ten microseconds.
const STEP: usize = 256;

/// A read that is done in steps. It sees the log as it was when it began.
pub(super) struct Reading {
    query: Query,
    range: Range,
    direction: Direction,
    limit: usize,
    /// The end of the log when the read began.
    end: Position,
    /// What of the range has not been looked at.
    left: Range,
    /// Whether something may be left of it.
    more: bool,
    events: Vec<Recorded>,
}

impl Reading {
    pub(super) fn new(
        log: &Log,
        query: Query,
        range: Range,
        direction: Direction,
        limit: usize,
    ) -> Result<Self, Rewound> {
        range.seen.map_or(Ok(()), |seen| log.check(seen))?;
        let (end, limit) = (log.end(), limit.min(PAGE));
        let left = range.through(range.through.map_or(end, |through| through.min(end)));
        let (_, most) = Candidates::of(log, &query, &left).size_hint();
        let events = Vec::with_capacity(limit.min(most.unwrap_or(STEP)).min(STEP));
        Ok(Self { query, range, direction, limit, end, left, more: true, events })
    }

    /// Looks at some more events; whether that was all.
    pub(super) fn step(&mut self, log: &Log) -> bool {
        let mut candidates = Candidates::of(log, &self.query, &self.left);
        for _ in 0..STEP {
            let is_full = self.events.len() >= self.limit;
            let next = match self.direction {
                Direction::Forward => candidates.next(),
                Direction::Backward => candidates.next_back(),
            };
            self.more = next.is_some();
            let Some(next) = next.filter(|_| !is_full) else { return true };
            match self.direction {
                Direction::Forward => self.left.after = next,
                Direction::Backward => {
                    self.left.through = Some(Position::new(next.number().saturating_sub(1)));
                }
            }
            let event = log.event(next).filter(|event| self.wants(event));
            self.events.extend(event.cloned());
        }
        false
    }

    fn wants(&self, event: &Recorded) -> bool {
        self.range.contains(event.at.position, event.at.revision) && self.query.matches(event)
    }

    pub(super) fn into_page(self, log: &Log) -> Page {
        let searched = match (self.direction, self.range.through) {
            (Direction::Backward, _) => self.end,
            (Direction::Forward, _) if self.more => {
                self.events.last().map_or(self.range.after, |event| event.at.position)
            }
            (Direction::Forward, Some(through)) => through.min(self.end),
            (Direction::Forward, None) => self.end,
        };
        Page { events: self.events, more: self.more, complete_to: log.mark(searched) }
    }
}
