//! Reads, over a connection of our own: the client's wait 40 ms each for a packet that Nagle's algorithm
//! holds back, and may be answered by a node that follows behind.

use eventstore::Error;
use factum_core::store::StoreError;
use futures_util::TryStreamExt;
use tonic::client::Grpc;
use tonic::codec::ProstCodec;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic::{Request, Status};

use super::fault::Fault;
use super::leader::unpanicked;
use super::wire::{ReadReq, ReadResp, Said};
use super::{Link, Raw, ReadFrom};

pub(super) const READ: PathAndQuery =
    PathAndQuery::from_static("/event_store.client.streams.Streams/Read");

impl Link {
    /// Up to `count` events of a stream; none if there is no such stream.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] if there was no answer within the time limit, else what lasts.
    pub(crate) async fn read_stream(
        &self,
        stream: &str,
        from: ReadFrom,
        count: usize,
    ) -> Result<Vec<Raw>, StoreError> {
        self.read(ReadReq::of_stream(stream, from, count), count).await
    }

    /// Up to `count` events of `$all`, those of the system included.
    ///
    /// # Errors
    ///
    /// As for [`read_stream`](Self::read_stream).
    pub(crate) async fn read_all(
        &self,
        from: ReadFrom,
        count: usize,
    ) -> Result<Vec<Raw>, StoreError> {
        self.read(ReadReq::of_all(from, count), count).await
    }

    async fn read(&self, request: ReadReq, count: usize) -> Result<Vec<Raw>, StoreError> {
        if count == 0 {
            // The server takes it for a mistake.
            return Ok(Vec::new());
        }
        let read = self.again(|_| self.read_once(request.clone())).await;
        read.map_err(|fault| fault.into_store(self.place()))
    }

    async fn read_once(&self, request: ReadReq) -> Result<Vec<Raw>, Fault> {
        let (number, leader) = self.leader().await?;
        let replies = match unpanicked(call(leader, self.to_leader(request))).await {
            Ok(Ok(replies)) => replies,
            Ok(Err(status)) => {
                let error = Error::from_grpc(status);
                return Err(self.turned_down(number, error).await);
            }
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
        Ok(events)
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

async fn call(
    mut leader: Grpc<Channel>,
    request: Request<ReadReq>,
) -> Result<Vec<ReadResp>, Status> {
    leader.ready().await.map_err(|error| Status::from_error(Box::new(error)))?;
    let codec = ProstCodec::<ReadReq, ReadResp>::default();
    leader.server_streaming(request, READ, codec).await?.into_inner().try_collect().await
}
