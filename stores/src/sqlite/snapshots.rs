use bytes::Bytes;
use factum_core::StreamName;
use factum_core::snapshot::{Snapshot, SnapshotStore};
use factum_core::store::{BoxFuture, StoreError};
use rusqlite::{Connection, OptionalExtension, params};

use super::SqliteStore;
use super::fault::{Fault, integer};
use super::marks;
use super::writer::Request;

impl SnapshotStore for SqliteStore {
    fn load(
        &self,
        stream: StreamName,
        shape: u64,
    ) -> BoxFuture<'_, Result<Option<Snapshot>, StoreError>> {
        Box::pin(self.reading(move |reading| load(reading.conn, &stream, shape)))
    }

    fn save(&self, snapshot: Snapshot) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move { self.ask(|reply| Request::Save { snapshot, reply }).await })
    }
}

fn load(conn: &Connection, stream: &StreamName, shape: u64) -> Result<Option<Snapshot>, Fault> {
    let sql = "SELECT revision, state, log, position, event, stamp FROM snapshots
               WHERE stream = ?1 AND shape = ?2";
    let found = conn
        .prepare_cached(sql)?
        .query_row(params![&**stream, shape.cast_signed()], |row| {
            let state: Vec<u8> = row.get(1)?;
            Ok((row.get::<_, i64>(0)?.cast_unsigned(), Bytes::from(state), marks::read(row, 2)?))
        })
        .optional()?;
    Ok(found.and_then(|(revision, state, mark)| {
        Some(Snapshot { stream: stream.clone(), shape, revision, mark: mark?, state })
    }))
}

/// Keeps a snapshot within the writer's transaction, unless there is a newer one.
pub(super) fn save(conn: &Connection, snapshot: &Snapshot) -> Result<(), Fault> {
    let (log, position, event, stamp) = marks::columns(&snapshot.mark);
    let Snapshot { stream, shape, revision, state, .. } = snapshot;
    conn.prepare_cached(
        "INSERT INTO snapshots (stream, shape, revision, log, position, event, stamp, state)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (stream, shape) DO UPDATE SET
             revision = excluded.revision, log = excluded.log, position = excluded.position,
             event = excluded.event, stamp = excluded.stamp, state = excluded.state
         WHERE excluded.revision >= revision",
    )?
    .execute(params![
        &**stream,
        shape.cast_signed(),
        integer(*revision),
        log,
        position,
        event,
        stamp,
        &**state
    ])?;
    Ok(())
}
