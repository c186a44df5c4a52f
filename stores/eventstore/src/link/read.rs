//! Reads, over a connection of our own: the client's wait 40 ms each for a packet that Nagle's algorithm
//! holds back, and may be answered by a node that follows behind.

use std::error::Error as _;
use std::ops::Deref;

use eventstore::Error;
use factum_core::store::StoreError;
use futures_util::TryStreamExt;
use tonic::client::Grpc;
use tonic::codec::ProstCodec;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

use super::fault::Fault;
use super::leader::unpanicked;
use super::wire::{ReadReq, ReadResp, Said};
use super::{Link, Raw, ReadFrom};

pub(super) const READ: PathAndQuery =
    PathAndQuery::from_static("/event_store.client.streams.Streams/Read");

/// About how many bytes are read at once. The sizes of events are not known before, and many of the
/// largest would take more memory and time than there is.
const BYTES: usize = 4 * 1024 * 1024;
/// How many events are read, however large: a read may begin with one that is known, and has to get on.
const LEAST: usize = 2;

/// What one read gave.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    events: Vec<Raw>,
    /// There may be more where the read went.
    pub(crate) more: bool,
}

impl Deref for Batch {
    type Target = [Raw];

    fn deref(&self) -> &[Raw] {
        &self.events
    }
}

impl Link {
    /// Up to `count` events of a stream, fewer if they are large; none if there is no such stream.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] if there was no answer within the time limit, else what lasts.
    pub(crate) async fn read_stream(
        &self,
        stream: &str,
        from: ReadFrom,
        count: usize,
    ) -> Result<Batch, StoreError> {
        self.read(ReadReq::of_stream(stream, from, count), count, BYTES).await
    }

    /// Up to `count` events of `$all`, fewer if they are large, those of the system included.
    ///
    /// # Errors
    ///
    /// As for [`read_stream`](Self::read_stream).
    pub(crate) async fn read_all(&self, from: ReadFrom, count: usize) -> Result<Batch, StoreError> {
        self.read(ReadReq::of_all(from, count), count, BYTES).await
    }

    /// The `count` events of one append to a stream, the last of which has this revision and position;
    /// however large they are, as they were sent at once.
    ///
    /// # Errors
    ///
    /// As for [`read_stream`](Self::read_stream).
    pub(crate) async fn read_append(
        &self,
        stream: &str,
        (revision, position): (u64, u64),
        count: usize,
    ) -> Result<Vec<Raw>, StoreError> {
        let from = ReadFrom::Backward(revision);
        let request = ReadReq::of_stream(stream, from, count);
        let events = self.read(request, count, usize::MAX).await?.events;
        if events.len() == count {
            return Ok(events);
        }
        // The stream keeps fewer, but the log has them next to each other.
        let last = self.read_at(position).await?;
        let request = ReadReq::of_all(ReadFrom::Backward(position), count);
        let before = self.read(request, count, usize::MAX).await?.events;
        Ok(last.into_iter().chain(before).filter(|event| event.stream == stream).collect())
    }

    /// The event at a position of `$all`; none if none stands there.
    ///
    /// # Errors
    ///
    /// As for [`read_stream`](Self::read_stream).
    pub(crate) async fn read_at(&self, position: u64) -> Result<Option<Raw>, StoreError> {
        let request = ReadReq::of_all(ReadFrom::Forward(position), 1);
        match self.repeat_read(&request, BYTES).await {
            Ok((events, _)) => Ok(events.into_iter().next().filter(|raw| raw.position == position)),
            // Servers refuse a position at which nothing stands in one way or another. One that fails at
            // everything says nothing of the position.
            Err(fault) if fault.is_refusal() => {
                self.read_all(ReadFrom::End, 1).await?;
                Ok(None)
            }
            Err(fault) => Err(fault.into_store(self.place())),
        }
    }

    async fn read(&self, request: ReadReq, count: usize, most: usize) -> Result<Batch, StoreError> {
        if count == 0 {
            // The server takes it for a mistake.
            return Ok(Batch::default());
        }
        let read = self.repeat_read(&request, most).await;
        let (events, is_cut) = read.map_err(|fault| fault.into_store(self.place()))?;
        let more = is_cut || events.len() == count;
        Ok(Batch { events, more })
    }

    async fn repeat_read(&self, request: &ReadReq, most: usize) -> Result<(Vec<Raw>, bool), Fault> {
        let each = self.address().at_one_node();
        self.again(each, |_| self.read_once(request.clone(), most)).await
    }

    /// The events, and whether there were more than so many bytes.
    async fn read_once(&self, request: ReadReq, most: usize) -> Result<(Vec<Raw>, bool), Fault> {
        let (number, leader) = self.leader().await?;
        let (replies, is_cut) = match unpanicked(call(leader, self.to_leader(request), most)).await
        {
            Ok(Ok(replies)) => replies,
            Ok(Err(status)) => return Err(self.turned_down(number, of_status(status)).await),
            Err(fault) => {
                self.forget_leader(number).await;
                return Err(fault);
            }
        };
        let mut events = Vec::with_capacity(replies.len());
        for reply in replies {
            if let Said::Event(event) = Said::try_from(reply)? {
                events.push(event);
            }
        }
        Ok((events, is_cut))
    }

    /// What is wrong, and with whom to try again.
    async fn turned_down(&self, number: u64, error: Error) -> Fault {
        match error {
            Error::NotLeaderException(node) => {
                self.change_leader(number, Some(node.clone())).await;
                Error::NotLeaderException(node).into()
            }
            // A missing stream is said by a message: this node knows of no leader.
            Error::ResourceNotFound => {
                self.change_leader(number, None).await;
                Error::ServerError(Self::NO_LEADER.to_owned()).into()
            }
            error => {
                let fault = Fault::from(error);
                if fault.is_passing() {
                    self.forget_leader(number).await;
                }
                fault
            }
        }
    }
}

/// The client merges what a server says of the call with what went wrong on the way, which has a source.
fn of_status(status: Status) -> Error {
    match status.code() {
        code @ (Code::Unknown | Code::Internal) if status.source().is_none() => {
            Error::Grpc { code, message: status.message().to_owned() }
        }
        _ => Error::from_grpc(status),
    }
}

async fn call(
    mut leader: Grpc<Channel>,
    request: Request<ReadReq>,
    most: usize,
) -> Result<(Vec<ReadResp>, bool), Status> {
    leader.ready().await.map_err(|error| Status::from_error(Box::new(error)))?;
    let codec = ProstCodec::<ReadReq, ReadResp>::default();
    let mut stream = leader.server_streaming(request, READ, codec).await?.into_inner();
    let (mut replies, mut bytes) = (Vec::new(), 0);
    while let Some(reply) = stream.try_next().await? {
        bytes += reply.bytes();
        replies.push(reply);
        if bytes > most && replies.len() >= LEAST {
            return Ok((replies, true));
        }
    }
    Ok((replies, false))
}
