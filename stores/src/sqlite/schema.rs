use std::path::Path;
use std::time::Duration;

use factum_core::store::{Durability, LogId, StoreError};
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use super::SqliteOptions;
use super::fault::Fault;
use super::migrate;

/// "fctm": how tools know the file (SQLite's `application_id`).
const APPLICATION: i32 = 0x6663_746d;
/// The version of the tables' form (SQLite's `user_version`).
pub(super) const FORMAT: i32 = 3;
/// The one from which on there is an index of tags.
pub(super) const TAGGED: i32 = 2;
/// The one from which on views have buildings and slices.
pub(super) const SLICED: i32 = 3;
/// The oldest one that can be brought to it: see [`migrate`].
const OLDEST: i32 = 1;
/// The size of a page, in bytes: measured against 4096, 8 % faster with 512 senders, and no slower with
/// one.
const PAGE: i64 = 8192;
/// How long another program may hold the file before an operation gives up.
const BUSY: Duration = Duration::from_secs(5);

/// Opens the connection that writes, and makes file and tables if there are none.
pub(super) fn open_writer(
    path: &Path,
    options: &SqliteOptions,
) -> Result<(Connection, LogId), Fault> {
    let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
    let found = check_format(&conn, path)?;
    if found == Found::Nothing {
        conn.pragma_update(None, "page_size", PAGE)?;
    }
    set_up(&conn, path, options)?;
    match found {
        Found::Nothing => create(&conn)?,
        Found::Older => migrate::run(&conn)?,
        Found::Current => {}
    }
    let log = log_id(&conn, path)?;
    Ok((conn, log))
}

/// Opens the connection that writes again. Never makes anything: a log that is gone is lost, and an
/// empty one in its place would hide that.
pub(super) fn reopen_writer(
    path: &Path,
    options: &SqliteOptions,
) -> Result<(Connection, LogId), Fault> {
    let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let found = check_format(&conn, path)?;
    if found == Found::Nothing {
        let what = "it is empty now".to_owned();
        return Err(StoreError::Corrupt { place: path.display().to_string(), what }.into());
    }
    set_up(&conn, path, options)?;
    if found == Found::Older {
        migrate::run(&conn)?;
    }
    let log = log_id(&conn, path)?;
    Ok((conn, log))
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, Fault> {
    let conn = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(BUSY)?;
    conn.set_prepared_statement_cache_capacity(64);
    Ok(conn)
}

/// Sets what a connection that writes needs.
fn set_up(conn: &Connection, path: &Path, options: &SqliteOptions) -> Result<(), Fault> {
    let mode: String =
        conn.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        let reason = format!(
            "SQLite cannot keep its write-ahead log there (its journal mode stays {mode}): choose a \
             file on a local disk, or the memory store"
        );
        return Err(StoreError::Open { place: path.display().to_string(), reason }.into());
    }
    let level = if options.durability == Durability::Synced { "full" } else { "normal" };
    conn.pragma_update(None, "synchronous", level)?;
    if let Some(bytes) = options.file_bytes {
        let page: i64 = conn.pragma_query_value(None, "page_size", |row| row.get(0))?;
        let pages = i64::try_from(bytes).unwrap_or(i64::MAX) / page.max(1);
        conn.pragma_update_and_check(None, "max_page_count", pages.max(1), |_| Ok(()))?;
    }
    Ok(())
}

/// Checks that a file can be at a path, before anything is made beside it.
///
/// # Errors
/// [`StoreError::Open`], which says what is there instead.
pub(super) fn check_place(path: &Path) -> Result<(), StoreError> {
    let open = |reason| Err(StoreError::Open { place: path.display().to_string(), reason });
    if path.is_dir() {
        return open("it is a folder: name a file in it".to_owned());
    }
    match path.parent() {
        Some(folder) if folder != Path::new("") && !folder.is_dir() => {
            open(format!("there is no folder {}: make it first", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Opens a connection that reads.
pub(super) fn open_reader(path: &Path) -> Result<Connection, Fault> {
    connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

/// Opens the first connection of a store that only reads.
pub(super) fn open_first_reader(path: &Path) -> Result<(Connection, LogId), Fault> {
    let conn = open_reader(path)?;
    if check_format(&conn, path)? == Found::Nothing {
        let reason = "it is empty: open it for writing first".to_owned();
        return Err(StoreError::Open { place: path.display().to_string(), reason }.into());
    }
    let log = log_id(&conn, path)?;
    Ok((conn, log))
}

/// What is in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    /// A log in a format that can be brought to the current one.
    Older,
    Current,
}

/// What is in the file; an error if it is not of a form that this code knows.
fn check_format(conn: &Connection, path: &Path) -> Result<Found, Fault> {
    let application: i32 = conn.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let format = format_of(conn)?;
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let refuse =
        |reason: String| Err(StoreError::Open { place: path.display().to_string(), reason }.into());
    match (application, format) {
        (0, 0) if tables == 0 => Ok(Found::Nothing),
        (APPLICATION, FORMAT) => Ok(Found::Current),
        (APPLICATION, OLDEST..FORMAT) => Ok(Found::Older),
        (APPLICATION, newer) if newer > FORMAT => refuse(format!(
            "it has format {newer}, this version of factum knows format {FORMAT}: update factum"
        )),
        (APPLICATION, other) => refuse(format!("its format {other} is unknown")),
        _ => refuse("it is the database of another program: choose another file".to_owned()),
    }
}

/// The version of the tables' form, as the transaction sees it.
pub(super) fn format_of(conn: &Connection) -> rusqlite::Result<i32> {
    conn.prepare_cached("PRAGMA user_version")?.query_row([], |row| row.get(0))
}

fn create(conn: &Connection) -> Result<(), Fault> {
    // Whole or not at all, also if the process ends here.
    let made = conn.unchecked_transaction()?;
    made.execute_batch(concat!(
        include_str!("schema.sql"),
        include_str!("views.sql"),
        include_str!("tag_index.sql")
    ))?;
    made.execute(
        "INSERT INTO meta (name, value) VALUES ('log', ?1), ('indexed_to', 0), ('newest_key', ?2)",
        params![LogId::fresh().as_bytes(), [0_u8; 16]],
    )?;
    made.pragma_update(None, "application_id", APPLICATION)?;
    made.pragma_update(None, "user_version", FORMAT)?;
    made.commit()?;
    Ok(())
}

fn log_id(conn: &Connection, path: &Path) -> Result<LogId, Fault> {
    let id: Option<[u8; 16]> = conn
        .query_row("SELECT value FROM meta WHERE name = 'log'", [], |row| row.get(0))
        .optional()?;
    id.map(LogId::from_bytes).ok_or_else(|| {
        let what = "the table `meta` has no identity of the log".to_owned();
        StoreError::Corrupt { place: path.display().to_string(), what }.into()
    })
}
