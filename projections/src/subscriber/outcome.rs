//! What a worker does about what came of a delivery.

use std::sync::Arc;

use factum_core::StreamName;
use factum_core::store::{Recorded, StoreError};
use tokio::task::JoinError;
use tokio::time::Instant;

use super::handler::{Tried, Verdict};
use super::lanes::Job;
use super::worker::{Delivered, Worker};
use super::{FailedDelivery, SubscriberError};

/// How many streams may wait behind parked events before the subscriber stops.
const MOST_BLOCKED: usize = 1_000;

impl Worker {
    /// # Errors
    /// Only what ends the worker.
    pub(super) async fn take_in(&mut self, delivered: Delivered) -> Result<(), SubscriberError> {
        let Delivered { stream, job, tried } = delivered;
        if let Job::Fresh { event, attempts: 1.., .. } = &job {
            self.parts.status.no_longer_failing(event);
        }
        match job {
            Job::Parked(parked) => self.tried_again(stream, *parked, tried).await,
            Job::Fresh { number, event, attempts } => match tried {
                Tried::Done => {
                    self.window.settle(number);
                    self.lanes.done(stream);
                    Ok(())
                }
                Tried::Failed(problem, verdict) => {
                    self.failed(stream, &event, attempts + 1, problem, verdict).await
                }
                Tried::Unread(error) => {
                    let problem = error.to_string();
                    self.failed(stream, &event, attempts + 1, problem, Verdict::Retry).await
                }
            },
        }
    }

    /// Tries an event again later, or parks it with all that waits behind it.
    async fn failed(
        &mut self,
        stream: StreamName,
        event: &Arc<Recorded>,
        attempts: u32,
        problem: String,
        verdict: Verdict,
    ) -> Result<(), SubscriberError> {
        let settings = &self.parts.settings;
        if verdict == Verdict::Retry && attempts < settings.attempts {
            let at = Instant::now() + settings.pause_after(attempts);
            self.parts.status.failing(event, &problem);
            self.lanes.again(stream, attempts, at);
            return Ok(());
        }
        if self.blocked.len() >= MOST_BLOCKED {
            let failed = FailedDelivery::new(self.parts.name, event, problem);
            return Err(SubscriberError::Full(Box::new(failed)));
        }
        let (mut first, mut retried) = (Some((problem, attempts)), false);
        for job in self.lanes.close(&stream) {
            match job {
                Job::Fresh { number, event, .. } => {
                    self.park(&event, &stream, number, first.take());
                }
                Job::Parked(_) => retried = true,
            }
        }
        self.blocked.insert(stream.clone(), event.at.position);
        if retried { self.give_way(&stream).await } else { Ok(()) }
    }

    /// A task ended without an answer: only the runtime, or a handler that panics while it is dropped,
    /// can do that.
    pub(super) fn lost(&self, error: JoinError) -> SubscriberError {
        match error.try_into_panic() {
            Ok(panic) => self.panicked(factum_core::panic::message(&*panic)),
            Err(_) => self.stopped(),
        }
    }

    pub(super) fn log(&self, source: StoreError) -> SubscriberError {
        SubscriberError::Log { subscriber: self.parts.name.to_owned(), source }
    }

    pub(super) fn panicked(&self, message: String) -> SubscriberError {
        SubscriberError::Panicked { subscriber: self.parts.name.to_owned(), message }
    }

    pub(super) fn stopped(&self) -> SubscriberError {
        SubscriberError::Stopped { subscriber: self.parts.name.to_owned() }
    }
}
