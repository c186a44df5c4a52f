//! The messages of a subscription to `$all`, as far as it needs them, and those that others share.
//!
//! The client compiles the protocol too, but keeps the messages to itself. Where the protocol has one
//! field of several, the one that is used stands here alone.

use std::collections::HashMap;

use bytes::Bytes;
use eventstore::Error;
use uuid::Uuid;

use super::{Raw, ReadFrom};

/// Streams that are not the system's.
const NOT_OF_SYSTEM: &str = r"^[^\$].*";
/// After how many events that the filter leaves out the server says how far it is.
const WINDOW: u32 = 256;

/// What servers before 22.6 say of the position of an event that is read by its stream.
const NO_POSITION: u64 = u64::MAX;

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ReadReq {
    #[prost(message, optional, tag = "1")]
    options: Option<Options>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Options {
    #[prost(message, optional, tag = "1")]
    stream: Option<StreamOptions>,
    #[prost(message, optional, tag = "2")]
    all: Option<AllOptions>,
    /// Forwards is 0, backwards 1.
    #[prost(int32, tag = "3")]
    direction: i32,
    #[prost(uint64, optional, tag = "5")]
    count: Option<u64>,
    #[prost(message, optional, tag = "6")]
    subscription: Option<()>,
    #[prost(message, optional, tag = "7")]
    filter: Option<FilterOptions>,
    #[prost(message, optional, tag = "8")]
    no_filter: Option<()>,
    #[prost(message, optional, tag = "9")]
    uuid_option: Option<UuidOption>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct AllOptions {
    #[prost(message, optional, tag = "1")]
    position: Option<Position>,
    #[prost(message, optional, tag = "2")]
    start: Option<()>,
    #[prost(message, optional, tag = "3")]
    end: Option<()>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct StreamOptions {
    #[prost(message, optional, tag = "1")]
    stream_identifier: Option<StreamIdentifier>,
    #[prost(uint64, optional, tag = "2")]
    revision: Option<u64>,
    #[prost(message, optional, tag = "3")]
    start: Option<()>,
    #[prost(message, optional, tag = "4")]
    end: Option<()>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Position {
    #[prost(uint64, tag = "1")]
    commit_position: u64,
    #[prost(uint64, tag = "2")]
    prepare_position: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
struct FilterOptions {
    #[prost(message, optional, tag = "1")]
    stream_identifier: Option<Expression>,
    #[prost(uint32, optional, tag = "3")]
    max: Option<u32>,
    #[prost(uint32, tag = "5")]
    checkpoint_interval_multiplier: u32,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Expression {
    #[prost(string, tag = "1")]
    regex: String,
}

/// The form of ids: text.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct UuidOption {
    #[prost(message, optional, tag = "2")]
    pub(crate) string: Option<()>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ReadResp {
    #[prost(message, optional, tag = "1")]
    event: Option<ReadEvent>,
    #[prost(message, optional, tag = "3")]
    checkpoint: Option<Position>,
    #[prost(message, optional, tag = "8")]
    caught_up: Option<()>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ReadEvent {
    #[prost(message, optional, tag = "1")]
    event: Option<RecordedEvent>,
}

/// An event, as all calls have it.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct RecordedEvent {
    #[prost(message, optional, tag = "1")]
    id: Option<Id>,
    #[prost(message, optional, tag = "2")]
    stream_identifier: Option<StreamIdentifier>,
    #[prost(uint64, tag = "3")]
    stream_revision: u64,
    #[prost(uint64, tag = "5")]
    commit_position: u64,
    #[prost(map = "string, string", tag = "6")]
    metadata: HashMap<String, String>,
    #[prost(bytes = "bytes", tag = "7")]
    custom_metadata: Bytes,
    #[prost(bytes = "bytes", tag = "8")]
    data: Bytes,
}

/// An id, as text.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Id {
    #[prost(string, tag = "2")]
    pub(crate) string: String,
}

/// A stream's name.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct StreamIdentifier {
    #[prost(bytes = "bytes", tag = "3")]
    pub(crate) stream_name: Bytes,
}

impl ReadReq {
    /// Asks for events of a stream.
    pub(super) fn of_stream(stream: &str, from: ReadFrom, count: usize) -> Self {
        let name = Bytes::copy_from_slice(stream.as_bytes());
        let (revision, start, end) = from.parts();
        let stream_identifier = Some(StreamIdentifier { stream_name: name });
        let stream = Some(StreamOptions { stream_identifier, revision, start, end });
        Self::of(Options { stream, ..Options::default() }, from, count)
    }

    /// Asks for events of the whole log.
    pub(super) fn of_all(from: ReadFrom, count: usize) -> Self {
        let (at, start, end) = from.parts();
        let position = at.map(|at| Position { commit_position: at, prepare_position: at });
        let all = Some(AllOptions { position, start, end });
        Self::of(Options { all, ..Options::default() }, from, count)
    }

    fn of(options: Options, from: ReadFrom, count: usize) -> Self {
        let is_backward = matches!(from, ReadFrom::End | ReadFrom::Backward(_));
        let options = Options {
            direction: i32::from(is_backward),
            count: Some(count as u64),
            no_filter: Some(()),
            uuid_option: Some(UuidOption { string: Some(()) }),
            ..options
        };
        Self { options: Some(options) }
    }

    /// Asks for what is appended after a position, and then for what comes.
    pub(super) fn follow(after: Option<u64>) -> Self {
        let position = after.map(|at| Position { commit_position: at, prepare_position: at });
        let start = position.is_none().then_some(());
        let filter = FilterOptions {
            stream_identifier: Some(Expression { regex: NOT_OF_SYSTEM.to_owned() }),
            max: Some(WINDOW),
            checkpoint_interval_multiplier: 1,
        };
        let options = Options {
            all: Some(AllOptions { position, start, end: None }),
            subscription: Some(()),
            filter: Some(filter),
            uuid_option: Some(UuidOption { string: Some(()) }),
            ..Options::default()
        };
        Self { options: Some(options) }
    }
}

impl ReadFrom {
    /// As the protocol has it: a place, the start, or the end.
    fn parts(self) -> (Option<u64>, Option<()>, Option<()>) {
        match self {
            Self::Start => (None, Some(()), None),
            Self::End => (None, None, Some(())),
            Self::Forward(at) | Self::Backward(at) => (Some(at), None, None),
        }
    }
}

impl ReadResp {
    /// About how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        let event = self.event.as_ref().and_then(|read| read.event.as_ref());
        event.map_or(0, |event| event.data.len() + event.custom_metadata.len())
    }
}

/// What the server says of a read or a subscription.
#[derive(Debug)]
pub(super) enum Said {
    Event(Raw),
    /// All up to here was looked at.
    Checkpoint(u64),
    CaughtUp,
    /// Nothing that matters here.
    Other,
}

impl TryFrom<ReadResp> for Said {
    type Error = Error;

    fn try_from(reply: ReadResp) -> Result<Self, Error> {
        // A server that resolves no links sends no event without a record.
        if let Some(event) = reply.event.and_then(|read| read.event) {
            return event.try_into().map(Self::Event);
        }
        Ok(match (reply.checkpoint, reply.caught_up) {
            (Some(position), _) => Self::Checkpoint(position.commit_position),
            (None, Some(())) => Self::CaughtUp,
            (None, None) => Self::Other,
        })
    }
}

impl RecordedEvent {
    /// The id, if there is one.
    pub(crate) fn id(&self) -> Option<Uuid> {
        self.id.as_ref().and_then(|id| Uuid::try_parse(&id.string).ok())
    }
}

impl TryFrom<RecordedEvent> for Raw {
    type Error = Error;

    fn try_from(mut event: RecordedEvent) -> Result<Self, Error> {
        let position = event.commit_position;
        if position == NO_POSITION {
            let said = "an event has no position: the server is too old, use 23.10 or later";
            return Err(Error::InternalParsingError(said.to_owned()));
        }
        let lacks =
            |what| Error::InternalParsingError(format!("the event at {position} has no {what}"));
        let id = event.id();
        let stream = event.stream_identifier.map(|stream| stream.stream_name.to_vec());
        Ok(Self {
            id: id.ok_or_else(|| lacks("id"))?,
            stream: stream
                .and_then(|name| String::from_utf8(name).ok())
                .ok_or_else(|| lacks("name of a stream that is text"))?,
            // No stream is longer, so that the next revision is a number.
            revision: Some(event.stream_revision)
                .filter(|revision| i64::try_from(*revision).is_ok())
                .ok_or_else(|| lacks("revision"))?,
            position,
            event_type: event.metadata.remove("type").ok_or_else(|| lacks("type"))?,
            is_json: event.metadata.get("content-type").is_some_and(|it| it == "application/json"),
            data: event.data,
            custom_metadata: event.custom_metadata,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(commit_position: u64) -> RecordedEvent {
        let stream_identifier = Some(StreamIdentifier { stream_name: Bytes::from_static(b"a-1") });
        let id = Some(Id { string: Uuid::from_u128(7).to_string() });
        let metadata = HashMap::from([("type".to_owned(), "thing.happened".to_owned())]);
        RecordedEvent {
            id,
            stream_identifier,
            commit_position,
            metadata,
            ..RecordedEvent::default()
        }
    }

    #[test]
    fn an_event_without_a_position_is_of_a_server_that_is_too_old() {
        assert_eq!(Raw::try_from(event(9)).unwrap().position, 9);
        let error = Raw::try_from(event(u64::MAX)).unwrap_err().to_string();
        assert!(error.contains("use 23.10 or later"), "{error}");
    }

    #[test]
    fn an_event_that_lacks_something_is_no_panic() {
        let lacking = [
            RecordedEvent { id: None, ..event(9) },
            RecordedEvent { stream_identifier: None, ..event(9) },
            RecordedEvent { metadata: HashMap::new(), ..event(9) },
            RecordedEvent { stream_revision: u64::MAX, ..event(9) },
        ];
        for event in lacking {
            assert!(Raw::try_from(event.clone()).is_err(), "{event:?}");
        }
    }
}
