//! `Append`: one write, its events one frame each.

use tonic::{Status, Streaming};

use super::{Limits, StreamsService, expected};
use crate::errors::{append_too_big, event_too_big, invalid};
use crate::model::{Expected, Proposed, Refused, Written};
use crate::services::convert::{name_of, position_of, proposed};
use crate::wire::streams::{
    AppendReq, AppendResp, Appended, WriteOptions, append_req::Content, append_resp, appended,
};

/// Reads the frames, and writes what they say.
pub(super) async fn append(
    service: &StreamsService,
    mut frames: Streaming<AppendReq>,
) -> Result<AppendResp, Status> {
    let (stream, expected) = match frames.message().await?.and_then(|frame| frame.content) {
        Some(Content::Options(options)) => target(options)?,
        _ => return Err(invalid("the first frame of an append has to be its options")),
    };
    let mut events = Vec::new();
    let mut size = 0;
    while let Some(frame) = frames.message().await? {
        let Some(Content::ProposedMessage(message)) = frame.content else {
            return Err(invalid("every frame but the first has to be an event"));
        };
        let event = proposed(message)?;
        size += checked_size(&event, service.limits)?;
        if size > service.limits.append {
            return Err(append_too_big(service.limits.append));
        }
        events.push(event);
    }
    let result = match service.store.append(&stream, expected, events) {
        Ok(written) => append_resp::Result::Success(appended(&written)),
        Err(Refused::WrongVersion { current, .. }) => {
            append_resp::Result::WrongExpectedVersion(expected::wrong(expected, current))
        }
        Err(refused) => return Err(refused.into()),
    };
    Ok(AppendResp { result: Some(result) })
}

fn target(options: WriteOptions) -> Result<(String, Expected), Status> {
    let expected = expected::parse(options.expected)?;
    Ok((writable(name_of(options.stream_identifier)?)?, expected))
}

/// The name, unless no client may write to it.
pub(super) fn writable(name: String) -> Result<String, Status> {
    if name == "$all" {
        return Err(invalid("nothing can be written to $all: write to a stream"));
    }
    Ok(name)
}

/// The bytes of the event, unless they are too many for one.
pub(super) fn checked_size(event: &Proposed, limits: Limits) -> Result<usize, Status> {
    let size = event.data.len() + event.metadata.len() + event.event_type.len();
    if size > limits.event {
        return Err(event_too_big(event.id, size, limits.event));
    }
    Ok(size)
}

pub(super) fn appended(written: &Written) -> Appended {
    use appended::{At, Current};
    let current = written.revision.map_or(Current::NoStream(()), Current::CurrentRevision);
    let at = written.position.map_or(At::NoPosition(()), |at| At::Position(position_of(at)));
    Appended { current: Some(current), at: Some(at) }
}
