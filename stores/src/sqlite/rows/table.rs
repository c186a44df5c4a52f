use factum_core::store::StoreError;
use factum_core::view::{Part, ViewId, ViewSpec};
use rusqlite::{Connection, OptionalExtension, params};

use super::super::fault::Fault;
use crate::rows::{self, building, part_name, quoted};

/// The name of one of a view's tables, quoted.
pub(super) fn table(view: &ViewSpec) -> String {
    quoted(&name(view.id, view.part))
}

fn name(view: ViewId, part: Part) -> String {
    name_of(view.name, view.version, view.build, part)
}

fn name_of(name: &str, version: u32, build: u32, part: Part) -> String {
    format!("{}_{}", part_name(part), building(name, version, build))
}

/// The names of a table's columns, quoted.
pub(super) fn columns(view: &ViewSpec) -> Vec<String> {
    rows::columns(view, &["key", "body"], str::to_owned)
}

/// Makes a view's tables.
pub(super) fn create(conn: &Connection, view: &ViewSpec) -> Result<(), Fault> {
    let parts = [*view, view.parked()];
    for part in &parts {
        check_name(conn, part)?;
    }
    for part in &parts {
        create_table(conn, &name(part.id, part.part), part)?;
    }
    let id = view.id;
    conn.execute(
        "INSERT INTO views (name, version, build, columns, slices, live) VALUES (?1, ?2, ?3, ?4, ?5, 0)",
        params![id.name, id.version, id.build, view.column_list(), view.slices],
    )?;
    let mut slices = conn.prepare_cached(
        "INSERT INTO view_slices (name, version, build, slice) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for slice in 0..view.slices {
        slices.execute(params![id.name, id.version, id.build, slice])?;
    }
    Ok(())
}

/// Makes the table of what a view parks that has none yet.
pub(in super::super) fn create_parked(
    conn: &Connection,
    view: &str,
    version: u32,
) -> Result<(), Fault> {
    let parked = ViewSpec::new(ViewId::new("", version), &[]).parked();
    create_table(conn, &name_of(view, version, 0, Part::Parked), &parked)
}

fn create_table(conn: &Connection, name: &str, view: &ViewSpec) -> Result<(), Fault> {
    let (table, columns) = (quoted(name), columns(view));
    // Without a declared type SQLite keeps every value as it is given.
    let list: String = columns.iter().map(|column| format!("{column}, ")).collect();
    conn.execute_batch(&format!(
        "CREATE TABLE {table} (key TEXT PRIMARY KEY, {list}body NOT NULL)"
    ))?;
    for (place, column) in columns.iter().enumerate() {
        let index = quoted(&format!("{name}_by_{place}"));
        conn.execute_batch(&format!("CREATE INDEX {index} ON {table} ({column}, key)"))?;
    }
    Ok(())
}

/// Takes a view's tables out, and what is kept beside them.
pub(super) fn remove(conn: &Connection, view: ViewId) -> Result<(), Fault> {
    for part in [Part::Rows, Part::Parked] {
        conn.execute_batch(&format!("DROP TABLE IF EXISTS {}", quoted(&name(view, part))))?;
    }
    for kept in ["views", "view_slices"] {
        conn.execute(
            &format!("DELETE FROM {kept} WHERE name = ?1 AND version = ?2 AND build = ?3"),
            params![view.name, view.version, view.build],
        )?;
    }
    Ok(())
}

/// Checks that the table's name is printable and not taken.
fn check_name(conn: &Connection, view: &ViewSpec) -> Result<(), Fault> {
    let refuse = |reason| {
        Err(Fault::Store(StoreError::Open {
            place: format!("the rows of view {}", view.id),
            reason,
        }))
    };
    if let Err(bad) = factum_core::names::check("view", view.id.name) {
        return refuse(bad.to_string());
    }
    let taken: Option<String> = conn
        .query_row(
            "SELECT name FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE",
            [name(view.id, view.part)],
            |row| row.get(0),
        )
        .optional()?;
    match taken {
        Some(taken) => {
            refuse(format!("the file has a table {taken} already: give the view another name"))
        }
        None => Ok(()),
    }
}
