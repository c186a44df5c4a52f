//! The messages of the call `Append`, and no others: numbers of fields are the protocol's.

use std::collections::HashMap;

use bytes::Bytes;
use prost::{Message, Oneof};

#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct Empty {}

/// One frame of what is sent: first the options, then an event each.
#[derive(Clone, PartialEq, Message)]
pub(super) struct AppendReq {
    #[prost(oneof = "Content", tags = "1, 2")]
    pub(super) content: Option<Content>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum Content {
    #[prost(message, tag = "1")]
    Options(Options),
    #[prost(message, tag = "2")]
    Proposed(Proposed),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Options {
    #[prost(message, optional, tag = "1")]
    pub(super) stream: Option<StreamIdentifier>,
    #[prost(oneof = "Expected", tags = "2, 3")]
    pub(super) expected: Option<Expected>,
}

/// The protocol has two more, of which nothing is known for certain once they are met.
#[derive(Clone, Copy, PartialEq, Oneof)]
pub(super) enum Expected {
    #[prost(uint64, tag = "2")]
    Revision(u64),
    #[prost(message, tag = "3")]
    NoStream(Empty),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct StreamIdentifier {
    #[prost(bytes = "bytes", tag = "3")]
    pub(super) name: Bytes,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Proposed {
    #[prost(message, optional, tag = "1")]
    pub(super) id: Option<Id>,
    #[prost(map = "string, string", tag = "2")]
    pub(super) metadata: HashMap<String, String>,
    #[prost(bytes = "bytes", tag = "3")]
    pub(super) custom_metadata: Bytes,
    #[prost(bytes = "bytes", tag = "4")]
    pub(super) data: Bytes,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Id {
    #[prost(message, optional, tag = "1")]
    pub(super) halves: Option<Halves>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct Halves {
    #[prost(int64, tag = "1")]
    pub(super) high: i64,
    #[prost(int64, tag = "2")]
    pub(super) low: i64,
}

/// The answer.
#[derive(Clone, PartialEq, Message)]
pub(super) struct AppendResp {
    #[prost(oneof = "Result", tags = "1, 2")]
    pub(super) result: Option<Result>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum Result {
    #[prost(message, tag = "1")]
    Success(Success),
    #[prost(message, tag = "2")]
    WrongExpectedVersion(WrongExpectedVersion),
}

/// What else it says is not read: the stream is read instead.
#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct WrongExpectedVersion {
    /// Where the stream ends, if it has events.
    #[prost(uint64, optional, tag = "6")]
    pub(super) revision: Option<u64>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Success {
    #[prost(uint64, optional, tag = "1")]
    pub(super) revision: Option<u64>,
    #[prost(message, optional, tag = "3")]
    pub(super) position: Option<Position>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct Position {
    #[prost(uint64, tag = "1")]
    pub(super) commit: u64,
    #[prost(uint64, tag = "2")]
    pub(super) prepare: u64,
}
