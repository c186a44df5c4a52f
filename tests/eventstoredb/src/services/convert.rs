//! Between the messages of the protocol and the model.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use tonic::Status;
use uuid::Uuid;

use crate::errors::{invalid, missing_metadata};
use crate::model::{Proposed, Record};
use crate::wire;

const JSON: &str = "application/json";
const OCTETS: &str = "application/octet-stream";

/// The name in `identifier`.
pub(crate) fn name_of(identifier: Option<wire::StreamIdentifier>) -> Result<String, Status> {
    let name = identifier.ok_or_else(|| invalid("the stream's identifier is missing"))?.stream_name;
    match String::from_utf8(name.into()) {
        Ok(name) if name.is_empty() => Err(invalid("the stream's name is empty")),
        Ok(name) => Ok(name),
        Err(_) => Err(invalid("the stream's name is not UTF-8")),
    }
}

pub(crate) fn identifier_of(name: &str) -> wire::StreamIdentifier {
    wire::StreamIdentifier { stream_name: Bytes::copy_from_slice(name.as_bytes()) }
}

pub(crate) fn id_of(id: Option<wire::Uuid>) -> Result<Uuid, Status> {
    match id.and_then(|id| id.value) {
        Some(wire::uuid::Value::Halves(halves)) => Ok(Uuid::from_u64_pair(
            halves.most_significant_bits.cast_unsigned(),
            halves.least_significant_bits.cast_unsigned(),
        )),
        Some(wire::uuid::Value::Text(text)) => {
            text.parse().map_err(|_| invalid(format!("'{text}' is not a UUID")))
        }
        None => Err(invalid("an id is missing")),
    }
}

/// The form in which a client wants ids.
#[derive(Clone, Copy, Debug)]
pub(crate) enum IdForm {
    Text,
    Halves,
}

impl IdForm {
    pub(crate) fn parse(form: Option<wire::UuidForm>) -> Result<Self, Status> {
        match form.and_then(|form| form.form) {
            Some(wire::uuid_form::Form::Text(())) => Ok(Self::Text),
            Some(wire::uuid_form::Form::Halves(())) => Ok(Self::Halves),
            None => Err(invalid("uuid_option is missing: ask for strings or for structures")),
        }
    }

    pub(crate) fn write(self, id: Uuid) -> wire::Uuid {
        let (high, low) = id.as_u64_pair();
        let value = match self {
            Self::Text => wire::uuid::Value::Text(id.to_string()),
            Self::Halves => wire::uuid::Value::Halves(wire::uuid::Halves {
                most_significant_bits: high.cast_signed(),
                least_significant_bits: low.cast_signed(),
            }),
        };
        wire::Uuid { value: Some(value) }
    }
}

pub(crate) fn position_of(position: u64) -> wire::LogPosition {
    wire::LogPosition { commit_position: position, prepare_position: position }
}

/// The position that a client says; prepare is never after commit.
pub(crate) fn checked_position(position: &wire::LogPosition) -> Result<u64, Status> {
    if position.prepare_position > position.commit_position {
        return Err(invalid(format!(
            "position {}/{}: prepare is after commit",
            position.commit_position, position.prepare_position
        )));
    }
    Ok(position.commit_position)
}

pub(crate) fn recorded_event(record: &Arc<Record>, form: IdForm) -> wire::RecordedEvent {
    let content_type = if record.is_json { JSON } else { OCTETS };
    let metadata = HashMap::from([
        ("type".to_owned(), record.event_type.clone()),
        ("content-type".to_owned(), content_type.to_owned()),
        ("created".to_owned(), record.created.to_string()),
    ]);
    wire::RecordedEvent {
        id: Some(form.write(record.id)),
        stream_identifier: Some(identifier_of(&record.stream)),
        stream_revision: record.revision(),
        prepare_position: record.position,
        commit_position: record.position,
        metadata,
        custom_metadata: record.metadata.clone(),
        data: record.data.clone(),
    }
}

pub(crate) fn proposed(message: wire::ProposedMessage) -> Result<Proposed, Status> {
    let wire::ProposedMessage { id, mut metadata, custom_metadata, data } = message;
    let id = id_of(id)?;
    let event_type = metadata.remove("type").ok_or_else(|| missing_metadata("type"))?;
    let content_type =
        metadata.remove("content-type").ok_or_else(|| missing_metadata("content-type"))?;
    let is_json = content_type == JSON;
    Ok(Proposed { id, event_type, is_json, data, metadata: custom_metadata })
}
