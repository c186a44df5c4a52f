//! Pages of the log.
//!
//! *Problem.* The server reads a stream by revisions and the whole log by positions of events that are
//! there; it knows no tags, and gives its own events and those of others with ours. *Shape.* A query by
//! stream reads the stream ([`stream`]), any other the log ([`all`]) and leaves out what it does not
//! mean. [`Found`] collects a page.

mod all;
mod found;
mod stream;

use factum_core::store::{Direction, Mark, Page, Position, Query, Range, StoreError};

use crate::marks;
use crate::shared::Shared;
use found::Found;

/// The most events that a page has.
const EVENTS: usize = 4096;
/// How many events are read at once, at the least and at the most; each time four times as many, as nobody
/// knows how many of them are meant.
const FEW: usize = 4;
const MANY: usize = 1024;
/// About how many bytes are read at once, and about the most that a page has.
const BYTES: usize = 4 * 1024 * 1024;

/// What a page is asked for.
#[derive(Clone, Debug)]
struct Asked {
    query: Query,
    range: Range,
    limit: usize,
}

impl Asked {
    /// How many events to read first: one more than asked for tells whether there are more.
    fn few(&self, shared: &Shared) -> usize {
        at_once(shared, self.limit.saturating_add(1))
    }

    /// Whether a position lies behind what is asked for.
    fn ends_before(&self, position: u64) -> bool {
        self.range.through.is_some_and(|through| position > through.number())
    }
}

/// One page.
pub(crate) async fn page(
    shared: &Shared,
    query: Query,
    range: Range,
    direction: Direction,
    limit: usize,
) -> Result<Page, StoreError> {
    shared.check_open()?;
    let asked = Asked { query, range, limit: limit.min(EVENTS) };
    let mut stands = None;
    let page = if asked.can_have_events() {
        match (&asked.query, direction) {
            (Query::Stream(name), Direction::Forward) => {
                let (page, before) = stream::forward(shared, &asked, name).await?;
                stands = before;
                page
            }
            (Query::Stream(name), Direction::Backward) => {
                stream::backward(shared, &asked, name).await?
            }
            (_, Direction::Forward) => {
                let (page, before) = all::forward(shared, &asked).await?;
                stands = before;
                page
            }
            (_, Direction::Backward) => all::backward(shared, &asked).await?,
        }
    } else {
        nothing(shared, &asked, direction).await?
    };
    match range.seen {
        // Afterwards: a log that went backwards before it was read shows it now.
        Some(seen) if stands != range.seen => marks::check(shared, seen).await?,
        _ => {}
    }
    Ok(page)
}

impl Asked {
    fn can_have_events(&self) -> bool {
        let Range { after, through, from_revision, .. } = self.range;
        let is_beyond = |number: u64| i64::try_from(number).is_err();
        let names_none = matches!(&self.query, Query::AnyOf(clauses) if clauses.is_empty());
        self.limit > 0
            && !names_none
            && through.is_none_or(|through| through > after)
            && !is_beyond(after.number())
            && !is_beyond(from_revision)
    }
}

/// A page that cannot have events, or was to have none.
async fn nothing(shared: &Shared, asked: &Asked, direction: Direction) -> Result<Page, StoreError> {
    let range = &asked.range;
    let end = marks::head(shared).await?;
    let last = last(shared, range, end).await?;
    let more = asked.limit == 0 && last.position > range.after;
    let complete_to = match direction {
        Direction::Forward if more => range.seen.unwrap_or(Mark::start(shared.log)),
        Direction::Forward => last,
        Direction::Backward => end,
    };
    Ok(Page { events: Vec::new(), more, complete_to })
}

/// The end of what a range means, where the log ends there.
async fn last(shared: &Shared, range: &Range, end: Mark) -> Result<Mark, StoreError> {
    match range.through {
        Some(through) if through < end.position => marks::up_to(shared, through).await,
        _ => Ok(end),
    }
}

/// So many events as are wanted, or as come at once at the most: of large events fewer.
fn at_once(shared: &Shared, wanted: usize) -> usize {
    let fit = BYTES / shared.hints.event_bytes().max(1);
    wanted.clamp(FEW, MANY).min(fit.max(FEW))
}

/// The position as the server has it; the start is before all of its positions.
fn number(position: Position) -> Option<u64> {
    (position != Position::START).then_some(position.number())
}
