use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use factum_core::store::{
    CommandMark, Headers, LogId, Metadata, Position, Recorded, Stamp, StoreError,
};
use factum_core::{Key, Origin, StreamName, Tag, Tags, Timestamp};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use uuid::Uuid;

use super::fault::Fault;
use super::names::{Name, Names};
use super::transaction::Stamped;

/// The columns of `events`, in the order of the module [`column`](mod@column).
macro_rules! columns {
    () => {
        "position, stream, revision, name, version, key, idx, time, correlation, causation, actor, \
         command, digest, headers, tags, payload"
    };
}
pub(super) use columns;

/// Where a column stands.
pub(super) mod column {
    pub(crate) const POSITION: usize = 0;
    pub(crate) const STREAM: usize = 1;
    pub(crate) const REVISION: usize = 2;
    pub(crate) const NAME: usize = 3;
    pub(crate) const VERSION: usize = 4;
    pub(crate) const KEY: usize = 5;
    pub(crate) const IDX: usize = 6;
    pub(crate) const TIME: usize = 7;
    pub(crate) const CORRELATION: usize = 8;
    pub(crate) const CAUSATION: usize = 9;
    pub(crate) const ACTOR: usize = 10;
    pub(crate) const COMMAND: usize = 11;
    pub(crate) const DIGEST: usize = 12;
    pub(crate) const HEADERS: usize = 13;
    pub(crate) const TAGS: usize = 14;
    pub(crate) const PAYLOAD: usize = 15;
}

/// A row could not be read: SQLite failed, or the row is not an event.
#[derive(Debug)]
pub(super) enum Unread {
    Sql(rusqlite::Error),
    Damaged(String),
}

impl From<rusqlite::Error> for Unread {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

type Read<T> = Result<T, Unread>;

/// Makes events of rows, so that the payloads of a page share one allocation, and names and the
/// actor are shared too.
pub(super) struct PageBuilder<'a> {
    conn: &'a Connection,
    names: &'a Names,
    log: LogId,
    stamped: Option<Stamped>,
    last_name: Option<(i64, Name)>,
    last_actor: Option<Arc<str>>,
    events: Vec<Recorded>,
    ranges: Vec<Range<usize>>,
    payloads: Vec<u8>,
}

