//! `BatchAppend`: many writes on one call, each under an id by which its reply is known.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use prost::{Message, Name};
use prost_types::Any;
use tokio::sync::mpsc;
use tonic::{Code, Status, Streaming};
use uuid::Uuid;

use super::append::{appended, checked_size, writable};
use super::{Limits, StreamsService, expected};
use crate::connection::ConnectionInfo;
use crate::errors::invalid;
use crate::model::{Expected, Proposed, Refused};
use crate::services::convert::{IdForm, id_of, identifier_of, name_of, proposed};
use crate::wire::streams::batch_append_req::{self, options::Deadline};
use crate::wire::streams::{BatchAppendReq, BatchAppendResp, batch_append_resp::Result as Reply};
use crate::wire::{
    BadRequest, ItemStatus, MaximumAppendSizeExceeded, ProposedMessage, StreamDeleted, Timeout,
};

type Replies = mpsc::Sender<Result<BatchAppendResp, Status>>;

/// A write of which not all chunks are there yet.
struct Pending {
    stream: String,
    expected: Expected,
    is_late: bool,
    events: Vec<Proposed>,
    size: usize,
}

/// Reads chunks and writes what they say until the client ends the call.
pub(super) async fn run(
    service: StreamsService,
    mut chunks: Streaming<BatchAppendReq>,
    replies: Replies,
    connection: Option<ConnectionInfo>,
) {
    let mut pending = HashMap::new();
    loop {
        let reply = match chunks.message().await {
            Ok(Some(chunk)) => take_chunk(&service, &mut pending, chunk),
            Ok(None) | Err(_) => return,
        };
        let is_write = matches!(&reply, Ok(Some(_)));
        let Some(reply) = reply.transpose() else { continue };
        if is_write && service.faults.take_dropped_reply() {
            if let Some(connection) = connection {
                connection.cut();
            }
            return;
        }
        let is_over = reply.is_err();
        if replies.send(reply).await.is_err() || is_over {
            return;
        }
    }
}

/// Adds a chunk to its write; the reply, if it was the last.
fn take_chunk(
    service: &StreamsService,
    pending: &mut HashMap<Uuid, Pending>,
    chunk: BatchAppendReq,
) -> Result<Option<BatchAppendResp>, Status> {
    let BatchAppendReq { correlation_id, options, proposed_messages, is_final } = chunk;
    let id = id_of(correlation_id.clone())?;
    if let Some(options) = options {
        pending.insert(id, begin(options)?);
    }
    let write = pending
        .get_mut(&id)
        .ok_or_else(|| invalid(format!("the first chunk of write {id} has to have its options")))?;
    let added = add(write, proposed_messages, service.limits);
    if added.is_ok() && !is_final {
        return Ok(None);
    }
    let Some(write) = pending.remove(&id) else { return Ok(None) };
    let (stream, expected) = (write.stream.clone(), write.expected);
    let result = match added {
        Ok(()) => finish(service, write),
        Err(status) => failed(Code::InvalidArgument, &bad_request(status)),
    };
    Ok(Some(BatchAppendResp {
        correlation_id: Some(IdForm::Halves.write(id)),
        stream_identifier: Some(identifier_of(&stream)),
        expected: Some(expected::echo(expected)),
        result: Some(result),
    }))
}

fn begin(options: batch_append_req::Options) -> Result<Pending, Status> {
    let expected = expected::parse_of_batch(options.expected)?;
    let stream = writable(name_of(options.stream_identifier)?)?;
    let is_late = options.deadline.is_some_and(is_over);
    Ok(Pending { stream, expected, is_late, events: Vec::new(), size: 0 })
}

fn is_over(deadline: Deadline) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    match deadline {
        Deadline::Within(time) => (time.seconds, time.nanos) <= (0, 0),
        Deadline::Until(time) => time.seconds.unsigned_abs() < now.as_secs(),
    }
}

fn add(write: &mut Pending, messages: Vec<ProposedMessage>, limits: Limits) -> Result<(), Status> {
    for message in messages {
        let event = proposed(message)?;
        write.size += checked_size(&event, limits)?;
        write.events.push(event);
    }
    Ok(())
}

fn finish(service: &StreamsService, write: Pending) -> Reply {
    let limit = service.limits.append;
    if write.is_late {
        return failed(Code::DeadlineExceeded, &Timeout {});
    }
    if write.size > limit {
        let max_append_size = u32::try_from(limit).unwrap_or(u32::MAX);
        return failed(Code::InvalidArgument, &MaximumAppendSizeExceeded { max_append_size });
    }
    match service.store.append(&write.stream, write.expected, write.events) {
        Ok(written) => Reply::Success(appended(&written)),
        Err(Refused::WrongVersion { expected, current, .. }) => {
            failed(Code::AlreadyExists, &expected::wrong_of_batch(expected, current))
        }
        Err(Refused::Deleted(stream)) => {
            let stream_identifier = Some(identifier_of(&stream));
            failed(Code::NotFound, &StreamDeleted { stream_identifier })
        }
        Err(refused @ Refused::File(_)) => {
            failed(Code::Unavailable, &BadRequest { message: refused.to_string() })
        }
    }
}

fn bad_request(status: Status) -> BadRequest {
    BadRequest { message: status.message().to_owned() }
}

fn failed<M: Message + Name>(code: Code, details: &M) -> Reply {
    let details = Any {
        type_url: format!("type.googleapis.com/{}", M::full_name()),
        value: details.encode_to_vec(),
    };
    Reply::Error(ItemStatus {
        code: code.into(),
        message: M::NAME.to_owned(),
        details: Some(details),
    })
}
