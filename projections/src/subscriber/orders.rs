//! What a worker is asked to do beside following the log: to try parked events again, or to give one
//! up.
//!
//! Of each stream one parked event at a time is tried, in its lane, beside what else is delivered. The
//! stream stays blocked until none is parked, so what comes meanwhile parks behind.

use factum_core::StreamName;
use factum_core::store::Position;
use tokio::sync::oneshot;

use super::SubscriberError;
use super::handler::Tried;
use super::kept::Wanted;
use super::lanes::Job;
use super::worker::Worker;
use crate::Retried;
use crate::parking::ParkedEvent;

pub(super) type Answer<T> = oneshot::Sender<Result<T, SubscriberError>>;

/// Something that a worker is asked to do.
pub(super) enum Order {
    /// Try parked events again: all, or those of a stream.
    Retry { stream: Option<StreamName>, answer: Answer<Retried> },
    /// Give the parked event at a position up. Whether there was one.
    Discard { position: Position, answer: Answer<bool> },
}

/// Parked events that are being tried again. There is one such order at a time.
pub(super) struct Retry {
    answer: Answer<Retried>,
    /// Of how many streams.
    open: usize,
    retried: Retried,
    /// Why some could not be tried.
    failed: Option<SubscriberError>,
}

impl Worker {
    /// # Errors
    /// Only what ends the worker.
    pub(super) async fn carry_out(&mut self, order: Order) -> Result<(), SubscriberError> {
        match order {
            Order::Retry { stream, answer } => {
                let wanted = |blocked: &&StreamName| stream.as_ref().is_none_or(|s| s == *blocked);
                let streams: Vec<StreamName> =
                    self.blocked.keys().filter(wanted).cloned().collect();
                let (open, retried, failed) = (streams.len(), Retried::default(), None);
                self.retry = Some(Retry { answer, open, retried, failed });
                for stream in streams {
                    self.try_next(stream).await?;
                }
                self.answer();
            }
            Order::Discard { position, answer } => {
                let known = self.discard(position).await?;
                // Whoever asked may be gone.
                drop(answer.send(Ok(known)));
            }
        }
        Ok(())
    }

    /// What came of a parked event that was tried again.
    pub(super) async fn tried_again(
        &mut self,
        stream: StreamName,
        parked: ParkedEvent,
        tried: Tried,
    ) -> Result<(), SubscriberError> {
        self.lanes.done(stream.clone());
        match tried {
            Tried::Done => {
                self.changes.unpark.push(parked);
                self.parked = self.parked.saturating_sub(1);
                self.commit().await?;
                self.note(|retry| retry.retried.taken += 1);
                self.try_next(stream).await?;
            }
            Tried::Failed(problem, _) => {
                let (attempts, tried) = (parked.attempts + 1, self.parts.clock.now());
                let problem = Some(problem);
                self.changes.park.push(ParkedEvent { problem, attempts, tried, ..parked });
                self.commit().await?;
                self.leave(&stream, None).await?;
            }
            Tried::Unread(source) => {
                let failed = Some(self.log(source));
                self.leave(&stream, failed).await?;
            }
        }
        self.answer();
        Ok(())
    }

    /// Has the first parked event of a stream tried, or opens the stream if there is none.
    async fn try_next(&mut self, stream: StreamName) -> Result<(), SubscriberError> {
        match self.first_parked(&stream).await? {
            Some(parked) => self.lanes.push(stream, Job::Parked(Box::new(parked))),
            None => {
                self.blocked.remove(&stream);
                self.note(|retry| retry.open -= 1);
            }
        }
        Ok(())
    }

    async fn first_parked(
        &mut self,
        stream: &StreamName,
    ) -> Result<Option<ParkedEvent>, SubscriberError> {
        // What is to be parked behind is among them.
        if !self.changes.is_empty() {
            self.commit().await?;
        }
        let wanted = Wanted { stream: Some(stream.clone()), after: Position::START, limit: 1 };
        Ok(self.parked(wanted).await?.pop())
    }

    /// The parked event of a stream whose turn was to come is not tried: one before it has parked.
    pub(super) async fn give_way(&mut self, stream: &StreamName) -> Result<(), SubscriberError> {
        self.commit().await?;
        self.leave(stream, None).await?;
        self.answer();
        Ok(())
    }

    /// Leaves the rest of a stream parked.
    async fn leave(
        &mut self,
        stream: &StreamName,
        failed: Option<SubscriberError>,
    ) -> Result<(), SubscriberError> {
        let counted = self.patiently(|kept, _| {
            let stream = stream.clone();
            Box::pin(async move { kept.count(&stream).await })
        });
        let left = counted.await?;
        self.note(|retry| {
            retry.retried.left += left;
            retry.open -= 1;
            retry.failed = retry.failed.take().or(failed);
        });
        Ok(())
    }

    fn note(&mut self, note: impl FnOnce(&mut Retry)) {
        if let Some(retry) = &mut self.retry {
            note(retry);
        }
    }

    /// Answers once nothing more is tried.
    fn answer(&mut self) {
        if let Some(Retry { answer, retried, failed, .. }) =
            self.retry.take_if(|retry| retry.open == 0)
        {
            drop(answer.send(failed.map_or(Ok(retried), Err)));
        }
    }

    /// Gives a parked event up.
    async fn discard(&mut self, position: Position) -> Result<bool, SubscriberError> {
        let after = Position::new(position.number().saturating_sub(1));
        let found = self.parked(Wanted { stream: None, after, limit: 1 }).await?.pop();
        let Some(event) = found.filter(|event| event.position == position) else {
            return Ok(false);
        };
        let stream = StreamName::new(event.lane());
        self.changes.unpark.push(event);
        self.parked = self.parked.saturating_sub(1);
        self.commit().await?;
        if let Ok(stream) = stream
            && self.first_parked(&stream).await?.is_none()
        {
            self.blocked.remove(&stream);
        }
        Ok(true)
    }
}
