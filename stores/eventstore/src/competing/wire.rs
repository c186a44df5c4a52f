//! The messages of a persistent subscription, as far as a consumer needs them.

use eventstore::Error;
use uuid::Uuid;

use crate::link::Raw;
use crate::link::wire::{Id, RecordedEvent, StreamIdentifier, UuidOption};

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ReadReq {
    #[prost(message, optional, tag = "1")]
    options: Option<Options>,
    #[prost(message, optional, tag = "2")]
    ack: Option<Ack>,
    #[prost(message, optional, tag = "3")]
    nack: Option<Nack>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Options {
    #[prost(message, optional, tag = "1")]
    stream_identifier: Option<StreamIdentifier>,
    #[prost(message, optional, tag = "5")]
    all: Option<()>,
    #[prost(string, tag = "2")]
    group_name: String,
    #[prost(int32, tag = "3")]
    buffer_size: i32,
    #[prost(message, optional, tag = "4")]
    uuid_option: Option<UuidOption>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Ack {
    #[prost(message, repeated, tag = "2")]
    ids: Vec<Id>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Nack {
    #[prost(message, repeated, tag = "2")]
    ids: Vec<Id>,
    #[prost(enumeration = "Action", tag = "3")]
    action: i32,
    #[prost(string, tag = "4")]
    reason: String,
}

/// What is to become of an event that was not dealt with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(super) enum Action {
    /// The server decides.
    Unknown = 0,
    /// It is put aside.
    Park = 1,
    /// It is delivered again.
    Retry = 2,
    /// It is done with.
    Skip = 3,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ReadResp {
    #[prost(message, optional, tag = "1")]
    event: Option<ReadEvent>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ReadEvent {
    #[prost(message, optional, tag = "1")]
    event: Option<RecordedEvent>,
    #[prost(message, optional, tag = "2")]
    link: Option<RecordedEvent>,
    #[prost(int32, tag = "5")]
    retry_count: i32,
}

/// One event on its way to a consumer.
#[derive(Debug)]
pub(super) struct Arrived {
    /// What the answer has to name: the link, where the event is delivered by one.
    pub(super) id: Uuid,
    /// `None` if all that is left is a link to it.
    pub(super) event: Option<Raw>,
    /// How often it was delivered before.
    pub(super) retries: u32,
}

impl ReadReq {
    /// Joins a group, of `$all` if no stream is named.
    pub(super) fn join(stream: Option<&str>, group: &str, in_flight: u16) -> Self {
        let name = |stream: &str| StreamIdentifier { stream_name: stream.to_owned().into() };
        let options = Options {
            stream_identifier: stream.map(name),
            all: stream.is_none().then_some(()),
            group_name: group.to_owned(),
            buffer_size: in_flight.into(),
            uuid_option: Some(UuidOption { string: Some(()) }),
        };
        Self { options: Some(options), ..Self::default() }
    }

    /// The event is dealt with.
    pub(super) fn ack(id: Uuid) -> Self {
        Self { ack: Some(Ack { ids: ids(id) }), ..Self::default() }
    }

    /// The event is not dealt with.
    pub(super) fn nack(id: Uuid, action: Action, reason: &str) -> Self {
        let nack = Nack { ids: ids(id), action: action.into(), reason: reason.to_owned() };
        Self { nack: Some(nack), ..Self::default() }
    }
}

fn ids(id: Uuid) -> Vec<Id> {
    vec![Id { string: id.to_string() }]
}

impl ReadResp {
    /// The event, if the server sends one.
    pub(super) fn arrived(self) -> Result<Option<Arrived>, Error> {
        let Some(read) = self.event else { return Ok(None) };
        let original = read.link.as_ref().or(read.event.as_ref());
        let id = original.and_then(RecordedEvent::id);
        let id = id.ok_or_else(|| Error::InternalParsingError("an event has no id".to_owned()))?;
        let retries = u32::try_from(read.retry_count).unwrap_or(0);
        Ok(Some(Arrived { id, event: read.event.map(Raw::try_from).transpose()?, retries }))
    }
}
