//! What the client's errors mean for callers of the store, in one place.

use std::time::Duration;

use eventstore::Error;
use factum_core::store::StoreError;

/// The backend's name.
pub(crate) const BACKEND: &str = "eventstore";

/// Why a call has no answer.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The client or the server says so.
    Client(Error),
    /// No client can be made of the address.
    NoClient(String),
    /// The client panicked: it does so on replies that lack what it expects.
    Panicked(String),
    /// No answer within the time limit, and what the last attempt met.
    Late(Duration, Option<Box<Fault>>),
    Store(StoreError),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Client(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Fault {
    /// Whether the client is of no use any more: it never connects again once it failed to.
    pub(super) fn ends_client(&self) -> bool {
        matches!(self, Self::Client(Error::GrpcConnectionError(_) | Error::ConnectionClosed))
            || matches!(self, Self::Panicked(_))
    }

    /// Whether the same call may work in a moment.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Client(Error::Grpc { code, .. }) => is_passing_code(*code),
            Self::Client(Error::ServerError(said)) => !is_data_loss(said),
            Self::Client(error) => matches!(
                error,
                Error::GrpcConnectionError(_)
                    | Error::ConnectionClosed
                    | Error::NotLeaderException(_)
                    | Error::IllegalStateError(_)
                    | Error::DeadlineExceeded
            ),
            Self::Late(..) => true,
            Self::Store(error) => error.is_transient(),
            _ => false,
        }
    }

    /// Whether the server said no to what was asked, as far as that can be told.
    pub(super) fn is_refusal(&self) -> bool {
        use tonic::Code;
        match self {
            Self::Client(Error::Grpc { code, .. }) => matches!(
                code,
                Code::InvalidArgument
                    | Code::OutOfRange
                    | Code::FailedPrecondition
                    | Code::Unknown
                    | Code::Internal
            ),
            Self::Late(_, Some(last)) => last.is_refusal(),
            _ => false,
        }
    }

    /// The error for the caller of an operation that changed nothing.
    pub(crate) fn into_store(self, place: &str) -> StoreError {
        match self {
            Self::Store(error) => error,
            Self::Client(error) => of_client(error, place),
            Self::NoClient(reason) => StoreError::Open { place: place.to_owned(), reason },
            Self::Panicked(said) => unavailable(panicked(place, &said)),
            Self::Late(limit, None) => unavailable(late(place, limit)),
            Self::Late(limit, Some(last)) => match last.into_store(place) {
                StoreError::Unavailable { backend, reason } => {
                    let reason = format!("{} (tried for {limit:?})", reason);
                    StoreError::Unavailable { backend, reason }
                }
                other => other,
            },
        }
    }

    /// The error for the caller of an operation that writes. Only what a server says that refuses, or a
    /// connection that was never there, says for certain that nothing was stored.
    pub(crate) fn into_store_of_write(self, place: &str) -> StoreError {
        let reason = match &self {
            Self::Client(Error::ServerError(said)) => text(said).to_owned(),
            Self::Client(Error::DeadlineExceeded) => {
                format!("{place} did not answer within the deadline")
            }
            Self::Client(Error::Grpc { code, message }) if is_passing_code(*code) => {
                format!("{message} ({code:?})")
            }
            Self::Panicked(said) => panicked(place, said),
            Self::Late(limit, _) => late(place, *limit),
            _ => return self.into_store(place),
        };
        StoreError::Unknown { backend: BACKEND, reason }
    }
}

fn unavailable(reason: String) -> StoreError {
    StoreError::Unavailable { backend: BACKEND, reason }
}

fn late(place: &str, limit: Duration) -> String {
    format!("{place} did not answer within {limit:?}, the `defaultDeadline` of the address")
}

fn panicked(place: &str, said: &str) -> String {
    format!("the client does not understand what {place} answered: {said}")
}

fn is_passing_code(code: tonic::Code) -> bool {
    use tonic::Code;
    matches!(
        code,
        Code::Aborted | Code::Cancelled | Code::ResourceExhausted | Code::Unknown | Code::Internal
    )
}

/// The client merges this, which does not pass, into one error with what does.
fn is_data_loss(said: &str) -> bool {
    said.starts_with("status: DataLoss")
}

fn of_client(error: Error, place: &str) -> StoreError {
    let open =
        |reason: &str| StoreError::Open { place: place.to_owned(), reason: reason.to_owned() };
    match error {
        Error::ServerError(said) if is_data_loss(&said) => {
            StoreError::Corrupt { place: place.to_owned(), what: text(&said).to_owned() }
        }
        Error::ServerError(said) => unavailable(format!("{place} failed: {}", text(&said))),
        Error::GrpcConnectionError(why) => {
            let why = why.to_string();
            unavailable(format!("cannot connect to {place}: {}", text(&why)))
        }
        Error::ConnectionClosed => unavailable(format!("the connection to {place} is closed")),
        Error::NotLeaderException(leader) => {
            let leader = format!("{}:{}", leader.host, leader.port);
            unavailable(format!("{place} does not lead the cluster, {leader} does"))
        }
        Error::DeadlineExceeded => {
            unavailable(format!("{place} did not answer within the deadline"))
        }
        Error::Grpc { code, message } if is_passing_code(code) => {
            unavailable(format!("{place} failed: {message} ({code:?})"))
        }
        Error::IllegalStateError(said) => unavailable(said),
        Error::AccessDenied => open(
            "access is denied: check user and password in the address, and what the user may do",
        ),
        Error::UnsupportedFeature => open("the server is too old for this: use 23.10 or later"),
        Error::ResourceDeleted => StoreError::Corrupt {
            place: place.to_owned(),
            what: "somebody deleted the stream for good (a tombstone)".to_owned(),
        },
        Error::Grpc { code, message } => open(&format!("{message} ({code:?})")),
        other => open(&other.to_string()),
    }
}

