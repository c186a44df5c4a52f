use std::sync::{Arc, Mutex, PoisonError};

use factum_core::{EventName, StreamName};
use rusqlite::types::ValueRef;
use rusqlite::{CachedStatement, Connection};

use super::lru::Lru;

/// What a stream's entry takes beside its name: the entry, its links, its slot in the table, and the
/// head of the shared text.
pub(super) const STREAM_COST: usize = 112;

/// The names behind the numbers in the file, as readers have met them: shared by all of them, so that
/// an event costs no allocation for its names.
#[derive(Debug)]
pub(super) struct Names {
    streams: Mutex<Lru<i64, StreamName>>,
    names: Mutex<Lru<i64, Name>>,
}

/// The name of an event or a command.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) text: Arc<str>,
    /// `None` if it could not be that of an event.
    pub(super) event: Option<EventName>,
}

/// Why a number has no name. It damages the events that refer to it.
pub(super) type NoName = String;

impl Names {
    pub(super) fn new(bytes: usize) -> Self {
        let names = bytes / 16;
        Self {
            streams: Mutex::new(Lru::new(bytes - names, |_, name| STREAM_COST + name.len())),
            names: Mutex::new(Lru::new(names, |_, name| STREAM_COST + name.text.len())),
        }
    }

    /// Forgets everything: the numbers may come to stand for other names.
    pub(super) fn clear(&self) {
        lock(&self.streams).clear();
        lock(&self.names).clear();
    }

    pub(super) fn stream(
        &self,
        conn: &Connection,
        id: i64,
    ) -> rusqlite::Result<Result<StreamName, NoName>> {
        if let Some(name) = lock(&self.streams).peek(&id) {
            return Ok(Ok(name.clone()));
        }
        let statement = conn.prepare_cached("SELECT name FROM streams WHERE id = ?1")?;
        let name = text(statement, "stream", id)?
            .and_then(|name| StreamName::new(name).map_err(|bad| bad.to_string()));
        if let Ok(name) = &name {
            lock(&self.streams).insert(id, name.clone());
        }
        Ok(name)
    }

    pub(super) fn name(
        &self,
        conn: &Connection,
        id: i64,
    ) -> rusqlite::Result<Result<Name, NoName>> {
        if let Some(name) = lock(&self.names).peek(&id) {
            return Ok(Ok(name.clone()));
        }
        let statement = conn.prepare_cached("SELECT name FROM names WHERE id = ?1")?;
        let name = text(statement, "name", id)?
            .map(|text| Name { event: EventName::new(text.clone()).ok(), text });
        if let Ok(name) = &name {
            lock(&self.names).insert(id, name.clone());
        }
        Ok(name)
    }
}

fn text(
    mut statement: CachedStatement<'_>,
    what: &str,
    id: i64,
) -> rusqlite::Result<Result<Arc<str>, NoName>> {
    let mut rows = statement.query([id])?;
    let Some(row) = rows.next()? else { return Ok(Err(format!("there is no {what} {id}"))) };
    Ok(match row.get_ref(0)? {
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.into()),
            Err(error) => Err(format!("the text of {what} {id} is not UTF-8: {error}")),
        },
        other => Err(format!("{what} {id} is {}, not text", other.data_type())),
    })
}

/// Takes a lock whose holder cannot leave it half changed, so one that panicked does no harm.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
