//! An event on its way to a consumer.

use std::time::Instant;

use uuid::Uuid;

use crate::model::Resolved;

/// An event on its way to a consumer.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) event: Resolved,
    /// The id by which consumers answer for it: the link's, if there is one.
    pub(super) id: Uuid,
    /// Its number in the stream or its index in `$all`; none if it was parked before.
    pub(super) place: Option<u64>,
    pub(super) retries: i32,
}

impl Message {
    /// The event, if there is one.
    pub(super) fn new(event: Resolved, place: Option<u64>) -> Option<Self> {
        let id = event.original()?.id;
        Some(Self { event, id, place, retries: 0 })
    }
}

/// An event for which a consumer has yet to answer.
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) message: Message,
    pub(super) consumer: Uuid,
    pub(super) since: Instant,
}
