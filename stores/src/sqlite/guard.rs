use factum_core::Key;
use factum_core::store::{Direction, Guard, Past, Position, Query, Range};
use rusqlite::params;

use super::fault::{Fault, integer};
use super::filter::Filter;
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
        Query::All | Query::AnyOf(_) => in_log(reading, guard, past),
    }
}

fn in_log(reading: &Reading<'_>, guard: &Guard, past: &Past) -> Result<Option<Position>, Fault> {
    let mut filter = Filter::new(reading.conn, &reading.shared.names, &guard.query);
    let mut statement = reading.conn.prepare_cached(concat!(
        "SELECT ",
        columns!(),
        " FROM events WHERE position > ?1 AND position <= ?2 ORDER BY position"
    ))?;
    let after = integer(guard.after.number());
    let mut rows = statement.query(params![after, integer(reading.end)])?;
    while let Some(row) = rows.next()? {
        let forbids = match filter.matches(row) {
            Ok(forbids) => forbids,
            Err(Unread::Sql(error)) => return Err(error.into()),
            // Nobody can say that a damaged event does not match.
            Err(Unread::Damaged(_)) => true,
        };
        if forbids && !is_of(row.get(column::KEY).ok(), past) {
            return Ok(Some(position_of(row)));
        }
    }
    Ok(None)
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
