//! What can be wrong with a call about a group, as the protocol says it.

use tonic::{Code, Status};

use super::key::Key;
use crate::errors::exception;

/// What can be wrong with a call about a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GroupError {
    Exists,
    DoesNotExist,
    TooManyConsumers,
    /// The group was changed or deleted while the client consumed.
    Dropped,
}

impl GroupError {
    pub(crate) fn of(self, key: &Key) -> Status {
        let (code, kind, what) = match self {
            Self::Exists => (Code::AlreadyExists, "persistent-subscription-exists", "exists"),
            Self::DoesNotExist => {
                (Code::NotFound, "persistent-subscription-does-not-exist", "does not exist")
            }
            Self::TooManyConsumers => {
                (Code::FailedPrecondition, "maximum-subscribers-reached", "has all its consumers")
            }
            Self::Dropped => (Code::Cancelled, "persistent-subscription-dropped", "was dropped"),
        };
        let (stream, group) = (key.source.name(), key.group.as_str());
        let message = format!("subscription group {group} on stream {stream} {what}");
        exception(code, kind, message, &[("stream-name", stream), ("group-name", group)])
    }
}

/// Settings with which no group can be.
pub(crate) fn bad_settings(stream: &str, group: &str, reason: &str) -> Status {
    let message = format!("subscription group {group} on stream {stream} failed: '{reason}'");
    let details = [("stream-name", stream), ("group-name", group), ("reason", reason)];
    exception(Code::Internal, "persistent-subscription-failed", message, &details)
}
