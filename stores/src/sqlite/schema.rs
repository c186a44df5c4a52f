use std::path::Path;
use std::time::Duration;

use factum_core::store::{Durability, LogId, StoreError};
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use super::SqliteOptions;
use super::fault::Fault;

/// "fctm": how tools know the file (SQLite's `application_id`).
const APPLICATION: i32 = 0x6663_746d;
/// The version of the tables' form (SQLite's `user_version`).
const FORMAT: i32 = 1;
/// The size of a page, in bytes: measured against 4096, 8 % faster with 512 senders, and no slower with
/// one.
const PAGE: i64 = 8192;
/// How long another program may hold the file before an operation gives up.
const BUSY: Duration = Duration::from_secs(5);

/// Opens the connection that writes, and makes the tables if the file is new.
pub(super) fn open_writer(
    path: &Path,
    options: &SqliteOptions,
) -> Result<(Connection, LogId), Fault> {
    let conn = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    conn.busy_timeout(BUSY)?;
    let is_new = check_format(&conn, path)?;
    if is_new {
        conn.pragma_update(None, "page_size", PAGE)?;
    }
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
    if is_new {
        create(&conn)?;
    }
    if let Some(bytes) = options.file_bytes {
        let page: i64 = conn.pragma_query_value(None, "page_size", |row| row.get(0))?;
        let pages = i64::try_from(bytes).unwrap_or(i64::MAX) / page.max(1);
        conn.pragma_update_and_check(None, "max_page_count", pages.max(1), |_| Ok(()))?;
    }
    conn.set_prepared_statement_cache_capacity(64);
    let log = log_id(&conn, path)?;
    Ok((conn, log))
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
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(BUSY)?;
    conn.set_prepared_statement_cache_capacity(64);
    Ok(conn)
}

/// Opens the first connection of a store that only reads.
pub(super) fn open_first_reader(path: &Path) -> Result<(Connection, LogId), Fault> {
    let conn = open_reader(path)?;
    if check_format(&conn, path)? {
        let reason = "it is empty: open it for writing first".to_owned();
        return Err(StoreError::Open { place: path.display().to_string(), reason }.into());
    }
    let log = log_id(&conn, path)?;
    Ok((conn, log))
}

/// Whether the file is new; an error if it is not of a form that this code knows.
fn check_format(conn: &Connection, path: &Path) -> Result<bool, Fault> {
    let pragma = |name| conn.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let (application, format) = (pragma("application_id")?, pragma("user_version")?);
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let refuse =
        |reason: String| Err(StoreError::Open { place: path.display().to_string(), reason }.into());
    match (application, format) {
        (0, 0) if tables == 0 => Ok(true),
        (APPLICATION, FORMAT) => Ok(false),
        (APPLICATION, newer) if newer > FORMAT => refuse(format!(
            "it has format {newer}, this version of factum knows format {FORMAT}: update factum"
        )),
        (APPLICATION, other) => refuse(format!("its format {other} is unknown")),
        _ => refuse("it is the database of another program: choose another file".to_owned()),
    }
}

fn create(conn: &Connection) -> Result<(), Fault> {
    // Whole or not at all, also if the process ends here.
    let made = conn.unchecked_transaction()?;
    made.execute_batch(include_str!("schema.sql"))?;
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
