use factum_core::EventId;
use factum_core::store::{LogId, Mark, Position, Stamp};
use rusqlite::Row;
use uuid::Uuid;

/// A mark as it is stored: log, position, event, stamp.
pub(super) type Columns<'a> = (&'a [u8; 16], i64, Option<[u8; 16]>, i64);

pub(super) fn columns(mark: &Mark) -> Columns<'_> {
    let event = mark.event.map(|event| event.uuid().into_bytes());
    // A view here may follow a log elsewhere, whose positions may be any.
    let position = mark.position.number().cast_signed();
    (mark.log.as_bytes(), position, event, mark.stamp.number().cast_signed())
}

/// The mark in four columns of a row, if there is one.
pub(super) fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<Mark>> {
    let Some(log) = row.get(first)? else { return Ok(None) };
    let event: Option<[u8; 16]> = row.get(first + 2)?;
    Ok(Some(Mark {
        log: LogId::from_bytes(log),
        position: Position::new(row.get::<_, i64>(first + 1)?.cast_unsigned()),
        event: event.map(|bytes| EventId::from(Uuid::from_bytes(bytes))),
        stamp: Stamp::new(row.get::<_, i64>(first + 3)?.cast_unsigned()),
    }))
}
