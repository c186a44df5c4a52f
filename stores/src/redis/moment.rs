use factum_core::store::{LogId, Mark, Position, Range, Rewound, StoreError};
use redis::Value;

use super::Shared;
use super::entry::{mark, stamped};
use super::value::{Odd, bytes, list, number, position_of};

/// The log at one moment, as the look script saw it.
#[derive(Debug)]
pub(super) struct Moment {
    pub(super) end: Mark,
    /// What stands at the position that a consumer has seen.
    seen: Option<Standing>,
    /// What stands at the position up to which is read.
    through: Option<Standing>,
    /// The entries that the lists of each part of the query gave, and whether a list has more.
    pub(super) lists: Vec<(Vec<u64>, bool)>,
}

/// A commit that stands in the log.
#[derive(Debug)]
struct Standing {
    end: u64,
    head: Vec<u8>,
    events: u64,
}

impl Standing {
    fn of(value: Value) -> Result<Option<Self>, Odd> {
        let mut parts = list(value)?.into_iter();
        let Some(id) = parts.next() else { return Ok(None) };
        let end = position_of(&id)?;
        let head = bytes(parts.next().unwrap_or_default())?;
        let events = number(&parts.next().unwrap_or_default())?;
        Ok(Some(Self { end, head, events }))
    }

    /// The mark of its event at a position; of none where what it is cannot be read.
    fn mark_at(&self, log: LogId, position: Position) -> Mark {
        let after = self.end.saturating_sub(position.number());
        match stamped(&self.head) {
            Some((key, stamp)) => {
                mark(log, position.number(), key, stamp, self.events.saturating_sub(after))
            }
            None => Mark { position, ..Mark::start(log) },
        }
    }
}

impl Moment {
    /// Reads what the script gave.
    ///
    /// # Errors
    /// [`StoreError::Rewound`] if `range` goes on from what the log does not have, and an error if
    /// there is no log any more.
    pub(super) fn of(shared: &Shared, answer: Value, range: &Range) -> Result<Self, StoreError> {
        let moment = Self::read(answer).map_err(|_| shared.odd("the look script"))?;
        let Some(moment) = moment else {
            return Err(match range.seen {
                Some(seen) => Rewound { seen, found: Mark::start(shared.log) }.into(),
                None => shared.gone(),
            });
        };
        if let Some(seen) = range.seen {
            let found = moment.mark(seen.position, moment.seen.as_ref());
            if found != seen {
                return Err(Rewound { seen, found }.into());
            }
        }
        Ok(moment)
    }

    fn read(answer: Value) -> Result<Option<Self>, Odd> {
        let mut parts = list(answer)?.into_iter();
        let mut next = || parts.next().unwrap_or_default();
        let [id, end, head, events] = <[Value; 4]>::try_from(list(next())?).map_err(|_| Odd)?;
        if id == Value::Nil {
            return Ok(None);
        }
        let log = LogId::from_bytes(bytes(id)?.try_into().map_err(|_| Odd)?);
        let end = Standing { end: number(&end)?, head: bytes(head)?, events: number(&events)? };
        let end = match end.end {
            0 => Mark::start(log),
            position => end.mark_at(log, Position::new(position)),
        };
        let (seen, through) = (Standing::of(next())?, Standing::of(next())?);
        let (found, more) = (list(next())?, list(next())?);
        let lists = found.into_iter().zip(more).map(|(found, more)| {
            let ids = list(found)?.iter().map(number).collect::<Result<_, _>>()?;
            Ok((ids, number(&more)? == 1))
        });
        Ok(Some(Self { end, seen, through, lists: lists.collect::<Result<_, _>>()? }))
    }

    fn mark(&self, position: Position, standing: Option<&Standing>) -> Mark {
        match standing {
            _ if position == Position::START => Mark::start(self.end.log),
            Some(standing) if position < self.end.position => {
                standing.mark_at(self.end.log, position)
            }
            _ => self.end,
        }
    }

    /// The end of what a range means.
    pub(super) fn last(&self, range: &Range) -> Mark {
        match range.through {
            Some(through) => self.mark(through, self.through.as_ref()),
            None => self.end,
        }
    }
}
