//! Reading pages of events.

use factum_core::Key;
use factum_core::store::{Direction, Page, Position, Query, Range, Receipt, StoreError, Written};
use rusqlite::{Row, params};

use super::candidates::Candidates;
use super::fault::{Fault, integer};
use super::filter::Filter;
use super::row::{PageBuilder, Unread, column, columns, position_of, unsigned};
use super::transaction::Reading;

/// The most events of one page.
const PAGE_EVENTS: usize = 8192;
/// After how many bytes of payload a page ends.
const PAGE_BYTES: usize = 8 * 1024 * 1024;
/// After how many rows a page ends if few of them match.
const PAGE_ROWS: usize = 64 * 1024;
/// For how many events a page has room at first whose events are looked up one by one.
const LOOKED_UP: usize = 64;

/// One event.
pub(super) const AT: &str = concat!("SELECT ", columns!(), " FROM events WHERE position = ?1");

/// One page of what a query means.
pub(super) fn page(
    reading: &Reading<'_>,
    query: &Query,
    range: &Range,
    direction: Direction,
    limit: usize,
) -> Result<Page, Fault> {
    range.seen.map_or(Ok(()), |seen| reading.check(seen))?;
    let limit = limit.min(PAGE_EVENTS);
    let pager = Pager { reading, range, direction, limit };
    match query {
        Query::Stream(name) => pager.stream(name),
        Query::All | Query::AnyOf(_) => {
            let candidates = reading.candidates(query, range.after, pager.through(), direction)?;
            match candidates {
                Some(candidates) => pager.look_up(query, candidates),
                None => pager.scan(query),
            }
        }
    }
}

struct Pager<'a> {
    reading: &'a Reading<'a>,
    range: &'a Range,
    direction: Direction,
    limit: usize,
}

impl<'a> Pager<'a> {
    /// With room for so many events.
    fn builder(&self, events: usize) -> PageBuilder<'a> {
        let Reading { conn, shared, .. } = *self.reading;
        PageBuilder::new(conn, &shared.names, shared.log, events)
    }

    /// Looks through the log.
    fn scan(&self, query: &Query) -> Result<Page, Fault> {
        let mut search = Search::new(self, query, self.limit.min(self.rows()));
        let mut statement = self.reading.conn.prepare_cached(match self.direction {
            Direction::Forward => concat!(
                "SELECT ",
                columns!(),
                " FROM events WHERE position > ?1 AND position <= ?2 ORDER BY position"
            ),
            Direction::Backward => concat!(
                "SELECT ",
                columns!(),
                " FROM events WHERE position > ?1 AND position <= ?2 ORDER BY position DESC"
            ),
        })?;
        let (after, through) = (self.range.after.number(), self.through().number());
        let mut rows = statement.query(params![integer(after), integer(through)])?;
        while let Some(row) = rows.next()? {
            if !search.look_at(row)? {
                return search.partial();
            }
        }
        search.whole()
    }

    /// Looks at the candidates alone.
    fn look_up(&self, query: &Query, mut candidates: Candidates<'_>) -> Result<Page, Fault> {
        let mut search = Search::new(self, query, self.limit.min(LOOKED_UP));
        let mut statement = self.reading.conn.prepare_cached(AT)?;
        while let Some(position) = candidates.next()? {
            let mut rows = statement.query([integer(position)])?;
            let Some(row) = rows.next()? else { continue };
            if !search.look_at(row)? {
                return search.partial();
            }
        }
        search.whole()
    }

    /// Up to which position the range goes.
    fn through(&self) -> Position {
        self.range.through.unwrap_or(Position::new(u64::MAX))
    }

    /// How many rows the range has at the most.
    fn rows(&self) -> usize {
        let rows = self.reading.end.saturating_sub(self.range.after.number());
        usize::try_from(rows).unwrap_or(usize::MAX)
    }

    fn is_full(&self, builder: &PageBuilder<'_>) -> bool {
        builder.len() >= self.limit || builder.bytes() >= PAGE_BYTES
    }

    /// Reads one stream by its index.
    fn stream(&self, name: &str) -> Result<Page, Fault> {
        let Some(stream) = self.reading.stream(name)? else { return self.whole(self.builder(0)) };
        let index = self.reading.index();
        let wanted = self.limit.saturating_add(1);
        let positions = index.positions(stream, self.range, self.direction, wanted)?;
        let mut builder = self.builder(self.limit.min(positions.len()));
        let mut searched = self.range.after;
        let mut statement = self.reading.conn.prepare_cached(AT)?;
        for position in positions {
            if self.is_full(&builder) {
                return self.partial(builder, searched);
            }
            let mut rows = statement.query([integer(position)])?;
            let Some(row) = rows.next()? else { continue };
            match builder.push(row) {
                Ok(()) => searched = position_of(row),
                Err(Unread::Sql(error)) => return Err(error.into()),
                Err(Unread::Damaged(_)) if builder.len() > 0 => {
                    return self.partial(builder, searched);
                }
                Err(Unread::Damaged(what)) => return Err(builder.damage(row, what)),
            }
        }
        self.whole(builder)
    }

    /// A page that ended before the range did, after having looked at the event at `searched`.
    fn partial(&self, builder: PageBuilder<'_>, searched: Position) -> Result<Page, Fault> {
        let complete_to = match self.direction {
            Direction::Forward => self.reading.mark_through(searched)?,
            Direction::Backward => self.reading.head()?,
        };
        Ok(Page { events: builder.finish(), more: true, complete_to })
    }

    /// A page that goes to the end of the range.
    fn whole(&self, builder: PageBuilder<'_>) -> Result<Page, Fault> {
        let complete_to = match (self.direction, self.range.through) {
            (Direction::Forward, Some(through)) => self.reading.mark_through(through)?,
            _ => self.reading.head()?,
        };
        Ok(Page { events: builder.finish(), more: false, complete_to })
    }
}

