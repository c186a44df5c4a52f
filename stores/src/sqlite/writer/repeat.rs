use factum_core::StreamName;
use factum_core::store::{CommandMark, Commit, NewEvent, Outcome, Refused};
use rusqlite::types::ValueRef;
use rusqlite::{OptionalExtension, Row};

use super::super::fault::{Fault, integer};
use super::super::read::receipt_at;
use super::super::row::write_tags;
use super::super::transaction::Reading;

/// The outcome of a commit whose key is known: its first receipt, or `KeyReused` if what stands at
/// `first` is another commit.
pub(super) fn repeated(
    reading: &Reading<'_>,
    commit: &Commit,
    first: u64,
) -> Result<Outcome, Fault> {
    let receipt = receipt_at(reading, commit.key, first)?;
    let last = receipt.mark.position;
    let same = match (&commit.meta.command, command_at(reading, first)?) {
        (Some(wanted), Some(stored)) => wanted.same_as(&stored),
        _ => has_same_events(reading, commit, first, last.number())?,
    };
    let reused = Refused::KeyReused { key: commit.key, position: last };
    Ok(if same { Ok(receipt) } else { Err(reused) })
}

fn command_at(reading: &Reading<'_>, position: u64) -> Result<Option<CommandMark>, Fault> {
    let stored: Option<(String, i64)> = reading
        .conn
        .prepare_cached(
            "SELECT n.name, e.digest FROM events e JOIN names n ON n.id = e.command
             WHERE e.position = ?1",
        )?
        .query_row([integer(position)], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(stored
        .map(|(name, digest)| CommandMark { name: name.into(), digest: digest.cast_unsigned() }))
}

fn has_same_events(
    reading: &Reading<'_>,
    commit: &Commit,
    first: u64,
    last: u64,
) -> Result<bool, Fault> {
    let events = commit.writes.iter().flat_map(|w| w.events.iter().map(|event| (&w.stream, event)));
    let sql = "SELECT stream, name, version, tags, payload FROM events
               WHERE position >= ?1 AND position <= ?2 ORDER BY position";
    let mut statement = reading.conn.prepare_cached(sql)?;
    let mut rows = statement.query([integer(first), integer(last)])?;
    for (stream, event) in events {
        match rows.next()? {
            Some(row) if is_same(reading, row, stream, event)? => {}
            _ => return Ok(false),
        }
    }
    Ok(rows.next()?.is_none())
}

fn is_same(
    reading: &Reading<'_>,
    row: &Row<'_>,
    stream: &StreamName,
    event: &NewEvent,
) -> Result<bool, Fault> {
    let names = &reading.shared.names;
    let stored_stream = names.stream(reading.conn, row.get(0)?)?;
    let stored_name = names.name(reading.conn, row.get(1)?)?;
    let payload = match row.get_ref(4)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
        _ => return Ok(false),
    };
    Ok(stored_stream.is_ok_and(|stored| stored == *stream)
        && stored_name.is_ok_and(|stored| *stored.text == *event.name)
        && row.get::<_, i64>(2)? == i64::from(event.version)
        && row.get::<_, Option<String>>(3)? == write_tags(&event.tags)
        && *payload == *event.payload)
}
