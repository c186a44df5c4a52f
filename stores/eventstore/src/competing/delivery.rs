use factum_core::store::Recorded;
use tokio::sync::mpsc::WeakUnboundedSender;
use uuid::Uuid;

use super::wire::{Action, ReadReq};

/// An event that a [`CompetingConsumer`](super::CompetingConsumer) is to deal with, and to answer.
///
/// Answers are not confirmed. If the connection was lost since the event came, an answer goes nowhere
/// and the event comes again, to this consumer or another. So it does, and counts as a retry, if a
/// delivery is dropped without an answer.
#[derive(Debug)]
#[must_use = "an event that is not answered is delivered again"]
pub struct Delivery {
    event: Recorded,
    retries: u32,
    answer: Option<Answer>,
}

/// Where the answer goes.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) id: Uuid,
    /// Gone with the subscription.
    pub(super) to: WeakUnboundedSender<ReadReq>,
}

impl Answer {
    /// Whether the answer still can be sent.
    pub(super) fn is_open(&self) -> bool {
        self.to.upgrade().is_some_and(|to| !to.is_closed())
    }

    pub(super) fn ack(self) {
        let frame = ReadReq::ack(self.id);
        self.send(frame);
    }

    pub(super) fn nack(self, action: Action, reason: &str) {
        let frame = ReadReq::nack(self.id, action, reason);
        self.send(frame);
    }

    fn send(self, frame: ReadReq) {
        if let Some(to) = self.to.upgrade() {
            // A connection that is lost is noticed by the subscription.
            let _ = to.send(frame);
        }
    }
}

impl Delivery {
    pub(super) fn new(event: Recorded, retries: u32, answer: Answer) -> Self {
        Self { event, retries, answer: Some(answer) }
    }

    /// The event.
    pub fn event(&self) -> &Recorded {
        &self.event
    }

    /// How often it was delivered before, as far as the server knows.
    pub fn retries(&self) -> u32 {
        self.retries
    }

    /// The event is dealt with.
    pub fn ack(mut self) {
        if let Some(answer) = self.answer.take() {
            answer.ack();
        }
    }

    /// The event could not be dealt with; it is to be delivered again. After as many retries as the group
    /// has, it is parked.
    pub fn retry(self, reason: &str) {
        self.nack(Action::Retry, reason);
    }

    /// The event cannot be dealt with. It is put aside, with the reason, until somebody has the parked
    /// events of the group delivered again, as the server's user interface can.
    pub fn park(self, reason: &str) {
        self.nack(Action::Park, reason);
    }

    /// The event need not be dealt with. To the server, that is the same as if it was.
    pub fn skip(self, reason: &str) {
        self.nack(Action::Skip, reason);
    }

    fn nack(mut self, action: Action, reason: &str) {
        if let Some(answer) = self.answer.take() {
            answer.nack(action, reason);
        }
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if let Some(answer) = self.answer.take() {
            answer.nack(Action::Retry, "it was dropped without an answer");
        }
    }
}
