//! Events as the server has them.

use bytes::Bytes;
use uuid::Uuid;

/// An event as the server has it. The client has a type for this too, which only the client can make.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Raw {
    /// The event's id.
    pub(crate) id: Uuid,
    /// The stream.
    pub(crate) stream: String,
    /// Its number in the stream.
    pub(crate) revision: u64,
    /// Its position in `$all`: the commit's, which is the event's own since servers of version 20.
    pub(crate) position: u64,
    /// Its name.
    pub(crate) event_type: String,
    /// Whether its data is said to be JSON.
    pub(crate) is_json: bool,
    /// What happened.
    pub(crate) data: Bytes,
    /// What the writer says about it.
    pub(crate) custom_metadata: Bytes,
}