impl<'a> PageBuilder<'a> {
    /// With room for so many events.
    pub(super) fn new(conn: &'a Connection, names: &'a Names, log: LogId, events: usize) -> Self {
        Self {
            conn,
            names,
            log,
            stamped: None,
            last_name: None,
            last_actor: None,
            events: Vec::with_capacity(events),
            ranges: Vec::with_capacity(events),
            payloads: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    /// How many bytes the payloads have.
    pub(super) fn bytes(&self) -> usize {
        self.payloads.len()
    }

    /// The events, each with its part of the shared payload.
    pub(super) fn finish(mut self) -> Vec<Recorded> {
        let payloads = Bytes::from(self.payloads);
        for (event, range) in self.events.iter_mut().zip(self.ranges) {
            event.payload = payloads.slice(range);
        }
        self.events
    }

    /// Takes in the event of a row.
    pub(super) fn push(&mut self, row: &Row<'_>) -> Read<()> {
        let event = self.event(row)?;
        let start = self.payloads.len();
        match row.get_ref(column::PAYLOAD)? {
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => self.payloads.extend_from_slice(bytes),
            other => return Err(wrong("payload", other)),
        }
        self.ranges.push(start..self.payloads.len());
        self.events.push(event);
        Ok(())
    }

    fn event(&mut self, row: &Row<'_>) -> Read<Recorded> {
        let stream = self.names.stream(self.conn, integer(row, column::STREAM, "stream")?)?;
        let name = self.name(integer(row, column::NAME, "name")?)?;
        let name = match name.event {
            Some(event) => event,
            None => return Err(Unread::Damaged(format!("{:?} is not an event's name", name.text))),
        };
        let position = unsigned(row, column::POSITION, "position")?;
        let at = Origin {
            log: self.log,
            position: Position::new(position),
            stamp: self.stamp(position)?,
            stream: stream.map_err(Unread::Damaged)?,
            revision: unsigned(row, column::REVISION, "revision")?,
            key: key_of(row)?,
            index: index_of(row)?,
            tags: tags_of(row)?,
            meta: self.metadata(row)?,
        };
        let version = u32::try_from(integer(row, column::VERSION, "version")?)
            .map_err(|_| Unread::Damaged("its version is out of range".to_owned()))?;
        Ok(Recorded { at, name, version, payload: Bytes::new() })
    }

    fn stamp(&mut self, position: u64) -> Read<Stamp> {
        match self.stamped.filter(|stamped| stamped.contains(position)) {
            Some(stamped) => Ok(stamped.stamp),
            None => Ok(self.stamped.insert(Stamped::at(self.conn, position)?).stamp),
        }
    }

    fn name(&mut self, id: i64) -> Read<Name> {
        match &self.last_name {
            Some((last, name)) if *last == id => Ok(name.clone()),
            _ => {
                let name = self.names.name(self.conn, id)?.map_err(Unread::Damaged)?;
                self.last_name = Some((id, name.clone()));
                Ok(name)
            }
        }
    }

    fn metadata(&mut self, row: &Row<'_>) -> Read<Metadata> {
        Ok(Metadata {
            time: Timestamp::from_micros(integer(row, column::TIME, "time")?),
            correlation: uuid(row, column::CORRELATION, "correlation")?,
            causation: uuid(row, column::CAUSATION, "causation")?,
            actor: self.actor(row)?,
            command: self.command(row)?,
            headers: headers_of(row)?,
        })
    }

    fn actor(&mut self, row: &Row<'_>) -> Read<Option<Arc<str>>> {
        let Some(text) = text(row, column::ACTOR, "actor")? else { return Ok(None) };
        match &self.last_actor {
            Some(actor) if **actor == *text => {}
            _ => self.last_actor = Some(text.into()),
        }
        Ok(self.last_actor.clone())
    }

    fn command(&mut self, row: &Row<'_>) -> Read<Option<CommandMark>> {
        let id = match row.get_ref(column::COMMAND)? {
            ValueRef::Null => return Ok(None),
            ValueRef::Integer(id) => id,
            other => return Err(wrong("command", other)),
        };
        let name = self.names.name(self.conn, id)?.map_err(Unread::Damaged)?.text;
        let digest = integer(row, column::DIGEST, "digest")?.cast_unsigned();
        Ok(Some(CommandMark { name, digest }))
    }

    /// The error that says where a damaged row stands, as far as that can be read.
    pub(super) fn damage(&self, row: &Row<'_>, what: String) -> Fault {
        let id = integer(row, column::STREAM, "stream").unwrap_or_default();
        let stream = self.names.stream(self.conn, id).ok().and_then(Result::ok);
        let stream = stream.or_else(|| StreamName::of("unknown", &id.to_string()).ok());
        let position = unsigned(row, column::POSITION, "position").unwrap_or_default();
        let position = Position::new(position);
        let revision = unsigned(row, column::REVISION, "revision").unwrap_or_default();
        match stream {
            Some(stream) => StoreError::CorruptEvent { stream, revision, position, what }.into(),
            None => StoreError::Corrupt { place: format!("the event at {position}"), what }.into(),
        }
    }
}

fn wrong(column: &str, value: ValueRef<'_>) -> Unread {
    Unread::Damaged(format!("its {column} is of the type {}", value.data_type()))
}

pub(super) fn integer(row: &Row<'_>, at: usize, column: &str) -> Read<i64> {
    match row.get_ref(at)? {
        ValueRef::Integer(number) => Ok(number),
        other => Err(wrong(column, other)),
    }
}

pub(super) fn unsigned(row: &Row<'_>, at: usize, column: &str) -> Read<u64> {
    u64::try_from(integer(row, at, column)?)
        .map_err(|_| Unread::Damaged(format!("its {column} is negative")))
}

/// Where the event of the row stands. Unlike the other columns, a rowid is never of another type.
pub(super) fn position_of(row: &Row<'_>) -> Position {
    Position::new(row.get::<_, i64>(column::POSITION).unwrap_or_default().cast_unsigned())
}

fn text<'r>(row: &'r Row<'_>, at: usize, column: &str) -> Read<Option<&'r str>> {
    match row.get_ref(at)? {
        ValueRef::Null => Ok(None),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(error) => Err(Unread::Damaged(format!("its {column} is not UTF-8: {error}"))),
        },
        other => Err(wrong(column, other)),
    }
}

fn bytes16(row: &Row<'_>, at: usize, column: &str) -> Read<Option<[u8; 16]>> {
    match row.get_ref(at)? {
        ValueRef::Null => Ok(None),
        ValueRef::Blob(bytes) => match bytes.try_into() {
            Ok(bytes) => Ok(Some(bytes)),
            Err(_) => Err(Unread::Damaged(format!("its {column} has not 16 bytes"))),
        },
        other => Err(wrong(column, other)),
    }
}

fn uuid(row: &Row<'_>, at: usize, column: &str) -> Read<Option<Uuid>> {
    Ok(bytes16(row, at, column)?.map(Uuid::from_bytes))
}

fn key_of(row: &Row<'_>) -> Read<Key> {
    match bytes16(row, column::KEY, "key")? {
        Some(bytes) => Ok(Key::from_bytes(bytes)),
        None => Err(wrong("key", ValueRef::Null)),
    }
}

fn index_of(row: &Row<'_>) -> Read<u32> {
    u32::try_from(integer(row, column::IDX, "idx")?)
        .map_err(|_| Unread::Damaged("its idx is out of range".to_owned()))
}

fn headers_of(row: &Row<'_>) -> Read<Headers> {
    let Some(text) = text(row, column::HEADERS, "headers")? else { return Ok(Headers::none()) };
    let pairs: std::collections::BTreeMap<String, String> = serde_json::from_str(text)
        .map_err(|error| Unread::Damaged(format!("its headers are not JSON: {error}")))?;
    Ok(pairs.into_iter().collect())
}

pub(super) fn tags_of(row: &Row<'_>) -> Read<Tags> {
    tags_in(row, column::TAGS)
}

/// The tags that stand in a column.
pub(super) fn tags_in(row: &Row<'_>, column: usize) -> Read<Tags> {
    let Some(text) = text(row, column, "tags")? else { return Ok(Tags::none()) };
    let texts: Vec<String> = serde_json::from_str(text)
        .map_err(|error| Unread::Damaged(format!("its tags are not JSON: {error}")))?;
    let tags: Result<Tags, _> = texts.iter().map(|text| Tag::parse(text)).collect();
    tags.map_err(|bad| Unread::Damaged(bad.to_string()))
}

/// Headers as they are stored: a JSON object, or nothing.
pub(super) fn write_headers(headers: &Headers) -> Option<String> {
    let pairs: std::collections::BTreeMap<&str, &str> = headers.iter().collect();
    (!pairs.is_empty()).then(|| serde_json::json!(pairs).to_string())
}

/// Tags as they are stored: a JSON array, or nothing.
pub(super) fn write_tags(tags: &Tags) -> Option<String> {
    let texts: Vec<&str> = tags.as_slice().iter().map(Tag::as_str).collect();
    // Text can always be written.
    (!texts.is_empty()).then(|| serde_json::to_string(&texts).ok()).flatten()
}
