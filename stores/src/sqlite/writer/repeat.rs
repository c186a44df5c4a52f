use factum_core::StreamName;
use factum_core::store::{Commit, NewEvent, Outcome, Refused};
use rusqlite::Row;
use rusqlite::types::ValueRef;

use super::super::fault::{Fault, integer};
use super::super::read::receipt_at;
use super::super::transaction::Reading;

/// The outcome of a commit whose key is known: its first receipt, or `KeyReused` if what stands at
/// `first` has other streams, names, versions or payloads.
pub(super) fn same_content(
    reading: &Reading<'_>,
    commit: &Commit,
    first: u64,
) -> Result<Outcome, Fault> {
    let receipt = receipt_at(reading, commit.key, first)?;
    let stored = receipt.position.number().saturating_sub(first) + 1;
    let events = commit.writes.iter().flat_map(|w| w.events.iter().map(|event| (&w.stream, event)));
    let mut same = events.clone().count() as u64 == stored;
    if same {
        let sql = "SELECT stream, name, version, payload FROM events WHERE position = ?1";
        let mut statement = reading.conn.prepare_cached(sql)?;
        for (position, (stream, event)) in (first..).zip(events) {
            let mut rows = statement.query([integer(position)])?;
            let Some(row) = rows.next()? else {
                return Err(rusqlite::Error::QueryReturnedNoRows.into());
            };
            same &= is_same(reading, row, stream, event)?;
        }
    }
    let (key, position) = (commit.key, receipt.position);
    Ok(if same { Ok(receipt) } else { Err(Refused::KeyReused { key, position }) })
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
    let payload = match row.get_ref(3)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
        _ => return Ok(false),
    };
    Ok(stored_stream.is_ok_and(|stored| stored == *stream)
        && stored_name.is_ok_and(|stored| *stored.text == *event.name)
        && row.get::<_, i64>(2)? == i64::from(event.version)
        && *payload == *event.payload)
}
