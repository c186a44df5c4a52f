use std::sync::Arc;

use eventstore::Error;
use factum_core::store::{Recorded, StoreError};
use futures_util::StreamExt;
use tokio::sync::mpsc::{self, Receiver, Sender, UnboundedSender};
use tokio::task::JoinHandle;
use tonic::codec::ProstCodec;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::{Request, Status, Streaming};

use super::delivery::{Answer, Delivery};
use super::wire::{Action, Arrived, ReadReq, ReadResp};
use crate::entry;
use crate::link::attempts::{Attempts, End};
use crate::link::{Fault, Link};
use crate::shared::Shared;

/// Takes part in the work of a group: see [`Competing`](super::Competing). When it is dropped, it leaves
/// the group in the background.
#[derive(Debug)]
pub struct CompetingConsumer {
    arriving: Receiver<Result<Next, StoreError>>,
    task: JoinHandle<()>,
}

/// An event on its way to the user.
#[derive(Debug)]
pub(super) struct Next {
    event: Recorded,
    retries: u32,
    answer: Answer,
}

impl CompetingConsumer {
    pub(super) fn start(membership: Membership) -> Self {
        let (deliver, arriving) = mpsc::channel(usize::from(membership.in_flight).max(1));
        let task = tokio::spawn(membership.run(deliver));
        Self { arriving, task }
    }

    /// Waits for the next event. Lost connections and restarts of the server are got over meanwhile.
    ///
    /// It can be cancelled without losing an event.
    ///
    /// # Errors
    ///
    /// [`StoreError::CorruptEvent`] or [`StoreError::Corrupt`] if an event cannot be read; it is parked,
    /// and the next call goes on after it. Any other error is final, such as [`StoreError::Open`] if
    /// somebody deleted the group or the user may not read; after it, and when the store is closed, this
    /// says [`StoreError::Closed`].
    pub async fn next(&mut self) -> Result<Delivery, StoreError> {
        loop {
            let Next { event, retries, answer } =
                self.arriving.recv().await.unwrap_or(Err(StoreError::Closed))?;
            // Otherwise it comes again, and nobody could be told that it is dealt with.
            if answer.is_open() {
                return Ok(Delivery::new(event, retries, answer));
            }
        }
    }

    /// Leaves the group, after the answers that were given have been sent. Events that were not answered
    /// go to the other consumers. Dropping the future leaves all the same.
    pub async fn stop(mut self) {
        self.arriving.close();
        // Its end is all that matters.
        let _ = self.task.await;
    }
}

/// What a consumer is a member of.
pub(super) struct Membership {
    pub(super) shared: Arc<Shared>,
    /// As the server calls it; `None` for all.
    pub(super) stream: Option<String>,
    pub(super) group: String,
    pub(super) in_flight: u16,
    /// Events up to here are no work of the group.
    pub(super) after: Option<u64>,
}

type Deliver = Sender<Result<Next, StoreError>>;

impl Membership {
    async fn run(self, deliver: Deliver) {
        let mut attempts = Attempts::new(self.shared.link.clone());
        loop {
            let opened = tokio::select! {
                opened = self.shared.link.in_time(self.join(&mut attempts)) => opened,
                () = self.over(&deliver) => return,
            };
            let mut got_somewhere = false;
            let end = match opened {
                Ok((answers, replies)) => {
                    self.consume(answers, replies, &deliver, &mut got_somewhere).await
                }
                Err(fault) => End::Fault(fault),
            };
            let paused = tokio::select! {
                paused = attempts.pause(end, got_somewhere) => paused,
                () = self.over(&deliver) => return,
            };
            if let Err(error) = paused {
                if let Some(error) = error {
                    let _ = deliver.send(Err(error)).await;
                }
                return;
            }
        }
    }

    /// Waits until nobody listens any more or the store is closed.
    async fn over(&self, deliver: &Deliver) {
        tokio::select! {
            () = deliver.closed() => {}
            () = self.shared.lanes.closed() => {}
        }
    }

    async fn join(
        &self,
        attempts: &mut Attempts,
    ) -> Result<(UnboundedSender<ReadReq>, Streaming<ReadResp>), Fault> {
        let mut grpc = attempts.connect().await?;
        // No more than there are events in flight.
        let (answers, mut frames) = mpsc::unbounded_channel();
        let join = ReadReq::join(self.stream.as_deref(), &self.group, self.in_flight);
        answers.send(join).map_err(|_| Fault::Client(Error::ConnectionClosed))?;
        let frames = futures_util::stream::poll_fn(move |context| frames.poll_recv(context));
        let mut request = Request::new(frames);
        self.shared.link.address().sign(request.metadata_mut());
        let path = PathAndQuery::from_static(
            "/event_store.client.persistent_subscriptions.PersistentSubscriptions/Read",
        );
        let codec = ProstCodec::<ReadReq, ReadResp>::default();
        match grpc.streaming(request, path, codec).await {
            Ok(reply) => Ok((answers, reply.into_inner())),
            Err(status) => Err(self.refused(status)),
        }
    }

    /// Delivers until the server ends it or the user leaves.
    async fn consume(
        &self,
        answers: UnboundedSender<ReadReq>,
        mut replies: Streaming<ReadResp>,
        deliver: &Deliver,
        got_somewhere: &mut bool,
    ) -> End {
        loop {
            let reply = tokio::select! {
                reply = replies.next() => reply,
                () = self.over(deliver) => {
                    drop(answers);
                    self.leave(replies).await;
                    return End::Gone;
                }
            };
            let reply = match reply {
                None => return End::Clean,
                Some(Err(status)) => return End::Fault(self.refused(status)),
                Some(Ok(reply)) => reply,
            };
            match reply.arrived() {
                Ok(Some(arrived)) => {
                    *got_somewhere = true;
                    self.pass_on(arrived, &answers, deliver).await;
                }
                Ok(None) => {}
                Err(error) => return End::Fault(error.into()),
            }
        }
    }

    async fn pass_on(
        &self,
        arrived: Arrived,
        answers: &UnboundedSender<ReadReq>,
        deliver: &Deliver,
    ) {
        let Arrived { id, event, retries } = arrived;
        let answer = Answer { id, to: answers.downgrade() };
        let ours = event.filter(|raw| self.after.is_none_or(|after| raw.position > after));
        let next = match ours.and_then(|raw| entry::recorded(&raw, self.shared.log)) {
            // It is not the group's work.
            None => return answer.ack(),
            Some(Err(error)) => {
                answer.nack(Action::Park, &error.to_string());
                Err(error)
            }
            Some(Ok(event)) => Ok(Next { event, retries, answer }),
        };
        // If nobody listens any more, the loop says so.
        let _ = deliver.send(next).await;
    }

    /// Waits until the server has had all answers, which is when it ends the call.
    async fn leave(&self, mut replies: Streaming<ReadResp>) {
        let ended = async {
            while let Some(Ok(_)) = replies.next().await {}
            Ok(())
        };
        // Whoever does not answer does not hold up the user.
        let _ = self.shared.link.in_time(ended).await;
    }

    fn refused(&self, status: Status) -> Fault {
        let exception = status.metadata().get("exception");
        if exception.is_some_and(|kind| kind == "persistent-subscription-does-not-exist") {
            let reason = format!(
                "there is no group {} any more: start the consumer again to make it anew",
                self.group
            );
            return StoreError::Open { place: self.shared.link.place().to_owned(), reason }.into();
        }
        match Error::from_grpc(status) {
            // Not the group, so the node.
            Error::ResourceNotFound => Error::ServerError(Link::NO_LEADER.to_owned()).into(),
            error => error.into(),
        }
    }
}
