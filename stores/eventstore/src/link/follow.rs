//! Following what is appended.
//!
//! *Problem.* The client's subscription never returns once the server has ended it in order: it asks the
//! ended stream again and again within one poll, which neither a time limit nor an abort can get
//! through, and with its own retries on, it resumes after the last event, not after the last checkpoint.
//! *Invariant.* Each event once, in order, none left out, whatever ends the subscription; an end costs a
//! pause and a call. *Shape.* The call is made over a channel of our own. What was delivered, events and
//! checkpoints alike, is where the next subscription begins, if that very event stands there still: else
//! the log is another, which may have something new before that place.

use eventstore::Error;
use factum_core::store::StoreError;
use futures_util::StreamExt;
use tokio::sync::mpsc::Sender;
use tonic::codec::ProstCodec;
use tonic::{Request, Status, Streaming};
use uuid::Uuid;

use super::attempts::{Attempts, End};
use super::fault::Fault;
use super::read::READ;
use super::wire::{ReadReq, ReadResp, Said};
use super::{Link, Raw};

/// How many replies that are there already are delivered together.
const AT_ONCE: usize = 64;

/// What [`Link::follow`] delivers.
#[derive(Debug)]
pub(crate) enum Pushed {
    /// A subscription begins, the first or one after an interruption.
    Began,
    /// At least one event, in order.
    Events(Vec<Raw>),
    /// What is stored has been delivered; what follows is new. Comes again after each interruption.
    CaughtUp,
    /// The log does not have any more where the next subscription was to begin. It is the end.
    Lost,
}

/// Where a subscription begins, behind an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    position: u64,
    /// Its id; `None` of the first place, for which whoever follows answers.
    id: Option<Uuid>,
}

/// One who follows.
#[derive(Debug)]
pub(super) struct Following {
    link: Link,
    /// All up to here was delivered.
    after: Option<Place>,
    push: Sender<Result<Pushed, StoreError>>,
    /// What was read and not yet delivered.
    events: Vec<Raw>,
}

/// Nobody listens any more.
struct Gone;

impl From<Gone> for End {
    fn from(_: Gone) -> Self {
        Self::Gone
    }
}

impl Following {
    pub(super) fn new(
        link: Link,
        after: Option<u64>,
        push: Sender<Result<Pushed, StoreError>>,
    ) -> Self {
        let after = after.map(|position| Place { position, id: None });
        Self { link, after, push, events: Vec::new() }
    }

    /// Follows until nobody listens or something fails that will go on failing.
    pub(super) async fn run(mut self) {
        let push = self.push.clone();
        let mut attempts = Attempts::new(self.link.clone());
        let error = tokio::select! {
            error = self.keep_up(&mut attempts) => error,
            () = push.closed() => return,
        };
        if let Some(error) = error {
            let _ = push.send(Err(error)).await;
        }
    }

    async fn keep_up(&mut self, attempts: &mut Attempts) -> Option<StoreError> {
        loop {
            let began = self.after;
            let end = match self.can_go_on().await {
                Ok(true) => self.subscribe(attempts).await,
                Ok(false) => {
                    let _ = self.push.send(Ok(Pushed::Lost)).await;
                    return None;
                }
                Err(error) => End::Fault(error.into()),
            };
            if let Err(error) = attempts.pause(end, self.after != began).await {
                return error;
            }
        }
    }

    /// Whether the log has what was delivered last. A server would take the position of another log, and
    /// leave out what that has before it.
    async fn can_go_on(&self) -> Result<bool, StoreError> {
        let Some(Place { position, id: Some(id) }) = self.after else { return Ok(true) };
        Ok(self.link.read_at(position).await?.is_some_and(|event| event.id == id))
    }

    /// One subscription, from its beginning to its end.
    async fn subscribe(&mut self, attempts: &mut Attempts) -> End {
        let replies = match self.link.in_time(self.open(attempts)).await {
            Ok(replies) => replies,
            Err(fault) => return End::Fault(fault),
        };
        if self.push.send(Ok(Pushed::Began)).await.is_err() {
            return End::Gone;
        }
        let mut chunks = replies.ready_chunks(AT_ONCE);
        while let Some(chunk) = chunks.next().await {
            let taken = self.take(chunk).await;
            // What came before an end was received, whatever the end.
            if self.flush().await.is_err() {
                return End::Gone;
            }
            if let Err(end) = taken {
                return end;
            }
        }
        End::Clean
    }

    async fn open(&self, attempts: &mut Attempts) -> Result<Streaming<ReadResp>, Fault> {
        let mut grpc = attempts.connect().await?;
        let mut request = Request::new(ReadReq::follow(self.after.map(|after| after.position)));
        self.link.address().sign(request.metadata_mut());
        let codec = ProstCodec::<ReadReq, ReadResp>::default();
        match grpc.server_streaming(request, READ, codec).await {
            Ok(reply) => Ok(reply.into_inner()),
            Err(status) => Err(Error::from_grpc(status).into()),
        }
    }

    async fn take(&mut self, replies: Vec<Result<ReadResp, Status>>) -> Result<(), End> {
        for reply in replies {
            let reply = reply.map_err(Error::from_grpc);
            match reply.and_then(Said::try_from).map_err(|error| End::Fault(error.into()))? {
                Said::Event(event) => self.events.push(event),
                Said::Checkpoint(position) => {
                    self.flush().await?;
                    self.note(position).await;
                }
                Said::CaughtUp => {
                    self.flush().await?;
                    self.push.send(Ok(Pushed::CaughtUp)).await.map_err(|_| Gone)?;
                }
                Said::Other => {}
            }
        }
        Ok(())
    }

    /// Takes note of a checkpoint, and of the event there. Without that, more is searched again.
    async fn note(&mut self, position: u64) {
        if let Ok(Some(event)) = self.link.read_at(position).await {
            self.after = Some(Place { position, id: Some(event.id) });
        }
    }

    /// Delivers the events that were read.
    async fn flush(&mut self) -> Result<(), Gone> {
        let last = self.events.last();
        let Some(last) = last.map(|raw| Place { position: raw.position, id: Some(raw.id) }) else {
            return Ok(());
        };
        let events = std::mem::take(&mut self.events);
        self.push.send(Ok(Pushed::Events(events))).await.map_err(|_| Gone)?;
        self.after = Some(last);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
