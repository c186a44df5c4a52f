//! The stream index and the key index, each made of its part in the file and the [`Deferred`] part.
//! The index of tags is in [`tags`].

use std::sync::Mutex;

use factum_core::Key;
use factum_core::store::{Direction, Range};
use rusqlite::{Connection, OptionalExtension, params};

use super::deferred::{Deferred, Entry, Tagged};
use super::fault::{Fault, integer};
use super::names::lock;
use super::tags;

/// An index as one transaction sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Index<'a> {
    pub(super) conn: &'a Connection,
    pub(super) deferred: &'a Mutex<Deferred>,
    /// Up to which position the file's part is complete.
    pub(super) covered: u64,
    /// The end of the log.
    pub(super) end: u64,
}

impl Index<'_> {
    /// Runs `answer` on the deferred part once that is complete for this transaction.
    pub(super) fn deferred<T>(&self, answer: impl FnOnce(&Deferred) -> T) -> Result<T, Fault> {
        let mut deferred = lock(self.deferred);
        if deferred.covered() > self.covered {
            return Err(Fault::Outdated);
        }
        deferred.advance(self.covered);
        if deferred.end() < self.end {
            extend(self.conn, &mut deferred, self.end)?;
        }
        Ok(answer(&deferred))
    }

    /// The position of the first event of the commit with this key, if that is known without a look
    /// at the file's part.
    pub(super) fn recent_key(&self, key: &Key) -> Result<Option<u64>, Fault> {
        let found = self.deferred(|deferred| deferred.key(key))?;
        Ok(found.filter(|position| *position <= self.end))
    }

    /// The position of the first event of the commit with this key.
    pub(super) fn key(&self, key: &Key) -> Result<Option<u64>, Fault> {
        match self.recent_key(key)? {
            Some(position) => Ok(Some(position)),
            None => self.key_in_file(key),
        }
    }

    /// The same, by the file's part alone.
    pub(super) fn key_in_file(&self, key: &Key) -> Result<Option<u64>, Fault> {
        let position: Option<i64> = self
            .conn
            .prepare_cached("SELECT position FROM key_index WHERE key = ?1")?
            .query_row([key.as_bytes()], |row| row.get(0))
            .optional()?;
        Ok(position.map(i64::cast_unsigned))
    }

    /// Revision and position of a stream's newest event.
    pub(super) fn newest(&self, stream: i64) -> Result<Option<(u64, u64)>, Fault> {
        let end = self.end;
        let newest = |deferred: &Deferred| deferred.of_stream(stream).find(|e| e.position <= end);
        match self.deferred(newest)? {
            Some(entry) => Ok(Some((entry.revision, entry.position))),
            None => Ok(newest_in_file(self.conn, stream)?),
        }
    }

    /// The positions of a stream's events in the range, at most `limit` of them.
    pub(super) fn positions(
        &self,
        stream: i64,
        range: &Range,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<u64>, Fault> {
        let end = self.end;
        let in_range = |entry: &Entry| {
            let position = factum_core::Position::new(entry.position);
            entry.position <= end && range.contains(position, entry.revision)
        };
        let after = range.after.number();
        let collect = |deferred: &Deferred| -> Vec<u64> {
            // Newest first, and revisions and positions of a stream grow together.
            let newer = deferred
                .of_stream(stream)
                .take_while(|e| e.position > after && e.revision >= range.from_revision);
            newer.filter(in_range).map(|entry| entry.position).collect()
        };
        let mut deferred = self.deferred(collect)?;
        let mut positions = Vec::new();
        if direction == Direction::Backward {
            positions.append(&mut deferred);
        }
        if positions.len() < limit {
            self.positions_in_file(stream, range, direction, limit, &mut positions)?;
        }
        positions.extend(deferred.into_iter().rev());
        positions.truncate(limit);
        Ok(positions)
    }

    fn positions_in_file(
        &self,
        stream: i64,
        range: &Range,
        direction: Direction,
        limit: usize,
        out: &mut Vec<u64>,
    ) -> rusqlite::Result<()> {
        let Some((newest, position)) = newest_in_file(self.conn, stream)? else { return Ok(()) };
        if position <= range.after.number() || newest < range.from_revision {
            return Ok(());
        }
        // Revisions and positions of a stream grow together.
        let revisions = Revisions { index: self, stream, from: range.from_revision, newest };
        let first = revisions.first_after(range.after.number())?;
        let end = match range.through {
            Some(through) if through.number() < position => {
                revisions.first_after(through.number())?
            }
            _ => newest.saturating_add(1),
        };
        let sql = match direction {
            Direction::Forward => {
                "SELECT position FROM stream_index
                 WHERE stream = ?1 AND revision >= ?2 AND revision < ?3
                 ORDER BY revision LIMIT ?4"
            }
            Direction::Backward => {
                "SELECT position FROM stream_index
                 WHERE stream = ?1 AND revision >= ?2 AND revision < ?3
                 ORDER BY revision DESC LIMIT ?4"
            }
        };
        let limit = i64::try_from(limit - out.len()).unwrap_or(i64::MAX);
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query(params![stream, integer(first), integer(end), limit])?;
        while let Some(row) = rows.next()? {
            out.push(row.get::<_, i64>(0)?.cast_unsigned());
        }
        Ok(())
    }
}

