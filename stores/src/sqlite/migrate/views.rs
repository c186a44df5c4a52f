use rusqlite::Connection;

use super::super::fault::Fault;
use super::super::rows;
use super::super::schema::SLICED;

/// The tables of views as format 2 has them, in place of those of format 3.
#[cfg(test)]
pub(super) const OLDER: &str = "
    DROP TABLE views; DROP TABLE view_slices;
    CREATE TABLE views (
        name TEXT NOT NULL, version INTEGER NOT NULL, columns TEXT NOT NULL,
        log BLOB, position INTEGER, event BLOB, stamp INTEGER,
        PRIMARY KEY (name, version))";

/// Gives each view its one slice, and a place for what it parks. Each is the live building of its
/// version: until now there was no other.
pub(super) fn slice(conn: &Connection) -> Result<(), Fault> {
    let step = conn.unchecked_transaction()?;
    step.execute_batch("ALTER TABLE views RENAME TO views_of_format_2")?;
    step.execute_batch(include_str!("../views.sql"))?;
    step.execute_batch(
        "INSERT INTO views (name, version, build, columns, slices, live)
         SELECT name, version, 0, columns, 1, 1 FROM views_of_format_2;
         INSERT INTO view_slices (name, version, build, slice, log, position, event, stamp)
         SELECT name, version, 0, 0, log, position, event, stamp FROM views_of_format_2;
         DROP TABLE views_of_format_2;",
    )?;
    let views: Vec<(String, u32)> = step
        .prepare("SELECT name, version FROM views")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (name, version) in views {
        rows::create_parked(&step, &name, version)?;
    }
    step.pragma_update(None, "user_version", SLICED)?;
    step.commit()?;
    Ok(())
}
