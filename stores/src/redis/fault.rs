use std::time::Duration;

use factum_core::store::StoreError;
use redis::{ErrorKind, RedisError, ServerErrorKind};

/// The backend's name.
pub(super) const BACKEND: &str = "redis";

/// Why a request has no answer.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    /// It did not get as far as the server, or the server did not carry it out.
    Store(StoreError),
    /// It was sent, and may have been carried out.
    Lost(String),
    /// The server lacks the script, and did nothing.
    NoScript,
    /// The log is on another node of the cluster, at this address; nothing was done.
    Moved(String),
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Fault {
    /// What is said of a request that was sent and failed.
    pub(super) fn of(error: &RedisError, place: &str) -> Self {
        match error.kind() {
            ErrorKind::Server(ServerErrorKind::NoScript) => Self::NoScript,
            ErrorKind::Server(ServerErrorKind::Moved) => {
                let said = code_and_detail(error).1;
                Self::Moved(said.split_whitespace().nth(1).unwrap_or_default().to_owned())
            }
            ErrorKind::Io | ErrorKind::Parse | ErrorKind::UnexpectedReturnType => {
                Self::Lost(error.to_string())
            }
            // The append script's word for a round of which some is stored.
            _ if code_and_detail(error).0 == "PARTLY" => Self::Lost(error.to_string()),
            _ => Self::Store(refusal(error, place)),
        }
    }

    /// What is said of a request whose time was up.
    pub(super) fn late(limit: Duration) -> Self {
        Self::Lost(format!("no answer within {limit:?}, the time limit `answer_within`"))
    }

    /// What is said of an append where the server refused to wait for replicas.
    pub(super) fn unwaited(error: &RedisError) -> Self {
        Self::Lost(format!(
            "it is stored, but the server did not wait for replicas, as `replicas` asks for: {error}"
        ))
    }

    /// The error of an operation that has no effect.
    pub(super) fn of_read(self) -> StoreError {
        match self {
            Self::Store(error) => error,
            Self::Lost(reason) => unavailable(reason),
            Self::Moved(node) => unavailable(format!("the cluster moves the log, now to {node}")),
            Self::NoScript => unavailable("it forgets the scripts that it is given".to_owned()),
        }
    }

    /// The error of an append.
    pub(super) fn of_append(self) -> StoreError {
        match self {
            Self::Lost(reason) => StoreError::Unknown { backend: BACKEND, reason },
            other => other.of_read(),
        }
    }
}

pub(super) fn unavailable(reason: String) -> StoreError {
    StoreError::Unavailable { backend: BACKEND, reason }
}

/// What a store of events and rows does.
const RIGHTS: &str =
    "allow the user `time`, and all of `@read @write @scripting` on the log's keys";

/// What the server refused to do, as an error that says what to do.
fn refusal(error: &RedisError, place: &str) -> StoreError {
    let place = place.to_owned();
    let (code, said) = code_and_detail(error);
    let open = |advice: &str| StoreError::Open {
        place: place.clone(),
        reason: if advice.is_empty() { said.clone() } else { format!("{said}: {advice}") },
    };
    match code.as_str() {
        "OOM" => {
            StoreError::Full { place, reason: format!("{said} (raise the server's `maxmemory`)") }
        }
        "MISCONF" => StoreError::Full {
            place,
            reason: format!("the server cannot write its own files: {said}"),
        },
        "READONLY" => StoreError::ReadOnly { place: format!("{place}, a replica,") },
        "LOADING" => unavailable("the server is still reading its files".to_owned()),
        "BUSY" => unavailable("the server runs somebody's long script".to_owned()),
        "NOREPLICAS" => unavailable("it has fewer replicas than it is to write to".to_owned()),
        "TRYAGAIN" | "CLUSTERDOWN" | "MASTERDOWN" | "ASK" => unavailable(said),
        "NOPERM" => open(RIGHTS),
        // What a script is told, without the command that it is about.
        "ERR" if said.starts_with("The user executing the script") => open(RIGHTS),
        "NOAUTH" => {
            let reason =
                "the server asks for a password: put user and password into the address".to_owned();
            StoreError::Open { place, reason }
        }
        "WRONGTYPE" => StoreError::Corrupt { place, what: said },
        code if code == "WRONGPASS" || error.kind() == ErrorKind::AuthenticationFailed => {
            open("put the right user and password into the address")
        }
        code => StoreError::Open { place, reason: format!("the server refused: {code} {said}") },
    }
}

fn code_and_detail(error: &RedisError) -> (String, String) {
    // Errors of a pipeline do not tell of themselves.
    let errors = error.clone().into_server_errors();
    match errors.as_deref().and_then(<[_]>::first) {
        Some((_, server)) => {
            (server.code().to_owned(), server.details().unwrap_or_default().to_owned())
        }
        None => {
            let said = error.detail().unwrap_or_else(|| error.category());
            (error.code().unwrap_or_default().to_owned(), said.to_owned())
        }
    }
}
