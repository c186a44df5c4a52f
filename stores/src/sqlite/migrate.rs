//! Brings a file of an older format to the current one, format by format.
//!
//! *Invariant.* Until the last step to a format the file keeps the one before, and what it is given is
//! nothing to a program that knows only that one: after a crash, or work of such a program in between,
//! the next opening goes on where this one ended.

mod views;

use rusqlite::{Connection, params};

use super::deferred::Tagged;
use super::fault::{Fault, integer};
use super::schema::{TAGGED, format_of};
use super::tags;
use super::transaction::covered;

/// After how many tags, and after how many events, one transaction ends.
#[derive(Clone, Copy, Debug)]
struct Batch {
    tags: usize,
    events: usize,
}

const BATCH: Batch = Batch { tags: 128 * 1024, events: 512 * 1024 };

/// Format 1 has no index of tags, format 2 no buildings and slices of views.
pub(super) fn run(conn: &Connection) -> Result<(), Fault> {
    if format_of(conn)? < TAGGED {
        while !build_tags(conn, BATCH)? {}
    }
    views::slice(conn)
}

/// Adds a batch to the index of tags; whether that was the last one.
fn build_tags(conn: &Connection, batch: Batch) -> Result<bool, Fault> {
    let step = conn.unchecked_transaction()?;
    step.execute_batch(include_str!("tag_index.sql"))?;
    step.execute("INSERT OR IGNORE INTO meta (name, value) VALUES ('tagged_to', 0)", [])?;
    let sql = "SELECT value FROM meta WHERE name = 'tagged_to'";
    let from: i64 = step.query_row(sql, [], |row| row.get(0))?;
    let end = covered(&step)?;
    let (found, to) = tagged(&step, from.cast_unsigned(), end, batch)?;
    tags::flush(&step, found)?;
    let is_last = to >= end;
    if is_last {
        // From here on it is complete to where the other indexes are.
        step.execute("DELETE FROM meta WHERE name = 'tagged_to'", [])?;
        step.pragma_update(None, "user_version", TAGGED)?;
    } else {
        step.execute("UPDATE meta SET value = ?1 WHERE name = 'tagged_to'", [integer(to)])?;
    }
    step.commit()?;
    Ok(is_last)
}

/// The tags of the events after a position, and up to which one they are complete.
fn tagged(
    conn: &Connection,
    after: u64,
    end: u64,
    batch: Batch,
) -> rusqlite::Result<(Vec<Tagged>, u64)> {
    let mut statement = conn.prepare(
        "SELECT position, tags FROM events WHERE position > ?1 AND position <= ?2
         ORDER BY position LIMIT ?3",
    )?;
    let limit = i64::try_from(batch.events).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![integer(after), integer(end), limit])?;
    let (mut found, mut looked_at, mut to) = (Vec::new(), 0, after);
    while let Some(row) = rows.next()? {
        to = row.get::<_, i64>(0)?.cast_unsigned();
        found.extend(tags::tagged_of(row, 1, to)?);
        looked_at += 1;
        if found.len() >= batch.tags {
            return Ok((found, to));
        }
    }
    Ok((found, if looked_at == batch.events { to } else { end }))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use factum_core::Tag;

    use super::super::schema::{FORMAT, open_writer};
    use super::super::{SqliteOptions, tags::number};
    use super::*;

    /// A file of the format before, with so many events of two tags, indexed up to one of them.
    fn older(file: &Path, events: u64, indexed_to: u64) -> Connection {
        let (conn, _) = open_writer(file, &SqliteOptions::default()).unwrap();
        conn.execute_batch("DROP TABLE tag_index").unwrap();
        conn.execute_batch(views::OLDER).unwrap();
        conn.pragma_update(None, "user_version", 1).unwrap();
        add(&conn, 1, events);
        index_to(&conn, indexed_to);
        conn
    }

    fn add(conn: &Connection, first: u64, last: u64) {
        let sql = "INSERT INTO events (position, stream, revision, name, version, key, idx, time,
                   tags, payload) VALUES (?1, 1, ?1 - 1, 1, 1, x'00', 0, 0, ?2, '{}')";
        for position in first..=last {
            let odd = position % 2;
            let tags = (position % 10 > 0).then(|| format!("[\"all:1\",\"odd:{odd}\"]"));
            conn.execute(sql, params![integer(position), tags]).unwrap();
        }
    }

    fn index_to(conn: &Connection, position: u64) {
        let sql = "UPDATE meta SET value = ?1 WHERE name = 'indexed_to'";
        conn.execute(sql, [integer(position)]).unwrap();
    }

    fn positions(conn: &Connection, tag: &str) -> Vec<i64> {
        let tag = number(&Tag::parse(tag).unwrap());
        let sql = "SELECT position FROM tag_index WHERE tag = ?1 ORDER BY position";
        let mut statement = conn.prepare(sql).unwrap();
        let found = statement.query_map([tag], |row| row.get(0)).unwrap();
        found.map(Result::unwrap).collect()
    }

    fn assert_built(conn: &Connection, end: i64) {
        let tagged = |position: &i64| position % 10 > 0;
        let all: Vec<i64> = (1..=end).filter(tagged).collect();
        let odd: Vec<i64> = (1..=end).filter(|position| position % 2 == 1).collect();
        assert_eq!(positions(conn, "all:1"), all);
        assert_eq!(positions(conn, "odd:1"), odd);
        assert_eq!(format_of(conn).unwrap(), FORMAT);
        let sql = "SELECT count(*) FROM meta WHERE name = 'tagged_to'";
        let left: i64 = conn.query_row(sql, [], |row| row.get(0)).unwrap();
        assert_eq!(left, 0);
    }

    #[test]
    fn it_goes_on_where_it_was_interrupted() {
        let batches = [Batch { tags: 7, events: 1000 }, Batch { tags: 1000, events: 7 }];
        for (batch, steps) in batches.into_iter().flat_map(|batch| [(batch, 1), (batch, 5)]) {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("log.db");
            let conn = older(&file, 100, 90);
            for _ in 0..steps {
                assert!(!build_tags(&conn, batch).unwrap());
            }
            assert_eq!(format_of(&conn).unwrap(), 1, "what an older program still reads");
            // One that knows only the older format goes on with it.
            add(&conn, 101, 120);
            index_to(&conn, 110);
            drop(conn);
            let (conn, _) = open_writer(&file, &SqliteOptions::default()).unwrap();
            assert_built(&conn, 110);
        }
    }

    #[test]
    fn a_log_without_events_is_done_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log.db");
        assert!(build_tags(&older(&file, 0, 0), BATCH).unwrap());
        let (conn, _) = open_writer(&file, &SqliteOptions::default()).unwrap();
        assert_built(&conn, 0);
    }
}
