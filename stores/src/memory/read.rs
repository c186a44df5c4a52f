use std::ops::Range as Span;

use factum_core::store::{Direction, Page, Position, Query, Range, Recorded, Rewound};

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
    /// Which candidates are left.
    left: Span<usize>,
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
        let left = Candidates::of(log, &query).within(&range, end);
        let events = Vec::with_capacity(limit.min(left.len()).min(STEP));
        Ok(Self { query, range, direction, limit, end, left, events })
    }

    /// Looks at some more events; whether that was all.
    pub(super) fn step(&mut self, log: &Log) -> bool {
        let candidates = Candidates::of(log, &self.query);
        for _ in 0..STEP {
            if self.events.len() >= self.limit {
                return true;
            }
            let next = match self.direction {
                Direction::Forward => self.left.next(),
                Direction::Backward => self.left.next_back(),
            };
            let Some(next) = next else { return true };
            let event = candidates.position(next).and_then(|position| log.event(position));
            self.events.extend(event.filter(|event| self.wants(event)).cloned());
        }
        false
    }

    fn wants(&self, event: &Recorded) -> bool {
        self.range.contains(event.at.position, event.at.revision) && self.query.matches(event)
    }

    pub(super) fn into_page(self, log: &Log) -> Page {
        let more = !self.left.is_empty();
        let searched = match (self.direction, self.range.through) {
            (Direction::Backward, _) => self.end,
            (Direction::Forward, _) if more => {
                self.events.last().map_or(self.range.after, |event| event.at.position)
            }
            (Direction::Forward, Some(through)) => through.min(self.end),
            (Direction::Forward, None) => self.end,
        };
        Page { events: self.events, more, complete_to: log.mark(searched) }
    }
}

/// Where the events that a query may match stand, in order.
enum Candidates<'a> {
    /// At every position: the n-th candidate is the n-th event.
    All,
    /// Here. The list only grows at its end.
    Listed(&'a [Position]),
}

impl<'a> Candidates<'a> {
    fn of(log: &'a Log, query: &Query) -> Self {
        match query {
            Query::Stream(stream) => Self::Listed(log.stream(stream)),
            _ => Self::All,
        }
    }

    fn position(&self, index: usize) -> Option<Position> {
        match self {
            Self::All => Some(Position::new(index as u64 + 1)),
            Self::Listed(positions) => positions.get(index).copied(),
        }
    }

    /// Which of them lie in the range and not after the end.
    fn within(&self, range: &Range, end: Position) -> Span<usize> {
        let end = range.through.map_or(end, |through| through.min(end));
        match self {
            Self::All => index(range.after.number())..index(end.number()),
            Self::Listed(positions) => {
                let after = positions.partition_point(|position| *position <= range.after);
                let first = after.max(index(range.from_revision));
                first..positions.partition_point(|position| *position <= end)
            }
        }
    }
}

/// A number that is an index where it is small enough to be one.
fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
