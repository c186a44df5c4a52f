use factum_core::Key;
use factum_core::store::{Stamp, StoreError};
use rusqlite::{Connection, params};

use super::super::Shared;
use super::super::deferred::Deferred;
use super::super::fault::{BACKEND, Fault, integer};
use super::super::index;
use super::super::names::lock;
use super::super::schema::reopen_writer;
use super::super::transaction::{Reading, covered, end_of};
use super::heads::Heads;

/// The log as the writer has it: the connection, and what is known without asking it.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) conn: Connection,
    pub(super) state: State,
}

/// What the writer knows of the log.
#[derive(Debug)]
pub(super) struct State {
    pub(super) heads: Heads,
    /// The position of the newest event, also of one that is not committed yet.
    pub(super) end: u64,
    /// The position of the newest event that is.
    durable: u64,
    /// Up to which position the indexes in the file are complete.
    covered: u64,
    /// The same, once this transaction has committed.
    covering: u64,
    /// The greatest version 7 key in the file's index.
    newest_key: Key,
    /// What the events get that are appended through this connection.
    pub(super) stamp: Stamp,
    /// Whether the file has the stamp, and whether it has once this transaction has committed.
    stamped: (bool, bool),
}

impl Log {
    /// Takes over a connection, and completes what the indexes lack in memory.
    pub(super) fn open(conn: Connection, shared: &Shared) -> Result<Self, Fault> {
        if !make_durable(&conn)? {
            // Readers of another process keep some of it out of the database file. A commit syncs what
            // stands before it in SQLite's log, too.
            conn.execute("UPDATE meta SET value = value WHERE name = 'indexed_to'", [])?;
        }
        let (end, covered) = (end_of(&conn)?, covered(&conn)?);
        let newest_key =
            conn.query_row("SELECT value FROM meta WHERE name = 'newest_key'", [], |row| {
                row.get(0)
            })?;
        let heads = Heads::new(&conn, shared.options.cache_bytes / 2)?;
        {
            let mut deferred = lock(&shared.deferred);
            // What was added before a failure may never have been stored.
            *deferred = Deferred::new(covered);
            index::extend(&conn, &mut deferred, end)?;
        }
        let state = State {
            heads,
            end,
            durable: end,
            covered,
            covering: covered,
            newest_key: Key::from_bytes(newest_key),
            stamp: Stamp::draw(),
            stamped: (false, false),
        };
        Ok(Self { conn, state })
    }

    /// Opens the file again after a failure that left it unclear what is in it.
    pub(super) fn recover(shared: &Shared) -> Result<Self, Fault> {
        let (conn, log) = reopen_writer(&shared.file, &shared.options)?;
        if log != shared.log {
            let place = shared.file.display().to_string();
            return Err(StoreError::Corrupt { place, what: format!("it is log {log} now") }.into());
        }
        // A failed sync may have made the system forget what it had not written; writing it again does
        // not rely on another sync.
        if !make_durable(&conn)? {
            let reason = "readers keep it from being made durable".to_owned();
            return Err(StoreError::Unavailable { backend: BACKEND, reason }.into());
        }
        Self::open(conn, shared)
    }

    /// The position of the newest event.
    pub(super) fn end(&self) -> u64 {
        self.state.end
    }

    pub(super) fn begin(&self) -> Result<(), Fault> {
        self.conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        Ok(())
    }

    pub(super) fn commit(&self) -> Result<(), Fault> {
        self.conn.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }

    /// Takes note that the transaction has committed.
    pub(super) fn committed(&mut self, shared: &Shared) {
        let state = &mut self.state;
        state.durable = state.end;
        state.stamped.0 = state.stamped.1;
        if state.covering > state.covered {
            state.covered = state.covering;
            lock(&shared.deferred).advance(state.covered);
        }
    }

    /// Forgets what the transaction did. `None` if the file has to be opened again, as it is if nobody
    /// knows whether the transaction committed.
    pub(super) fn roll_back(mut self, shared: &Shared, outcome_unknown: bool) -> Option<Self> {
        lock(&shared.deferred).truncate(self.state.durable);
        shared.names.clear();
        if outcome_unknown {
            return None;
        }
        // SQLite ends some failed transactions itself.
        if !self.conn.is_autocommit() {
            self.conn.execute_batch("ROLLBACK").ok()?;
        }
        let state = &mut self.state;
        state.heads = Heads::new(&self.conn, shared.options.cache_bytes / 2).ok()?;
        state.end = state.durable;
        state.covering = state.covered;
        state.stamped.1 = state.stamped.0;
        Some(self)
    }

    /// Writes the deferred parts of the indexes to the file if enough has gathered.
    pub(super) fn index_if_due(&mut self, shared: &Shared) -> Result<(), Fault> {
        let is_due = lock(&shared.deferred).is_due();
        if is_due { self.index(shared) } else { Ok(()) }
    }

    fn index(&mut self, shared: &Shared) -> Result<(), Fault> {
        let (entries, tagged, newest) = {
            let deferred = lock(&shared.deferred);
            let (entries, tagged) = (deferred.entries().collect(), deferred.tags().collect());
            (entries, tagged, deferred.newest_key())
        };
        let state = &mut self.state;
        let newest = newest.map_or(state.newest_key, |key| key.max(state.newest_key));
        index::flush(&self.conn, entries, tagged)?;
        index::note(&self.conn, state.end, newest)?;
        // Greater than what is in the file if the transaction fails: that only costs a look there.
        state.newest_key = newest;
        state.covering = state.end;
        Ok(())
    }

    /// Completes the indexes and merges SQLite's log into the file. Failing, it leaves both for the
    /// next one that opens the file.
    pub(super) fn close(mut self, shared: &Shared) {
        let done = self.begin().and_then(|()| self.index(shared)).and_then(|()| self.commit());
        match done {
            Ok(()) => self.committed(shared),
            Err(_) => drop(self.conn.execute_batch("ROLLBACK")),
        }
        drop(self.conn.close());
    }
}

impl State {
    /// The log as the transaction sees it.
    pub(super) fn reading<'a>(&self, conn: &'a Connection, shared: &'a Shared) -> Reading<'a> {
        Reading { conn, shared, end: self.end, covered: self.covered, has_tags: true }
    }

    /// Writes the stamp down before the first event that gets it.
    pub(super) fn ensure_stamp(&mut self, conn: &Connection) -> Result<(), Fault> {
        if !self.stamped.1 {
            conn.execute(
                "INSERT OR REPLACE INTO stamps (first, stamp) VALUES (?1, ?2)",
                params![integer(self.end + 1), self.stamp.number().cast_signed()],
            )?;
            self.stamped.1 = true;
        }
        Ok(())
    }

    /// Whether a commit with this key could be in the file's part of the index.
    pub(super) fn may_be_indexed(&self, key: &Key) -> bool {
        key.uuid().get_version_num() != 7 || *key <= self.newest_key
    }
}

/// Makes what is visible durable: a process that ended may have written it without the sync, and what
/// readers see must not be lost to a power cut any more. Whether all of it could be written to the
/// database file itself.
fn make_durable(conn: &Connection) -> Result<bool, Fault> {
    let (frames, written): (i64, i64) =
        conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| Ok((row.get(1)?, row.get(2)?)))?;
    Ok(frames == written)
}
