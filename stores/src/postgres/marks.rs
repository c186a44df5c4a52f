use factum_core::EventId;
use factum_core::store::{LogId, Mark, Position, Stamp};
use tokio_postgres::Row;
use uuid::Uuid;

use super::fault::Fault;

/// A mark as it is stored: log, position, event, stamp.
#[derive(Clone, Copy, Debug)]
pub(super) struct Columns {
    pub(super) log: Uuid,
    pub(super) position: i64,
    pub(super) event: Option<Uuid>,
    pub(super) stamp: i64,
}

impl Columns {
    pub(super) fn of(mark: &Mark) -> Self {
        Self {
            log: Uuid::from_bytes(*mark.log.as_bytes()),
            // What is kept here may be of a log elsewhere, whose positions may be any.
            position: mark.position.number().cast_signed(),
            event: mark.event.map(EventId::uuid),
            stamp: mark.stamp.number().cast_signed(),
        }
    }
}

/// The mark in four columns of a row, if there is one.
pub(super) fn read(row: &Row, first: usize) -> Result<Option<Mark>, Fault> {
    let Some(log) = row.try_get::<_, Option<Uuid>>(first)? else { return Ok(None) };
    let event: Option<Uuid> = row.try_get(first + 2)?;
    Ok(Some(Mark {
        log: LogId::from_bytes(*log.as_bytes()),
        position: Position::new(row.try_get::<_, i64>(first + 1)?.cast_unsigned()),
        event: event.map(EventId::from),
        stamp: Stamp::new(row.try_get::<_, i64>(first + 3)?.cast_unsigned()),
    }))
}