/// The message in the text of a status, of which the rest is noise.
fn text(status: &str) -> &str {
    let Some((_, rest)) = status.split_once("message: \"") else { return status };
    match rest.split_once("\", details:") {
        Some(("", _)) | None => status,
        Some((message, _)) => message,
    }
}

#[cfg(test)]
mod tests {
    use eventstore::GrpcConnectionError;
    use tonic::{Code, Status};

    use super::*;

    fn of(status: Status) -> Fault {
        Error::from_grpc(status).into()
    }

    /// What a reader is told, and what a writer is told.
    fn told(fault: impl Fn() -> Fault) -> [StoreError; 2] {
        [fault().into_store("the place"), fault().into_store_of_write("the place")]
    }

    #[test]
    fn what_passes_may_have_been_written() {
        let codes = [
            Code::Unavailable,
            Code::Internal,
            Code::Unknown,
            Code::DeadlineExceeded,
            Code::Aborted,
            Code::Cancelled,
            Code::ResourceExhausted,
        ];
        for code in codes {
            let [read, written] = told(|| of(Status::new(code, "the reason")));
            assert!(matches!(read, StoreError::Unavailable { .. }), "{code:?}: {read}");
            assert!(written.outcome_unknown(), "{code:?}: {written}");
            if code != Code::DeadlineExceeded {
                assert!(read.to_string().contains("the reason"), "{read}");
                assert!(written.to_string().contains("the reason"), "{written}");
            }
            assert!(of(Status::new(code, "")).is_passing(), "{code:?}");
        }
        let limit = Duration::from_secs(3);
        let [read, written] = told(|| Fault::Late(limit, None));
        assert!(read.is_transient() && written.outcome_unknown(), "{read}, {written}");
        let [read, written] = told(|| Fault::Panicked("no id".to_owned()));
        assert!(read.is_transient() && written.outcome_unknown(), "{read}, {written}");
    }

    #[test]
    fn what_never_reached_the_server_was_not_written() {
        let refused = || GrpcConnectionError::Grpc("refused".to_owned());
        for error in told(|| Error::GrpcConnectionError(refused()).into()) {
            assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
            assert!(error.to_string().contains("cannot connect to the place"), "{error}");
        }
        for error in told(|| Error::ConnectionClosed.into()) {
            assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
        }
    }

    #[test]
    fn what_lasts_is_not_tried_again() {
        let codes = [
            (Code::Unauthenticated, "check user and password"),
            (Code::PermissionDenied, "check user and password"),
            (Code::Unimplemented, "too old"),
            (Code::InvalidArgument, "the reason"),
            (Code::FailedPrecondition, "the reason"),
            (Code::OutOfRange, "the reason"),
        ];
        for (code, reason) in codes {
            assert!(!of(Status::new(code, "the reason")).is_passing(), "{code:?}");
            for error in told(|| of(Status::new(code, "the reason"))) {
                assert!(matches!(error, StoreError::Open { .. }), "{code:?}: {error}");
                assert!(error.to_string().contains(reason), "{code:?}: {error}");
            }
        }
        let [error, _] = told(|| of(Status::data_loss("the file is torn")));
        assert!(matches!(&error, StoreError::Corrupt { what, .. } if what == "the file is torn"));
        assert!(!of(Status::data_loss("")).is_passing());
    }

    #[test]
    fn a_leader_elsewhere_is_named() {
        let mut status = Status::not_found("");
        for (key, value) in [
            ("exception", "not-leader"),
            ("leader-endpoint-host", "b"),
            ("leader-endpoint-port", "7"),
        ] {
            status.metadata_mut().insert(key, value.parse().unwrap());
        }
        assert!(of(status.clone()).is_passing());
        for error in told(|| of(status.clone())) {
            assert!(error.is_transient() && error.to_string().contains("b:7 does"), "{error}");
            assert!(!error.outcome_unknown(), "{error}");
        }
    }

    #[test]
    fn what_the_last_attempt_met_is_told_with_the_limit() {
        let last = || Some(Box::new(of(Status::unavailable("going down"))));
        let error = Fault::Late(Duration::from_secs(3), last()).into_store("the place").to_string();
        assert!(error.contains("going down") && error.contains("tried for 3s"), "{error}");
    }
}
