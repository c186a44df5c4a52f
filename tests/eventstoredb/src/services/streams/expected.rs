//! Expected revisions, in each of the messages that have them.

use tonic::Status;

use crate::errors::invalid;
use crate::model::Expected;
use crate::wire::streams::append_resp::{WrongExpected, wrong_expected};
use crate::wire::streams::{batch_append_req, batch_append_resp, write_options};
use crate::wire::{WrongExpectedVersion, wrong_expected_version};

const MISSING: &str = "the expected revision is missing: say which, or any";

pub(super) fn parse(expected: Option<write_options::Expected>) -> Result<Expected, Status> {
    use write_options::Expected as Wire;
    match expected.ok_or_else(|| invalid(MISSING))? {
        Wire::Revision(number) => Ok(Expected::Revision(number)),
        Wire::NoStream(()) => Ok(Expected::NoStream),
        Wire::Any(()) => Ok(Expected::Any),
        Wire::StreamExists(()) => Ok(Expected::Exists),
    }
}

pub(super) fn parse_of_batch(
    expected: Option<batch_append_req::options::Expected>,
) -> Result<Expected, Status> {
    use batch_append_req::options::Expected as Wire;
    match expected.ok_or_else(|| invalid(MISSING))? {
        Wire::Revision(number) => Ok(Expected::Revision(number)),
        Wire::NoStream(()) => Ok(Expected::NoStream),
        Wire::Any(()) => Ok(Expected::Any),
        Wire::StreamExists(()) => Ok(Expected::Exists),
    }
}

/// What was expected, in the reply to one write of a batch.
pub(super) fn echo(expected: Expected) -> batch_append_resp::Expected {
    use batch_append_resp::Expected as Wire;
    match expected {
        Expected::Revision(number) => Wire::Revision(number),
        Expected::NoStream => Wire::NoStream(()),
        Expected::Any => Wire::Any(()),
        Expected::Exists => Wire::StreamExists(()),
    }
}

/// The reply to an append; clients of 20.6.0 read its first half, in which -1 is no stream.
pub(super) fn wrong(expected: Expected, current: Option<u64>) -> WrongExpected {
    use wrong_expected::{Current, Expected as New, OldCurrent, OldExpected};
    let (old_expected, new_expected) = match expected {
        Expected::Revision(number) => {
            (OldExpected::OldExpectedRevision(number), New::ExpectedRevision(number))
        }
        Expected::NoStream => {
            (OldExpected::OldExpectedRevision(u64::MAX), New::ExpectedNoStream(()))
        }
        Expected::Any => (OldExpected::OldAny(()), New::ExpectedAny(())),
        Expected::Exists => (OldExpected::OldStreamExists(()), New::ExpectedStreamExists(())),
    };
    WrongExpected {
        old_current: Some(OldCurrent::OldCurrentRevision(current.unwrap_or(u64::MAX))),
        old_expected: Some(old_expected),
        current: Some(current.map_or(Current::CurrentNoStream(()), Current::CurrentRevision)),
        expected: Some(new_expected),
    }
}

/// The details of one write of a batch that was refused.
pub(super) fn wrong_of_batch(expected: Expected, current: Option<u64>) -> WrongExpectedVersion {
    use wrong_expected_version::{Current, Expected as Wire};
    let expected = match expected {
        Expected::Revision(number) => Wire::ExpectedStreamPosition(number),
        Expected::NoStream => Wire::ExpectedNoStream(()),
        Expected::Any => Wire::ExpectedAny(()),
        Expected::Exists => Wire::ExpectedStreamExists(()),
    };
    let current = current.map_or(Current::CurrentNoStream(()), Current::CurrentStreamRevision);
    WrongExpectedVersion { current: Some(current), expected: Some(expected) }
}
