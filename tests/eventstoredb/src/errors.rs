//! Refusals as the protocol says them: a status, and trailers of which `exception` has the kind.

use tonic::metadata::{AsciiMetadataValue, MetadataMap};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::model::{BadPosition, Expected, Refused};

/// A status with the kind of the exception and its details in the trailers.
#[must_use]
pub(crate) fn exception(
    code: Code,
    kind: &str,
    message: String,
    details: &[(&'static str, &str)],
) -> Status {
    let mut trailers = MetadataMap::new();
    for (key, value) in [("exception", kind)].iter().chain(details) {
        // What is no ASCII cannot be in a trailer.
        if let Ok(value) = AsciiMetadataValue::try_from(*value) {
            trailers.insert(*key, value);
        }
    }
    Status::with_metadata(code, message, trailers)
}

/// The stream ended for ever, or is deleted.
#[must_use]
pub(crate) fn stream_deleted(stream: &str) -> Status {
    let message = format!("event stream '{stream}' is deleted");
    let details = [("stream-name", stream)];
    exception(Code::FailedPrecondition, "stream-deleted", message, &details)
}

/// Another node has to be asked.
#[must_use]
pub(crate) fn not_leader(host: &str, port: u16) -> Status {
    let port = port.to_string();
    let details = [("leader-endpoint-host", host), ("leader-endpoint-port", port.as_str())];
    exception(Code::NotFound, "not-leader", format!("leader is at {host}:{port}"), &details)
}

/// What a client asked for cannot be.
#[must_use]
pub(crate) fn invalid(what: impl ToString) -> Status {
    Status::invalid_argument(what.to_string())
}

/// An event lacks the metadata `type` or `content-type`.
#[must_use]
pub(crate) fn missing_metadata(property: &str) -> Status {
    let message = format!("required metadata property '{property}' is missing");
    let details = [("required-metadata-properties", "type,content-type")];
    exception(Code::InvalidArgument, "missing-required-metadata-property", message, &details)
}

/// The events of one append are too big together.
#[must_use]
pub(crate) fn append_too_big(limit: usize) -> Status {
    let message = format!("maximum append size of {limit} bytes exceeded: append fewer at a time");
    let limit = limit.to_string();
    let details = [("maximum-append-size", limit.as_str())];
    exception(Code::InvalidArgument, "maximum-append-size-exceeded", message, &details)
}

/// One event is too big.
#[must_use]
pub(crate) fn event_too_big(id: Uuid, size: usize, limit: usize) -> Status {
    let message = format!("event {id} has {size} bytes; an event may have {limit}");
    let limit = limit.to_string();
    let details = [("maximum-append-event-size", limit.as_str())];
    exception(Code::InvalidArgument, "maximum-append-event-size-exceeded", message, &details)
}

impl From<Refused> for Status {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Deleted(stream) => stream_deleted(&stream),
            Refused::WrongVersion { stream, expected, current } => {
                wrong_version(&stream, expected, current)
            }
            Refused::File(_) => Self::unavailable(refused.to_string()),
        }
    }
}

impl From<BadPosition> for Status {
    fn from(bad: BadPosition) -> Self {
        invalid(bad)
    }
}

fn wrong_version(stream: &str, expected: Expected, current: Option<u64>) -> Status {
    let actual = current.map_or(-1, |number| i64::try_from(number).unwrap_or(i64::MAX));
    let expected = expected.as_number();
    // Clients read the versions in these very words.
    let message = format!(
        "Append failed due to WrongExpectedVersion. Stream: {stream}, Expected version: \
         {expected}, Actual version: {actual}"
    );
    let (expected, actual) = (expected.to_string(), actual.to_string());
    let details = [
        ("stream-name", stream),
        ("expected-version", expected.as_str()),
        ("actual-version", actual.as_str()),
    ];
    exception(Code::FailedPrecondition, "wrong-expected-version", message, &details)
}
