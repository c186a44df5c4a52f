use factum_core::store::Mark;
use factum_core::view::{Fenced, Row, RowBatch, ViewError, ViewSpec};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, params};

use super::super::fault::Fault;
use super::super::marks;
use super::table::{columns, create, stored, table};
use super::value::Sql;

/// Makes room for a view within the writer's transaction; its checkpoint.
pub(in super::super) fn open(
    conn: &Connection,
    view: &ViewSpec,
) -> Result<Result<Option<Mark>, ViewError>, Fault> {
    let place = match stored(conn, view)? {
        Some(stored) => return Ok(stored.check(view)),
        None => create(conn, view),
    };
    match place {
        Ok(()) => Ok(Ok(None)),
        // The others in the transaction need not fail for a bad name.
        Err(Fault::Store(source)) => Ok(Err(ViewError::Store { view: view.id, source })),
        Err(fault) => Err(fault),
    }
}

/// Changes rows and checkpoint within the writer's transaction. All that can be wrong with the batch is
/// found before the first change, so that a refused one leaves nothing behind.
pub(in super::super) fn commit(
    conn: &Connection,
    batch: &RowBatch,
) -> Result<Result<(), ViewError>, Fault> {
    let stored = stored(conn, &batch.view)?;
    let checked = stored.ok_or(ViewError::Missing { view: batch.view.id });
    if let Err(error) = checked.and_then(|stored| check(batch, stored.check(&batch.view)?)) {
        return Ok(Err(error));
    }
    put(conn, batch)?;
    delete(conn, batch)?;
    let (log, position, event, stamp) = marks::columns(&batch.to);
    let view = batch.view.id;
    conn.prepare_cached(
        "UPDATE views SET log = ?3, position = ?4, event = ?5, stamp = ?6
         WHERE name = ?1 AND version = ?2",
    )?
    .execute(params![view.name, view.version, log, position, event, stamp])?;
    Ok(Ok(()))
}

fn check(batch: &RowBatch, found: Option<Mark>) -> Result<(), ViewError> {
    let view = batch.view;
    if found != batch.from {
        return Err(Fenced { view: view.id, expected: batch.from, found }.into());
    }
    batch.check_values()
}

fn put(conn: &Connection, batch: &RowBatch) -> Result<(), Fault> {
    if batch.puts.is_empty() {
        return Ok(());
    }
    let mut statement = conn.prepare_cached(&upsert(&batch.view))?;
    for row in &batch.puts {
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

fn delete(conn: &Connection, batch: &RowBatch) -> Result<(), Fault> {
    if batch.deletes.is_empty() {
        return Ok(());
    }
    let sql = format!("DELETE FROM {} WHERE key = ?1", table(&batch.view));
    let mut statement = conn.prepare_cached(&sql)?;
    for key in &batch.deletes {
        statement.execute([key])?;
    }
    Ok(())
}
