//! Brings a file of an older format to the current one.
//!
//! *Invariant.* Until the last step the file keeps its format, and what it is given is nothing to a
//! program that knows only that one: after a crash, or work of such a program in between, the next
//! opening goes on where this one ended.

use rusqlite::{Connection, params};

use super::deferred::Tagged;
use super::fault::{Fault, integer};
use super::schema::FORMAT;
use super::tags;
use super::transaction::covered;

/// How many tags, and events, one transaction looks at.
const BATCH: (usize, usize) = (128 * 1024, 512 * 1024);

/// Format 1 has no index of tags.
pub(super) fn run(conn: &Connection) -> Result<(), Fault> {
    while !build_tags(conn)? {}
    Ok(())
}

/// Adds a batch to the index of tags; whether that was the last one.
fn build_tags(conn: &Connection) -> Result<bool, Fault> {
    let step = conn.unchecked_transaction()?;
    step.execute_batch(include_str!("tag_index.sql"))?;
    step.execute("INSERT OR IGNORE INTO meta (name, value) VALUES ('tagged_to', 0)", [])?;
    let sql = "SELECT value FROM meta WHERE name = 'tagged_to'";
    let from: i64 = step.query_row(sql, [], |row| row.get(0))?;
    let end = covered(&step)?;
    let (batch, to) = tagged(&step, from.cast_unsigned(), end)?;
    tags::flush(&step, batch)?;
    let is_last = to >= end;
    if is_last {
        // From here on it is complete to where the other indexes are.
        step.execute("DELETE FROM meta WHERE name = 'tagged_to'", [])?;
        step.pragma_update(None, "user_version", FORMAT)?;
    } else {
        step.execute("UPDATE meta SET value = ?1 WHERE name = 'tagged_to'", [integer(to)])?;
    }
    step.commit()?;
    Ok(is_last)
}

/// The tags of the events after a position, and up to which one they are complete.
fn tagged(conn: &Connection, after: u64, end: u64) -> rusqlite::Result<(Vec<Tagged>, u64)> {
    let mut statement = conn.prepare(
        "SELECT position, tags FROM events WHERE position > ?1 AND position <= ?2
         ORDER BY position LIMIT ?3",
    )?;
    let limit = i64::try_from(BATCH.1).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![integer(after), integer(end), limit])?;
    let (mut batch, mut looked_at, mut to) = (Vec::new(), 0, after);
    while let Some(row) = rows.next()? {
        to = row.get::<_, i64>(0)?.cast_unsigned();
        batch.extend(tags::tagged_of(row, 1, to)?);
        looked_at += 1;
        if batch.len() >= BATCH.0 {
            return Ok((batch, to));
        }
    }
    Ok((batch, if looked_at == BATCH.1 { to } else { end }))
}
