use std::sync::Arc;

use factum_core::StreamName;
use factum_core::store::{Position, StoreError};
use rusqlite::{Connection, OptionalExtension, params};

use super::super::fault::Fault;
use super::super::lru::Lru;
use super::super::names::STREAM_COST;
use super::super::transaction::Reading;
use super::tag_heads::TagHeads;

/// The greatest revision that the file can hold. No stream gets there; only damage does.
const LAST_REVISION: u64 = i64::MAX.cast_unsigned();

/// A stream's number and the revision of its newest event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) stream: i64,
    pub(super) newest: u64,
}

/// What the writer remembers of streams and names, so that an append usually reads nothing. It may
/// forget anything: the file has it all.
#[derive(Debug)]
pub(super) struct Heads {
    streams: Lru<StreamName, Head>,
    names: Lru<Arc<str>, i64>,
    pub(super) tags: TagHeads,
    next_stream: i64,
    next_name: i64,
}

impl Heads {
    /// Remembers nothing yet, and at the most so many bytes.
    pub(super) fn new(conn: &Connection, bytes: usize) -> Result<Self, Fault> {
        let next = |sql| conn.query_row(sql, [], |row| row.get(0));
        let (names, tags) = (bytes / 16, bytes / 8);
        Ok(Self {
            streams: Lru::new(bytes - names - tags, |name, _| STREAM_COST + name.len()),
            names: Lru::new(names, |name, _| STREAM_COST + name.len()),
            tags: TagHeads::new(tags),
            next_stream: next("SELECT coalesce(max(id), 0) + 1 FROM streams")?,
            next_name: next("SELECT coalesce(max(id), 0) + 1 FROM names")?,
        })
    }

    /// The head of a stream, if it has events.
    pub(super) fn head(
        &mut self,
        reading: &Reading<'_>,
        name: &StreamName,
    ) -> Result<Option<Head>, Fault> {
        if let Some(head) = self.streams.get(name) {
            return Ok(Some(*head));
        }
        let Some(stream) = reading.stream(name)? else { return Ok(None) };
        let newest = reading.index().newest(stream)?;
        let Some((newest, position)) = newest else { return Ok(None) };
        if newest >= LAST_REVISION {
            let (stream, position) = (name.clone(), Position::new(position));
            let what = "no revision can follow it".to_owned();
            return Err(
                StoreError::CorruptEvent { stream, revision: newest, position, what }.into()
            );
        }
        let head = Head { stream, newest };
        self.streams.insert(name.clone(), head);
        Ok(Some(head))
    }

    /// Notes the newest revision of a stream.
    pub(super) fn set(&mut self, name: &StreamName, head: Head) {
        match self.streams.get(name) {
            Some(known) => *known = head,
            None => self.streams.insert(name.clone(), head),
        }
    }

    /// Gives a new stream a number.
    pub(super) fn add_stream(&mut self, conn: &Connection, name: &str) -> Result<i64, Fault> {
        let id = self.next_stream;
        conn.prepare_cached("INSERT INTO streams (id, name) VALUES (?1, ?2)")?
            .execute(params![id, name])?;
        self.next_stream += 1;
        Ok(id)
    }

    /// The number of a name of an event or a command, a new one if it has none.
    pub(super) fn name(&mut self, conn: &Connection, name: &str) -> Result<i64, Fault> {
        if let Some(id) = self.names.get(name) {
            return Ok(*id);
        }
        let known = conn
            .prepare_cached("SELECT id FROM names WHERE name = ?1")?
            .query_row([name], |row| row.get(0))
            .optional()?;
        let id = match known {
            Some(id) => id,
            None => {
                let id = self.next_name;
                conn.prepare_cached("INSERT INTO names (id, name) VALUES (?1, ?2)")?
                    .execute(params![id, name])?;
                self.next_name += 1;
                id
            }
        };
        self.names.insert(name.into(), id);
        Ok(id)
    }
}
