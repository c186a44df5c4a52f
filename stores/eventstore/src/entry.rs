//! Events of ours as the server keeps them, and back.
//!
//! *Problem.* The server takes an append whose ids stand already where it is to go for done, without
//! telling: a repeat would not be known as one, and other content under the same key would be lost in
//! silence. *Invariant.* No two appends send the same ids. *Shape.* An event's id there follows from its
//! id here and from the stamp of its append; what is stored beside the payload is in [`meta`](crate::meta).

use bytes::Bytes;
use factum_core::store::{
    CommandMark, Commit, LogId, Mark, Position, Recorded, Stamp, StoreError, StreamWrite,
};
use factum_core::{EventId, EventName, Key, Origin, StreamName, Tag, Tags};
use factum_stores::backend::digest_of_events;
use uuid::Uuid;

use crate::link::Raw;
use crate::meta::{Meta, Place};
use crate::names;

/// An event as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) id: Uuid,
    pub(crate) event_type: String,
    pub(crate) data: Bytes,
    pub(crate) metadata: Bytes,
}

impl Entry {
    /// The bytes that the server counts: it keeps names in two bytes a letter.
    pub(crate) fn bytes(&self) -> usize {
        self.data.len() + self.metadata.len() + 2 * self.event_type.len()
    }
}

/// The events of a commit to one stream.
///
/// # Errors
/// [`StoreError::Open`] if the metadata have no JSON, which is of no metadata that can be made.
pub(crate) fn entries(
    commit: &Commit,
    write: &StreamWrite,
    stamp: Stamp,
) -> Result<Vec<Entry>, StoreError> {
    let (key, stamp) = (commit.key, stamp.number());
    let of = u32::try_from(write.events.len()).unwrap_or(u32::MAX);
    let mut entries = Vec::with_capacity(write.events.len());
    for (index, event) in (0..of).zip(&write.events) {
        let is_last = index + 1 == of;
        let digest = is_last.then(|| u128::from_be_bytes(digest_of_events(commit)));
        let place = Place { key, index, of, stamp, digest };
        let meta = Meta::new(&commit.meta, event.version, &event.tags, place);
        let metadata = serde_json::to_vec(&meta).map_err(|error| StoreError::Open {
            place: format!("commit {key}"),
            reason: format!("its metadata cannot be written: {error}"),
        })?;
        entries.push(Entry {
            id: id_on_server(key.event(index), stamp),
            event_type: names::on_server(&event.name).into_owned(),
            data: event.payload.clone(),
            metadata: metadata.into(),
        });
    }
    Ok(entries)
}

fn id_on_server(event: EventId, stamp: u64) -> Uuid {
    Uuid::new_v5(&event.uuid(), &stamp.to_be_bytes())
}

/// An event of ours, of which no more is read than is needed to know it again.
#[derive(Debug)]
pub(crate) struct Own {
    meta: Meta,
}

/// What was read is ours and damaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Damaged(String);

/// Whether an event is ours. `None` if somebody else wrote it, be it the server.
pub(crate) fn own(raw: &Raw) -> Option<Result<Own, Damaged>> {
    if raw.stream.starts_with('$') || raw.stream == names::LOG {
        return None;
    }
    match serde_json::from_slice::<Meta>(&raw.custom_metadata) {
        Ok(meta) if meta.factum.has_place() => Some(Ok(Own { meta })),
        Ok(meta) => {
            let (index, of) = (meta.factum.index, meta.factum.of);
            Some(Err(Damaged(format!("it is event {index} of the {of} events of its commit"))))
        }
        Err(error) => {
            claims_to_be_ours(raw).then(|| Err(Damaged(format!("its metadata: {error}"))))
        }
    }
}

fn claims_to_be_ours(raw: &Raw) -> bool {
    let metadata = serde_json::from_slice::<serde_json::Value>(&raw.custom_metadata);
    metadata.is_ok_and(|metadata| metadata.get("factum").is_some())
}

/// The mark of an event; `None` if it is not ours.
pub(crate) fn mark(raw: &Raw, log: LogId) -> Option<Mark> {
    Some(match own(raw)? {
        Ok(own) => own.mark(raw, log),
        Err(_) => Mark { position: Position::new(raw.position), ..Mark::start(log) },
    })
}

/// An event with all that is known of it; `None` if it is not ours.
pub(crate) fn recorded(raw: &Raw, log: LogId) -> Option<Result<Recorded, StoreError>> {
    Some(own(raw)?.and_then(|own| own.recorded(raw, log)).map_err(|damaged| damaged.of(raw)))
}

impl Damaged {
    /// The error of whoever reads it.
    fn of(self, raw: &Raw) -> StoreError {
        let (revision, position, what) = (raw.revision, Position::new(raw.position), self.0);
        match StreamName::new(names::from_server(&raw.stream)) {
            Ok(stream) => StoreError::CorruptEvent { stream, revision, position, what },
            Err(problem) => StoreError::Corrupt {
                place: format!("the event at {position}, revision {revision}"),
                what: problem.to_string(),
            },
        }
    }
}

impl Own {
    pub(crate) fn key(&self) -> Key {
        self.meta.factum.key
    }

    /// The commit's digest, if this is its last event.
    pub(crate) fn digest(&self) -> Option<u128> {
        self.meta.factum.digest.map(|digest| digest.0)
    }

    /// How many events its commit has.
    pub(crate) fn of(&self) -> u32 {
        self.meta.factum.of
    }

    pub(crate) fn into_command(self) -> Option<CommandMark> {
        self.meta.into_command()
    }

    pub(crate) fn mark(&self, raw: &Raw, log: LogId) -> Mark {
        let own = &self.meta.factum;
        Mark {
            log,
            position: Position::new(raw.position),
            event: Some(own.key.event(own.index)),
            stamp: Stamp::new(own.stamp.0),
        }
    }

    fn recorded(self, raw: &Raw, log: LogId) -> Result<Recorded, Damaged> {
        let own = &self.meta.factum;
        let damaged = |what: &dyn std::fmt::Display| Damaged(what.to_string());
        let stream = StreamName::new(names::from_server(&raw.stream));
        let name = EventName::new(names::from_server(&raw.event_type).to_owned());
        let tags = own.tags.iter().map(|tag| Tag::parse(tag)).collect::<Result<Tags, _>>();
        let (key, index, version) = (own.key, own.index, own.version);
        let at = Origin {
            log,
            position: Position::new(raw.position),
            stream: stream.map_err(|problem| damaged(&problem))?,
            revision: raw.revision,
            key,
            index,
            stamp: Stamp::new(own.stamp.0),
            tags: tags.map_err(|problem| damaged(&problem))?,
            meta: self.meta.into_metadata(),
        };
        let name = name.map_err(|problem| damaged(&problem))?;
        Ok(Recorded { at, name, version, payload: raw.data.clone() })
    }
}

#[cfg(test)]
mod tests;
