use factum_core::store::{Mark, StoreError};
use factum_core::view::{ViewError, ViewSpec};
use rusqlite::{Connection, OptionalExtension, params};

use super::super::fault::Fault;
use super::super::marks;

/// What is stored of a view beside its rows.
#[derive(Debug)]
pub(super) struct Stored {
    columns: String,
    pub(super) checkpoint: Option<Mark>,
}

impl Stored {
    /// The checkpoint, if the columns are those of the code.
    pub(super) fn check(&self, view: &ViewSpec) -> Result<Option<Mark>, ViewError> {
        view.check_columns(&self.columns).map(|()| self.checkpoint)
    }
}

/// What is stored of a view, if it has a table.
pub(super) fn stored(conn: &Connection, view: &ViewSpec) -> Result<Option<Stored>, Fault> {
    let sql = "SELECT columns, log, position, event, stamp FROM views
               WHERE name = ?1 AND version = ?2";
    Ok(conn
        .prepare_cached(sql)?
        .query_row(params![view.id.name, view.id.version], |row| {
            Ok(Stored { columns: row.get(0)?, checkpoint: marks::read(row, 1)? })
        })
        .optional()?)
}

/// The name of a view's table, quoted.
pub(super) fn table(view: &ViewSpec) -> String {
    quoted(&name(view))
}

fn name(view: &ViewSpec) -> String {
    format!("view_{}_v{}", view.id.name, view.id.version)
}

/// The names of a view's columns, quoted. One that the table has already, for itself or, as SQL does
/// not tell capitals from small letters, for another column, gets its place as a
/// suffix, as often as that is taken too.
pub(super) fn columns(view: &ViewSpec) -> Vec<String> {
    let mut taken = vec!["key".to_owned(), "body".to_owned()];
    let names = view.columns.iter().enumerate().map(|(place, column)| {
        let mut name = column.name.to_owned();
        while taken.contains(&name.to_lowercase()) {
            name = format!("{name}_{place}");
        }
        taken.push(name.to_lowercase());
        quoted(&name)
    });
    names.collect()
}

/// Makes a view's table.
pub(super) fn create(conn: &Connection, view: &ViewSpec) -> Result<(), Fault> {
    check_name(conn, view)?;
    let (table, columns) = (table(view), columns(view));
    // Without a declared type SQLite keeps every value as it is given.
    let list: String = columns.iter().map(|column| format!("{column}, ")).collect();
    conn.execute_batch(&format!(
        "CREATE TABLE {table} (key TEXT PRIMARY KEY, {list}body NOT NULL)"
    ))?;
    for (place, column) in columns.iter().enumerate() {
        let index = quoted(&format!("{}_by_{place}", name(view)));
        conn.execute_batch(&format!("CREATE INDEX {index} ON {table} ({column}, key)"))?;
    }
    conn.execute(
        "INSERT INTO views (name, version, columns) VALUES (?1, ?2, ?3)",
        params![view.id.name, view.id.version, view.column_list()],
    )?;
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
            [name(view)],
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

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
