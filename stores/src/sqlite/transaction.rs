use std::sync::atomic::Ordering;

use factum_core::Key;
use factum_core::store::{Direction, Mark, Position, Query, Rewound, Stamp};
use rusqlite::{Connection, OptionalExtension};

use super::Shared;
use super::candidates::Candidates;
use super::fault::{Fault, integer};
use super::index::Index;
use super::schema::{TAGGED, format_of};

/// The log as one transaction sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading<'a> {
    pub(super) conn: &'a Connection,
    pub(super) shared: &'a Shared,
    /// The position of the newest event.
    pub(super) end: u64,
    /// Up to which position the indexes in the file are complete.
    pub(super) covered: u64,
    /// Whether the file has the index of tags: one of an older format that is only read has none.
    pub(super) has_tags: bool,
}

impl<'a> Reading<'a> {
    fn begun(conn: &'a Connection, shared: &'a Shared) -> rusqlite::Result<Self> {
        let (end, covered) = (end_of(conn)?, covered(conn)?);
        // A file never loses it, so that one look at it will do.
        let has_tags = shared.has_tags.load(Ordering::Relaxed) || format_of(conn)? >= TAGGED;
        shared.has_tags.fetch_or(has_tags, Ordering::Relaxed);
        Ok(Self { conn, shared, end, covered, has_tags })
    }

    pub(super) fn index(&self) -> Index<'a> {
        let Self { conn, shared, end, covered, .. } = *self;
        Index { conn, deferred: &shared.deferred, covered, end }
    }

    /// Where the events stand that a query may match, by the index of tags; `None` if that cannot
    /// tell.
    pub(super) fn candidates(
        &self,
        query: &Query,
        after: Position,
        through: Position,
        direction: Direction,
    ) -> Result<Option<Candidates<'a>>, Fault> {
        if !self.has_tags {
            return Ok(None);
        }
        let bounds = (after.number(), through.number());
        Candidates::of(self.index(), query, bounds, direction)
    }

    /// The mark of the newest event.
    pub(super) fn head(&self) -> rusqlite::Result<Mark> {
        self.mark_through(Position::new(self.end))
    }

    /// The mark of the newest event up to and with a position. It has no event if that cannot be read:
    /// a damaged event must not be in the way of those around it.
    pub(super) fn mark_through(&self, position: Position) -> rusqlite::Result<Mark> {
        let log = self.shared.log;
        let through = integer(position.number().min(self.end));
        let found = self
            .conn
            .prepare_cached(
                "SELECT position, key, idx FROM events WHERE position <= ?1
                 ORDER BY position DESC LIMIT 1",
            )?
            .query_row([through], |row| {
                let (key, index) = (row.get(1).ok(), row.get(2).ok());
                let event = key.zip(index).map(|(key, index)| Key::from_bytes(key).event(index));
                Ok((row.get::<_, i64>(0)?.cast_unsigned(), event))
            })
            .optional()?;
        let Some((number, event)) = found else { return Ok(Mark::start(log)) };
        let stamp = Stamped::at(self.conn, number)?.stamp;
        Ok(Mark { log, position: Position::new(number), event, stamp })
    }

    /// Checks that the log has what a mark saw.
    ///
    /// # Errors
    /// [`Rewound`], as a fault, if it has not.
    pub(super) fn check(&self, seen: Mark) -> Result<(), Fault> {
        let found = self.mark_through(seen.position)?;
        // An event that cannot be read any more is told by its position and stamp alone.
        let unread = found.event.is_none() && found.position > Position::START;
        let same = Mark { event: seen.event, ..found } == seen;
        if same && (unread || found.event == seen.event) {
            return Ok(());
        }
        Err(Fault::Store(Rewound { seen, found }.into()))
    }

    /// The number of a stream, if it has events.
    pub(super) fn stream(&self, name: &str) -> rusqlite::Result<Option<i64>> {
        self.conn
            .prepare_cached("SELECT id FROM streams WHERE name = ?1")?
            .query_row([name], |row| row.get(0))
            .optional()
    }
}

/// Which positions have the same stamp.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stamped {
    first: u64,
    last: u64,
    pub(super) stamp: Stamp,
}

impl Stamped {
    /// The positions around this one.
    pub(super) fn at(conn: &Connection, position: u64) -> rusqlite::Result<Self> {
        let row = conn
            .prepare_cached(
                "SELECT first, stamp, (SELECT min(first) FROM stamps WHERE first > ?1) FROM stamps
                 WHERE first <= ?1 ORDER BY first DESC LIMIT 1",
            )?
            .query_row([integer(position)], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, Option<i64>>(2)?))
            })
            .optional()?;
        let (first, stamp, next) = row.unwrap_or_default();
        Ok(Self {
            first: first.cast_unsigned(),
            last: next.map_or(u64::MAX, |next| next.cast_unsigned().saturating_sub(1)),
            stamp: Stamp::new(stamp.cast_unsigned()),
        })
    }

    pub(super) fn contains(&self, position: u64) -> bool {
        (self.first..=self.last).contains(&position)
    }
}

/// The position of the newest event.
pub(super) fn end_of(conn: &Connection) -> rusqlite::Result<u64> {
    let end: Option<i64> =
        conn.prepare_cached("SELECT max(position) FROM events")?.query_row([], |row| row.get(0))?;
    Ok(end.unwrap_or_default().cast_unsigned())
}

/// Up to which position the indexes in the file are complete.
pub(super) fn covered(conn: &Connection) -> rusqlite::Result<u64> {
    let covered: i64 = conn
        .prepare_cached("SELECT value FROM meta WHERE name = 'indexed_to'")?
        .query_row([], |row| row.get(0))?;
    Ok(covered.cast_unsigned())
}

/// How often a read begins again. Once is the rule; more means that the indexes in the file lag behind
/// for ever, as if somebody had put an older file in its place.
const TRIES: usize = 100;

/// Runs `work` in a read transaction, again in a newer one where it is outdated.
pub(super) fn read<T>(
    conn: &Connection,
    shared: &Shared,
    work: impl Fn(&Reading<'_>) -> Result<T, Fault>,
) -> Result<T, Fault> {
    for _ in 0..TRIES {
        conn.prepare_cached("BEGIN")?.execute([])?;
        let begun = Reading::begun(conn, shared).map_err(Fault::from);
        let done = begun.and_then(|reading| work(&reading));
        // Ends the transaction whatever happened in it; there is nothing to keep.
        let ended = conn.prepare_cached("ROLLBACK")?.execute([]);
        if !matches!(done, Err(Fault::Outdated)) {
            ended?;
            return done;
        }
    }
    Err(Fault::Outdated)
}
