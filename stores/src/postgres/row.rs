use bytes::Bytes;
use factum_core::store::{
    CommandMark, Headers, Mark, Metadata, Position, Recorded, Stamp, StoreError,
};
use factum_core::{EventName, Key, Origin, StreamName, Tag, Tags, Timestamp};
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;
use uuid::Uuid;

use super::fault::Fault;
use super::session::Log;

/// What is read of an event, in this order, after the number of its part of the answer.
pub(super) const EVENT: &str = "e.position, e.stamp, e.key, e.index, e.revision, e.time, e.digest, \
    e.version, e.correlation, e.causation, e.stream, e.name, e.tags, e.actor, e.command, e.headers, \
    e.payload";
/// What is read of an event to have its mark.
pub(super) const MARK: &str = "e.position, e.stamp, e.key, e.index, null::bigint, null::bigint, \
    null::bigint, null::int, null::uuid, null::uuid, null::text, null::text, null::text, \
    null::bytea, null::bytea, null::text, null::bytea";

mod column {
    pub(super) const PART: usize = 0;
    pub(super) const POSITION: usize = 1;
    pub(super) const STAMP: usize = 2;
    pub(super) const KEY: usize = 3;
    pub(super) const INDEX: usize = 4;
    pub(super) const REVISION: usize = 5;
    pub(super) const TIME: usize = 6;
    pub(super) const DIGEST: usize = 7;
    pub(super) const VERSION: usize = 8;
    pub(super) const CORRELATION: usize = 9;
    pub(super) const CAUSATION: usize = 10;
    pub(super) const STREAM: usize = 11;
    pub(super) const NAME: usize = 12;
    pub(super) const TAGS: usize = 13;
    pub(super) const ACTOR: usize = 14;
    pub(super) const COMMAND: usize = 15;
    pub(super) const HEADERS: usize = 16;
    pub(super) const PAYLOAD: usize = 17;
}

/// Which part of an answer a row belongs to.
pub(super) fn part_of(row: &Row) -> Result<i32, Fault> {
    Ok(row.try_get(column::PART)?)
}

/// The mark of the event of a row.
pub(super) fn mark_of(row: &Row, log: Log) -> Result<Mark, Fault> {
    let index = row.try_get::<_, i32>(column::INDEX)?.cast_unsigned();
    Ok(Mark {
        log: log.id,
        position: position_of(row)?,
        event: Some(key_of(row)?.event(index)),
        stamp: stamp_of(row)?,
    })
}

/// The event of a row.
///
/// # Errors
/// [`StoreError::CorruptEvent`], as a fault, if it holds what was never appended.
pub(super) fn event_of(row: &Row, log: Log) -> Result<Recorded, Fault> {
    read(row, log).map_err(|unread| match unread {
        Unread::Fault(fault) => fault,
        Unread::Damaged(what) => damage(row, what),
    })
}

/// Why an event could not be read.
enum Unread {
    Fault(Fault),
    Damaged(String),
}

impl From<Fault> for Unread {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

fn read(row: &Row, log: Log) -> Result<Recorded, Unread> {
    let at = Origin {
        log: log.id,
        position: position_of(row)?,
        stream: stream_of(row)?,
        revision: get::<i64>(row, column::REVISION)?.cast_unsigned(),
        key: key_of(row)?,
        index: get::<i32>(row, column::INDEX)?.cast_unsigned(),
        stamp: stamp_of(row)?,
        tags: tags_of(row)?,
        meta: meta_of(row)?,
    };
    let name = EventName::new(get::<&str>(row, column::NAME)?)
        .map_err(|bad| Unread::Damaged(bad.to_string()))?;
    let version = get::<i32>(row, column::VERSION)?.cast_unsigned();
    let payload = Bytes::copy_from_slice(get::<&[u8]>(row, column::PAYLOAD)?);
    Ok(Recorded { at, name, version, payload })
}

fn meta_of(row: &Row) -> Result<Metadata, Unread> {
    let text = |at, what: &str| -> Result<Option<&str>, Unread> {
        let bytes: Option<&[u8]> = get(row, at)?;
        let text = bytes.map(std::str::from_utf8).transpose();
        text.map_err(|error| Unread::Damaged(format!("its {what} is not UTF-8: {error}")))
    };
    let digest: Option<i64> = get(row, column::DIGEST)?;
    let command = text(column::COMMAND, "command")?.map(|name| CommandMark {
        name: name.into(),
        digest: digest.unwrap_or_default().cast_unsigned(),
    });
    Ok(Metadata {
        time: Timestamp::from_micros(get(row, column::TIME)?),
        correlation: get(row, column::CORRELATION)?,
        causation: get(row, column::CAUSATION)?,
        actor: text(column::ACTOR, "actor")?.map(Into::into),
        command,
        headers: headers_of(row)?,
    })
}

fn headers_of(row: &Row) -> Result<Headers, Unread> {
    let Some(text) = get::<Option<&str>>(row, column::HEADERS)? else { return Ok(Headers::none()) };
    let pairs: std::collections::BTreeMap<String, String> = serde_json::from_str(text)
        .map_err(|error| Unread::Damaged(format!("its headers are not JSON: {error}")))?;
    Ok(pairs.into_iter().collect())
}

fn tags_of(row: &Row) -> Result<Tags, Unread> {
    let Some(text) = get::<Option<&str>>(row, column::TAGS)? else { return Ok(Tags::none()) };
    let tags: Result<Tags, _> = text.split('\n').map(Tag::parse).collect();
    tags.map_err(|bad| Unread::Damaged(bad.to_string()))
}

fn stream_of(row: &Row) -> Result<StreamName, Unread> {
    StreamName::new(get::<&str>(row, column::STREAM)?)
        .map_err(|bad| Unread::Damaged(bad.to_string()))
}

/// The error that says where a damaged event stands, as far as that can be read.
fn damage(row: &Row, what: String) -> Fault {
    let position = position_of(row).unwrap_or_default();
    let revision: Option<i64> = row.try_get(column::REVISION).ok();
    match stream_of(row) {
        Ok(stream) => {
            let revision = revision.unwrap_or_default().cast_unsigned();
            StoreError::CorruptEvent { stream, revision, position, what }.into()
        }
        Err(_) => StoreError::Corrupt { place: format!("the event at {position}"), what }.into(),
    }
}

fn position_of(row: &Row) -> Result<Position, Fault> {
    Ok(Position::new(row.try_get::<_, i64>(column::POSITION)?.cast_unsigned()))
}

fn stamp_of(row: &Row) -> Result<Stamp, Fault> {
    Ok(Stamp::new(row.try_get::<_, i64>(column::STAMP)?.cast_unsigned()))
}

fn key_of(row: &Row) -> Result<Key, Fault> {
    let key: Uuid = row.try_get(column::KEY)?;
    Ok(Key::from_bytes(*key.as_bytes()))
}

fn get<'a, T: FromSql<'a>>(row: &'a Row, at: usize) -> Result<T, Unread> {
    row.try_get(at).map_err(|error| Unread::Fault(error.into()))
}

/// Headers as they are stored: a JSON object, or nothing.
pub(super) fn write_headers(headers: &Headers) -> Option<String> {
    let pairs: std::collections::BTreeMap<&str, &str> = headers.iter().collect();
    (!pairs.is_empty()).then(|| serde_json::json!(pairs).to_string())
}

/// Tags as they are stored: one a line, or nothing.
pub(super) fn write_tags(tags: &Tags) -> Option<String> {
    let texts: Vec<&str> = tags.as_slice().iter().map(Tag::as_str).collect();
    (!texts.is_empty()).then(|| texts.join("\n"))
}
