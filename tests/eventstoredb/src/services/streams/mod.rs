//! Reads, subscriptions and writes.

mod append;
mod batch;
mod expected;
mod options;
mod read;
mod subscribe;
mod subscribe_all;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming, async_trait};

use super::convert::{name_of, position_of};
use crate::connection::ConnectionInfo;
use crate::errors::invalid;
use crate::faults::Faults;
use crate::model::{Expected, Refused, Written};
use crate::store::Store;
use crate::wire::streams::streams_server::Streams;
use crate::wire::streams::{
    AppendReq, AppendResp, BatchAppendReq, BatchAppendResp, ReadReq, ReadResp, WriteReq, WriteResp,
    write_resp,
};
use options::{Mode, Options, Source};

/// How many replies may wait for a client.
const REPLIES: usize = 32;

/// Where replies to a read go.
type Replies = mpsc::Sender<Result<ReadResp, Status>>;

/// The service.
#[derive(Clone, Debug)]
pub(crate) struct StreamsService {
    pub(crate) store: Store,
    pub(crate) faults: Faults,
    pub(crate) limits: Limits,
}

/// How many bytes may be written at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// By all events of an append.
    pub(crate) append: usize,
    /// By one event.
    pub(crate) event: usize,
}

/// The client is gone; there is nobody to tell.
struct Gone;

#[async_trait]
impl Streams for StreamsService {
    type ReadStream = ReceiverStream<Result<ReadResp, Status>>;
    type BatchAppendStream = ReceiverStream<Result<BatchAppendResp, Status>>;

    async fn read(&self, request: Request<ReadReq>) -> Result<Response<Self::ReadStream>, Status> {
        let options = Options::parse(request.into_inner())?;
        let (replies, stream) = mpsc::channel(REPLIES);
        match (options.mode, options.source) {
            (Mode::Count(count), Source::Stream { name, from }) => {
                let read = read::StreamRead::new(&self.store, name, from, count, options.shape)?;
                tokio::spawn(read.run(self.store.clone(), replies));
            }
            (Mode::Count(count), Source::All { from, filter }) => {
                let read = read::AllRead::new(&self.store, from, filter, count, options.shape)?;
                tokio::spawn(read.run(self.store.clone(), replies));
            }
            (Mode::Subscription, Source::Stream { name, from }) => {
                let subscription = subscribe::StreamSubscription::new(
                    &self.store,
                    &self.faults,
                    name,
                    from,
                    options.shape,
                );
                tokio::spawn(subscription.run(self.store.clone(), replies));
            }
            (Mode::Subscription, Source::All { from, filter }) => {
                let subscription = subscribe_all::AllSubscription::new(
                    &self.store,
                    &self.faults,
                    from,
                    filter,
                    options.shape,
                )?;
                tokio::spawn(subscription.run(self.store.clone(), replies));
            }
        }
        Ok(Response::new(ReceiverStream::new(stream)))
    }

    async fn append(
        &self,
        request: Request<Streaming<AppendReq>>,
    ) -> Result<Response<AppendResp>, Status> {
        append::append(self, request.into_inner()).await.map(Response::new)
    }

    async fn delete(&self, request: Request<WriteReq>) -> Result<Response<WriteResp>, Status> {
        let (stream, expected) = target(request.into_inner())?;
        written(self.store.delete(&stream, expected))
    }

    async fn tombstone(&self, request: Request<WriteReq>) -> Result<Response<WriteResp>, Status> {
        let (stream, expected) = target(request.into_inner())?;
        written(self.store.tombstone(&stream, expected))
    }

    async fn batch_append(
        &self,
        request: Request<Streaming<BatchAppendReq>>,
    ) -> Result<Response<Self::BatchAppendStream>, Status> {
        let connection = request.extensions().get::<ConnectionInfo>().cloned();
        let (replies, stream) = mpsc::channel(REPLIES);
        tokio::spawn(batch::run(self.clone(), request.into_inner(), replies, connection));
        Ok(Response::new(ReceiverStream::new(stream)))
    }
}

fn target(request: WriteReq) -> Result<(String, Expected), Status> {
    let options = request.options.ok_or_else(|| invalid("the options are missing"))?;
    let expected = expected::parse(options.expected)?;
    Ok((name_of(options.stream_identifier)?, expected))
}

fn written(outcome: Result<Written, Refused>) -> Result<Response<WriteResp>, Status> {
    let at = match outcome?.position {
        Some(position) => write_resp::At::Position(position_of(position)),
        None => write_resp::At::NoPosition(()),
    };
    Ok(Response::new(WriteResp { at: Some(at) }))
}