/// The revisions of a stream that the file's part has.
struct Revisions<'a> {
    index: &'a Index<'a>,
    stream: i64,
    from: u64,
    newest: u64,
}

impl Revisions<'_> {
    /// The first one whose event stands after a position.
    fn first_after(&self, position: u64) -> rusqlite::Result<u64> {
        let (mut low, mut high) = (self.from, self.newest.saturating_add(1));
        if position == 0 {
            return Ok(low);
        }
        let mut statement = self.index.conn.prepare_cached(
            "SELECT position FROM stream_index WHERE stream = ?1 AND revision = ?2",
        )?;
        while low < high {
            let middle = low + (high - low) / 2;
            let at: Option<i64> = statement
                .query_row(params![self.stream, integer(middle)], |row| row.get(0))
                .optional()?;
            if at.is_some_and(|at| at.cast_unsigned() <= position) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }
}

/// Revision and position of the newest event of a stream that the file's part has.
fn newest_in_file(conn: &Connection, stream: i64) -> rusqlite::Result<Option<(u64, u64)>> {
    conn.prepare_cached(
        "SELECT revision, position FROM stream_index WHERE stream = ?1
         ORDER BY revision DESC LIMIT 1",
    )?
    .query_row([stream], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))
    .optional()
    .map(|pair| pair.map(|(r, p)| (r.cast_unsigned(), p.cast_unsigned())))
}

/// The revision after the newest that either part has of a stream.
fn next_revision(conn: &Connection, deferred: &Deferred, stream: i64) -> rusqlite::Result<u64> {
    let newest = match deferred.of_stream(stream).next() {
        Some(entry) => Some(entry.revision),
        None => newest_in_file(conn, stream)?.map(|(revision, _)| revision),
    };
    Ok(newest.map_or(0, |newest| newest.saturating_add(1)))
}

/// Stands for a stream that cannot be read. Its events are in no index.
const UNREADABLE: i64 = -1;

/// Completes the deferred part from the events, up to `end`.
pub(super) fn extend(conn: &Connection, deferred: &mut Deferred, end: u64) -> rusqlite::Result<()> {
    let mut statement = conn.prepare_cached(
        "SELECT position, stream, revision, key, idx, tags FROM events
         WHERE position > ?1 AND position <= ?2 ORDER BY position",
    )?;
    let mut rows = statement.query(params![integer(deferred.end()), integer(end)])?;
    while let Some(row) = rows.next()? {
        // A damaged column must not hide the events after it: the reader of the event reports it.
        let number = |at| row.get::<_, i64>(at).unwrap_or(UNREADABLE);
        let is_first = number(4) == 0;
        let key = if is_first { row.get(3).ok().map(Key::from_bytes) } else { None };
        let (position, stream) = (number(0).cast_unsigned(), number(1).max(UNREADABLE));
        // Revisions have no holes, so that one that cannot be read follows from those before it.
        let revision = match u64::try_from(number(2)) {
            Ok(revision) => revision,
            Err(_) => next_revision(conn, deferred, stream)?,
        };
        deferred.push(Entry { position, stream, revision, key });
        let tagged = tags::tagged_of(row, 5, position)?;
        tagged.into_iter().for_each(|tagged| deferred.push_tag(tagged));
    }
    Ok(())
}

/// Writes entries to the file, in the order of the indexes, so that each page is written once. The
/// caller lets the deferred part advance when the transaction has committed.
pub(super) fn flush(
    conn: &Connection,
    mut entries: Vec<Entry>,
    tagged: Vec<Tagged>,
) -> rusqlite::Result<()> {
    tags::flush(conn, tagged)?;
    entries.sort_unstable_by_key(|entry| (entry.stream, entry.revision));
    let sql = "INSERT INTO stream_index (stream, revision, position) VALUES (?1, ?2, ?3)";
    let mut insert = conn.prepare_cached(sql)?;
    for entry in entries.iter().filter(|entry| entry.stream != UNREADABLE) {
        let (revision, position) = (integer(entry.revision), integer(entry.position));
        insert.execute(params![entry.stream, revision, position])?;
    }
    let mut keys: Vec<(Key, u64)> =
        entries.iter().filter_map(|entry| Some((entry.key?, entry.position))).collect();
    keys.sort_unstable();
    let mut insert =
        conn.prepare_cached("INSERT INTO key_index (key, position) VALUES (?1, ?2)")?;
    for (key, position) in keys {
        insert.execute(params![key.as_bytes(), integer(position)])?;
    }
    Ok(())
}

/// Takes note of how far the index in the file goes, and of [`Deferred::newest_key`].
pub(super) fn note(conn: &Connection, end: u64, newest_key: Key) -> rusqlite::Result<()> {
    let mut update = conn.prepare_cached("UPDATE meta SET value = ?2 WHERE name = ?1")?;
    update.execute(params!["indexed_to", integer(end)])?;
    update.execute(params!["newest_key", newest_key.as_bytes()])?;
    Ok(())
}
