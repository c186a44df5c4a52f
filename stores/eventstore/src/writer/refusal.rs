use std::error::Error;
use std::io::{self, ErrorKind};

use eventstore::Endpoint as Node;
use factum_core::store::StoreError;
use tonic::{Code, Status};

use crate::link::BACKEND;

/// Why an append was not carried out, or why nobody knows whether it was.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Another node has to be asked, this one if it is known.
    Leader(Option<Node>),
    /// It was not sent.
    Unsent(String),
    Denied(String),
    /// The stream was ended for ever.
    Deleted,
    TooLarge(String),
    /// The server refuses for another reason.
    Other(String),
    Unknown(String),
}

impl Refusal {
    pub(super) fn of(status: &Status) -> Self {
        let (said, trailer) = (status.message().to_owned(), |name: &str| {
            status.metadata().get(name).and_then(|value| value.to_str().ok())
        });
        // What the server says comes without a source, what went wrong on the way has one.
        if let Some(error) = status.source() {
            let said = format!("{said}: {error}");
            return if never_connected(error) { Self::Unsent(said) } else { Self::Unknown(said) };
        }
        match trailer("exception") {
            Some("not-leader") => {
                let port = trailer("leader-endpoint-port").and_then(|port| port.parse().ok());
                let host = trailer("leader-endpoint-host").filter(|host| !host.is_empty());
                let node = |(host, port): (&str, u32)| Node { host: host.to_owned(), port };
                return Self::Leader(host.zip(port).map(node));
            }
            Some("access-denied") => return Self::Denied(said),
            Some("stream-deleted") => return Self::Deleted,
            Some("maximum-append-size-exceeded" | "maximum-append-event-size-exceeded") => {
                return Self::TooLarge(said);
            }
            _ => {}
        }
        match status.code() {
            // Nothing else of an append can be missing.
            Code::NotFound => Self::Leader(None),
            Code::PermissionDenied | Code::Unauthenticated => Self::Denied(said),
            Code::InvalidArgument
            | Code::FailedPrecondition
            | Code::Unimplemented
            | Code::OutOfRange => Self::Other(said),
            code => Self::Unknown(format!("{said} ({code:?})")),
        }
    }

    /// Whether the connection is of no use any more.
    pub(super) fn ends_channel(&self) -> bool {
        matches!(self, Self::Unsent(_) | Self::Unknown(_))
    }

    pub(super) fn into_store(self, place: &str, stream: &str) -> StoreError {
        let open = |reason: String| StoreError::Open { place: place.to_owned(), reason };
        let unavailable = |reason| StoreError::Unavailable { backend: BACKEND, reason };
        match self {
            Self::Leader(_) => unavailable(format!("{place} has no leader now")),
            Self::Unsent(said) => unavailable(format!("cannot connect to {place}: {said}")),
            Self::Denied(said) => open(format!(
                "access is denied ({said}): check user and password in the address, and what the user \
                 may do"
            )),
            Self::Deleted => StoreError::Corrupt {
                place: place.to_owned(),
                what: format!("somebody deleted the stream {stream} for good (a tombstone)"),
            },
            Self::TooLarge(said) => open(format!(
                "the server takes no append that large ({said}): raise `MaxAppendSize` there, or lower \
                 `append_bytes` here"
            )),
            Self::Other(said) => open(format!("the server refused an append to {stream}: {said}")),
            Self::Unknown(reason) => StoreError::Unknown { backend: BACKEND, reason },
        }
    }
}

/// Whether it went wrong before there was a connection.
fn never_connected(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return matches!(
                error.kind(),
                ErrorKind::ConnectionRefused
                    | ErrorKind::HostUnreachable
                    | ErrorKind::NetworkUnreachable
                    | ErrorKind::AddrNotAvailable
            );
        }
        next = error.source();
    }
    false
}
