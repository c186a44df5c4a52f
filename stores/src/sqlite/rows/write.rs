use factum_core::view::{Row, RowBatch, RowChanges, ViewError, ViewId, ViewSpec};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, params};

use super::super::fault::Fault;
use super::super::marks;
use super::slices;
use super::table::{columns, create, remove, table};
use super::value::Sql;

/// Makes room for a view within the writer's transaction.
pub(in super::super) fn open(
    conn: &Connection,
    view: &ViewSpec,
) -> Result<Result<(), ViewError>, Fault> {
    if let Some(stored) = slices::build(conn, view.id)? {
        return Ok(view.check_stored(&stored.columns, stored.slices));
    }
    match create(conn, view) {
        // The others in the transaction need not fail for a bad name.
        Err(Fault::Store(source)) => Ok(Err(ViewError::Store { view: view.id, source })),
        created => created.map(Ok),
    }
}

/// Takes a view out within the writer's transaction.
pub(in super::super) fn drop_view(conn: &Connection, view: ViewId) -> Result<(), Fault> {
    remove(conn, view)
}

/// Whether events of the view are parked.
pub(in super::super) fn has_parked(conn: &Connection, view: &ViewSpec) -> Result<bool, Fault> {
    let sql = format!("SELECT EXISTS (SELECT 1 FROM {})", table(&view.parked()));
    Ok(conn.prepare_cached(&sql)?.query_row([], |row| row.get(0))?)
}

/// Changes rows and checkpoint within the writer's transaction. All that can be wrong with the batch is
/// found before the first change, so that a refused one leaves nothing behind.
pub(in super::super) fn commit(
    conn: &Connection,
    batch: &RowBatch,
) -> Result<Result<(), ViewError>, Fault> {
    let checked = slices::known(conn, &batch.view, batch.hold.slice)?
        .and_then(|slice| batch.check(slice.state.hold.epoch, slice.state.checkpoint));
    if let Err(error) = checked {
        return Ok(Err(error));
    }
    for (table, changes) in batch.tables() {
        put(conn, &table, changes)?;
        delete(conn, &table, changes)?;
    }
    let (log, position, event, stamp) = marks::columns(&batch.to);
    let (view, slice) = (batch.view.id, batch.hold.slice);
    conn.prepare_cached(
        "UPDATE view_slices SET log = ?5, position = ?6, event = ?7, stamp = ?8
         WHERE name = ?1 AND version = ?2 AND build = ?3 AND slice = ?4",
    )?
    .execute(params![
        view.name,
        view.version,
        view.build,
        slice,
        log,
        position,
        event,
        stamp
    ])?;
    Ok(Ok(()))
}

fn put(conn: &Connection, view: &ViewSpec, changes: &RowChanges) -> Result<(), Fault> {
    if changes.puts.is_empty() {
        return Ok(());
    }
    let mut statement = conn.prepare_cached(&upsert(view))?;
    for row in &changes.puts {
        put_row(&mut statement, row)?;
    }
    Ok(())
}

fn upsert(view: &ViewSpec) -> String {
    let columns = columns(view);
    let names: String = columns.iter().map(|column| format!("{column}, ")).collect();
    let marks = "?, ".repeat(columns.len());
    let set: String = columns.iter().map(|c| format!("{c} = excluded.{c}, ")).collect();
    format!(
        "INSERT INTO {} (key, {names}body) VALUES (?, {marks}?)
         ON CONFLICT (key) DO UPDATE SET {set}body = excluded.body",
        table(view)
    )
}

fn put_row(statement: &mut CachedStatement<'_>, row: &Row) -> Result<(), Fault> {
    statement.raw_bind_parameter(1, &row.key)?;
    for (place, value) in (2..).zip(&row.values) {
        statement.raw_bind_parameter(place, Sql(value))?;
    }
    statement.raw_bind_parameter(row.values.len() + 2, Body(&row.body))?;
    statement.raw_execute()?;
    Ok(())
}

/// Text where it can be, so that tools show it.
struct Body<'a>(&'a [u8]);

impl rusqlite::ToSql for Body<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let is_text = std::str::from_utf8(self.0).is_ok();
        let value = if is_text { ValueRef::Text(self.0) } else { ValueRef::Blob(self.0) };
        Ok(ToSqlOutput::Borrowed(value))
    }
}

fn delete(conn: &Connection, view: &ViewSpec, changes: &RowChanges) -> Result<(), Fault> {
    if changes.deletes.is_empty() {
        return Ok(());
    }
    let sql = format!("DELETE FROM {} WHERE key = ?1", table(view));
    let mut statement = conn.prepare_cached(&sql)?;
    for key in &changes.deletes {
        statement.execute([key])?;
    }
    Ok(())
}
