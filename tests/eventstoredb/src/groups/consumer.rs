//! A client that takes part in a group.

use tokio::sync::mpsc;
use uuid::Uuid;

use super::key::Key;
use crate::faults::EndOfSubscription;
use crate::model::Resolved;

/// What a consumer is sent.
#[derive(Debug)]
pub(crate) enum Delivery {
    Confirmed(String),
    Event {
        event: Resolved,
        retries: i32,
    },
    /// The group is no more what it was.
    Dropped(Key),
}

/// What is known of a client that wants to take part.
#[derive(Debug)]
pub(crate) struct Newcomer {
    pub(crate) from: String,
    pub(crate) connection_name: String,
    /// How many events it takes before it has answered for the first.
    pub(crate) buffer_size: i32,
    pub(crate) end: EndOfSubscription,
}

/// A client that takes part in a group.
#[derive(Debug)]
pub(super) struct Consumer {
    pub(super) id: Uuid,
    pub(super) about: Newcomer,
    pub(super) in_flight: i32,
    pub(super) total: i64,
    pub(super) deliveries: mpsc::UnboundedSender<Delivery>,
}

impl Consumer {
    pub(super) fn free_slots(&self) -> i32 {
        self.about.buffer_size - self.in_flight
    }

    /// Sends an event; whether the client is still there to get more.
    pub(super) fn deliver(&mut self, event: Resolved, retries: i32) -> bool {
        self.in_flight += 1;
        self.total += 1;
        let is_there = self.deliveries.send(Delivery::Event { event, retries }).is_ok();
        is_there && !self.about.end.after_event()
    }
}
