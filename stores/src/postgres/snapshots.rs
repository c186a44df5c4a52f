use bytes::Bytes;
use factum_core::StreamName;
use factum_core::snapshot::{Snapshot, SnapshotStore};
use factum_core::store::{BoxFuture, StoreError};
use tokio_postgres::types::Type;

use super::PostgresStore;
use super::fault::{Fault, integer};
use super::marks;
use super::schema::Schema;
use super::session::Session;

impl SnapshotStore for PostgresStore {
    fn load(
        &self,
        stream: StreamName,
        shape: u64,
    ) -> BoxFuture<'_, Result<Option<Snapshot>, StoreError>> {
        let server = self.server();
        Box::pin(self.reading(move |session| {
            Box::pin(async move { load(session, &server.schema, stream, shape).await })
        }))
    }

    fn save(&self, snapshot: Snapshot) -> BoxFuture<'_, Result<(), StoreError>> {
        let server = self.server();
        Box::pin(self.reading(move |session| {
            Box::pin(async move { save(session, &server.schema, &snapshot).await })
        }))
    }
}

async fn load(
    session: &mut Session,
    schema: &Schema,
    stream: StreamName,
    shape: u64,
) -> Result<Option<Snapshot>, Fault> {
    let sql = format!(
        "select revision, mark_log, position, event, stamp, state from {schema}.snapshots
         where log = $1 and stream = $2 and shape = $3"
    );
    let (log, name, number) = (session.log.number, stream.to_string(), shape.cast_signed());
    let values: [(&(dyn tokio_postgres::types::ToSql + Sync), Type); 3] =
        [(&log, Type::INT4), (&name, Type::TEXT), (&number, Type::INT8)];
    let rows = session.query(&sql, &values).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let Some(mark) = marks::read(row, 1)? else { return Ok(None) };
    let state = Bytes::copy_from_slice(row.try_get(5)?);
    let revision = row.try_get::<_, i64>(0)?.cast_unsigned();
    Ok(Some(Snapshot { stream, shape, revision, mark, state }))
}

/// Keeps a snapshot, unless there is a newer one.
async fn save(session: &mut Session, schema: &Schema, snapshot: &Snapshot) -> Result<(), Fault> {
    let sql = format!(
        "insert into {schema}.snapshots as kept
             (log, stream, shape, revision, mark_log, position, event, stamp, state)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (log, stream, shape) do update set
             revision = excluded.revision, mark_log = excluded.mark_log,
             position = excluded.position, event = excluded.event, stamp = excluded.stamp,
             state = excluded.state
         where excluded.revision >= kept.revision"
    );
    let Snapshot { stream, shape, revision, mark, state } = snapshot;
    let (log, name, state) = (session.log.number, stream.to_string(), &**state);
    let (shape, revision) = (shape.cast_signed(), integer(*revision));
    let mark = marks::Columns::of(mark);
    let values: [(&(dyn tokio_postgres::types::ToSql + Sync), Type); 9] = [
        (&log, Type::INT4),
        (&name, Type::TEXT),
        (&shape, Type::INT8),
        (&revision, Type::INT8),
        (&mark.log, Type::UUID),
        (&mark.position, Type::INT8),
        (&mark.event, Type::UUID),
        (&mark.stamp, Type::INT8),
        (&state, Type::BYTEA),
    ];
    session.query(&sql, &values).await?;
    Ok(())
}