/// Looks at rows for what a query means.
struct Search<'p, 'a> {
    pager: &'p Pager<'a>,
    filter: Filter<'p>,
    builder: PageBuilder<'a>,
    searched: Position,
    looked_at: usize,
}

impl<'p, 'a> Search<'p, 'a> {
    /// One with room for so many events.
    fn new(pager: &'p Pager<'a>, query: &'p Query, room: usize) -> Self {
        let Reading { conn, shared, .. } = *pager.reading;
        let filter = Filter::new(conn, &shared.names, query);
        let (builder, searched) = (pager.builder(room), pager.range.after);
        Self { pager, filter, builder, searched, looked_at: 0 }
    }

    /// Looks at the next row; `false` if the page ends before it.
    fn look_at(&mut self, row: &Row<'_>) -> Result<bool, Fault> {
        let has_some = self.builder.len() > 0;
        // A page that goes backward cannot say how far it looked without an event that shows it.
        let may_end = self.pager.direction == Direction::Forward || has_some;
        if self.looked_at >= PAGE_ROWS && may_end {
            return Ok(false);
        }
        self.looked_at += 1;
        match self.take(row) {
            Ok(true) => {
                self.searched = position_of(row);
                Ok(true)
            }
            Ok(false) => Ok(false),
            Err(Unread::Sql(error)) => Err(error.into()),
            // What stands before the damage is given first.
            Err(Unread::Damaged(_)) if has_some => Ok(false),
            Err(Unread::Damaged(what)) => Err(self.builder.damage(row, what)),
        }
    }

    /// Takes the row in if it is meant; `false` if it is, but has no room.
    fn take(&mut self, row: &Row<'_>) -> Result<bool, Unread> {
        let from = self.pager.range.from_revision;
        let late_enough = from == 0 || unsigned(row, column::REVISION, "revision")? >= from;
        if !late_enough || !self.filter.matches(row)? {
            return Ok(true);
        }
        if self.pager.is_full(&self.builder) {
            return Ok(false);
        }
        self.builder.push(row)?;
        Ok(true)
    }

    fn partial(self) -> Result<Page, Fault> {
        self.pager.partial(self.builder, self.searched)
    }

    fn whole(self) -> Result<Page, Fault> {
        self.pager.whole(self.builder)
    }
}

/// The receipt of the commit with this key, made again from its events.
pub(super) fn receipt(reading: &Reading<'_>, key: Key) -> Result<Option<Receipt>, Fault> {
    let first = reading.index().key(&key)?;
    first.map(|first| receipt_at(reading, key, first)).transpose()
}

/// The receipt of the commit whose first event stands at a position. Its events stand together.
pub(super) fn receipt_at(reading: &Reading<'_>, key: Key, first: u64) -> Result<Receipt, Fault> {
    let Reading { conn, shared, .. } = *reading;
    let sql = "SELECT position, stream, revision, key FROM events WHERE position >= ?1 \
               ORDER BY position";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query([integer(first)])?;
    let mut position = first;
    let mut writes: Vec<(i64, Written)> = Vec::new();
    while let Some(row) = rows.next()? {
        // One that cannot be read is another commit's, and its readers' concern.
        if row.get::<_, [u8; 16]>(3).ok() != Some(*key.as_bytes()) {
            break;
        }
        position = row.get::<_, i64>(0)?.cast_unsigned();
        let (stream, revision) = (row.get(1)?, row.get::<_, i64>(2)?.cast_unsigned());
        match writes.last_mut() {
            Some((last, written)) if *last == stream => written.last = revision,
            _ => {
                let name = shared.names.stream(conn, stream)?.map_err(|what| {
                    let place = format!("the commit {key} at {}", Position::new(first));
                    StoreError::Corrupt { place, what }
                })?;
                writes.push((stream, Written { stream: name, first: revision, last: revision }));
            }
        }
    }
    if writes.is_empty() {
        let place = format!("the commit {key} at {}", Position::new(first));
        let what = "its first event has another key".to_owned();
        return Err(StoreError::Corrupt { place, what }.into());
    }
    let writes = writes.into_iter().map(|(_, written)| written).collect();
    let mark = reading.mark_through(Position::new(position))?;
    Ok(Receipt { key, mark, writes, repeated: true, views: Vec::new() })
}
