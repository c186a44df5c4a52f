use factum_core::Key;
use factum_core::store::{Direction, Guard, Past, Position, Query, Range};
use rusqlite::{Row, params};

use super::candidates::Candidates;
use super::fault::{Fault, integer};
use super::filter::Filter;
use super::read::AT;
use super::row::{Unread, column, columns, position_of};
use super::transaction::Reading;

/// How many events of a stream are looked at in one step.
const STEP: usize = 256;

/// The first event that the guard forbids, what the run did aside.
pub(super) fn forbidden(
    reading: &Reading<'_>,
    guard: &Guard,
    past: &Past,
) -> Result<Option<Position>, Fault> {
    match &guard.query {
        Query::Stream(name) => in_stream(reading, name, guard.after, past),
        Query::All | Query::AnyOf(_) => {
            let end = Position::new(reading.end);
            match reading.candidates(&guard.query, guard.after, end, Direction::Forward)? {
                Some(candidates) => among(candidates, reading, guard, past),
                None => in_log(reading, guard, past),
            }
        }
    }
}

/// Looks through the log.
fn in_log(reading: &Reading<'_>, guard: &Guard, past: &Past) -> Result<Option<Position>, Fault> {
    let mut search = Search::new(reading, guard, past);
    let mut statement = reading.conn.prepare_cached(concat!(
        "SELECT ",
        columns!(),
        " FROM events WHERE position > ?1 AND position <= ?2 ORDER BY position"
    ))?;
    let after = integer(guard.after.number());
    let mut rows = statement.query(params![after, integer(reading.end)])?;
    while let Some(row) = rows.next()? {
        if search.forbids(row)? {
            return Ok(Some(position_of(row)));
        }
    }
    Ok(None)
}

/// Looks at the candidates alone.
fn among(
    mut candidates: Candidates<'_>,
    reading: &Reading<'_>,
    guard: &Guard,
    past: &Past,
) -> Result<Option<Position>, Fault> {
    let mut search = Search::new(reading, guard, past);
    let mut statement = reading.conn.prepare_cached(AT)?;
    while let Some(position) = candidates.next()? {
        let mut rows = statement.query([integer(position)])?;
        let Some(row) = rows.next()? else { continue };
        if search.forbids(row)? {
            return Ok(Some(Position::new(position)));
        }
    }
    Ok(None)
}

struct Search<'a> {
    filter: Filter<'a>,
    past: &'a Past,
}

impl<'a> Search<'a> {
    fn new(reading: &Reading<'a>, guard: &'a Guard, past: &'a Past) -> Self {
        let filter = Filter::new(reading.conn, &reading.shared.names, &guard.query);
        Self { filter, past }
    }

    /// Whether the guard forbids the event of the row.
    fn forbids(&mut self, row: &Row<'_>) -> Result<bool, Fault> {
        let is_meant = match self.filter.matches(row) {
            Ok(is_meant) => is_meant,
            Err(Unread::Sql(error)) => return Err(error.into()),
            // Nobody can say that a damaged event does not match.
            Err(Unread::Damaged(_)) => true,
        };
        Ok(is_meant && !is_of(row.get(column::KEY).ok(), self.past))
    }
}

fn in_stream(
    reading: &Reading<'_>,
    name: &str,
    mut after: Position,
    past: &Past,
) -> Result<Option<Position>, Fault> {
    let Some(stream) = reading.stream(name)? else { return Ok(None) };
    let mut key = reading.conn.prepare_cached("SELECT key FROM events WHERE position = ?1")?;
    loop {
        let range = Range::after(after);
        let step = reading.index().positions(stream, &range, Direction::Forward, STEP)?;
        let Some(last) = step.last().copied() else { return Ok(None) };
        for position in step {
            if !is_of(key.query_row([integer(position)], |row| row.get(0)).ok(), past) {
                return Ok(Some(Position::new(position)));
            }
        }
        after = Position::new(last);
    }
}

fn is_of(key: Option<[u8; 16]>, past: &Past) -> bool {
    key.is_some_and(|key| past.repeats(&Key::from_bytes(key)))
}
