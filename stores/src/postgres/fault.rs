use std::error::Error as _;
use std::time::Duration;

use factum_core::store::StoreError;
use tokio_postgres::Error;
use tokio_postgres::error::{DbError, SqlState};

/// The backend's name.
pub(super) const BACKEND: &str = "postgres";
/// What the procedure raises if the log is no longer there.
const LOG_GONE: &str = "FA001";

/// Something went wrong inside: the server failed or was silent, or the store has to say something of
/// its own.
#[derive(Debug)]
pub(super) enum Fault {
    Sql(Error),
    /// No connection within the limit `connect_within`.
    Unconnected(Duration),
    /// No answer within the limit of this name.
    Late(&'static str, Duration),
    Store(StoreError),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Fault {
    /// The error for the caller of an operation that changed nothing.
    pub(super) fn into_store(self, place: &str) -> StoreError {
        match self {
            Self::Store(error) => error,
            Self::Unconnected(limit) => unavailable(format!(
                "no connection to {place} within {limit:?}, the time limit `connect_within`: is this a \
                 PostgreSQL server?"
            )),
            Self::Late(limit, after) => unavailable(late(limit, after)),
            Self::Sql(error) => match error.as_db_error() {
                Some(told) => of_server(told, place),
                None => of_client(&error, place),
            },
        }
    }

    /// The error for the callers of an append. Only an answer that comes before the commit says for
    /// certain that nothing was stored.
    pub(super) fn into_store_of_append(self, place: &str) -> StoreError {
        let reason = match &self {
            Self::Store(_) | Self::Unconnected(_) => return self.into_store(place),
            Self::Late(limit, after) => late(limit, *after),
            Self::Sql(error) => match error.as_db_error() {
                Some(told) if !may_come_after_commit(told.code()) => return self.into_store(place),
                Some(told) => text(told),
                None => chain(error),
            },
        };
        StoreError::Unknown { backend: BACKEND, reason }
    }

    /// Whether another append in its place need not fail, so that it concerns only whoever asked:
    /// what the server says of values, not of itself.
    pub(super) fn is_of_one_request(&self) -> bool {
        ["21", "22", "23", "54"].iter().any(|class| self.code().starts_with(class))
    }

    /// The server's code for what it says; empty if it is not the server that says it.
    pub(super) fn code(&self) -> &str {
        let Self::Sql(error) = self else { return "" };
        error.as_db_error().map_or("", |told| told.code().code())
    }

    /// Whether the session cannot be used any more.
    pub(super) fn ends_session(&self) -> bool {
        match self {
            Self::Late(..) | Self::Unconnected(_) => true,
            Self::Sql(error) => match error.as_db_error() {
                // Also where the tables changed under a prepared statement, which would fail for ever.
                Some(told) => {
                    let code = told.code().code();
                    ["0A", "26", "08", "57P"].iter().any(|begin| code.starts_with(begin))
                }
                None => true,
            },
            Self::Store(_) => false,
        }
    }
}

fn unavailable(reason: String) -> StoreError {
    StoreError::Unavailable { backend: BACKEND, reason }
}

fn late(limit: &str, after: Duration) -> String {
    format!("the server did not answer within the {limit} of {after:?}")
}

/// What ends a session or a statement may do so after the commit, before its answer is sent.
fn may_come_after_commit(code: &SqlState) -> bool {
    *code == SqlState::QUERY_CANCELED || code.code().starts_with("57P") || code.code() == "XX000"
}

fn of_client(error: &Error, place: &str) -> StoreError {
    let reason = chain(error);
    if reason.ends_with("password missing") {
        let reason = "the server asks for a password: put it into the address".to_owned();
        return StoreError::Open { place: place.to_owned(), reason };
    }
    // The configuration is at fault, or the server does not speak the protocol.
    let signs = ["invalid configuration", "does not support TLS", "invalid peer certificate"];
    let lasting = signs.iter().any(|sign| reason.contains(sign));
    if lasting {
        return StoreError::Open { place: place.to_owned(), reason };
    }
    // So the driver begins where it did not get as far as the server.
    match reason.strip_prefix("error connecting to server: ") {
        Some(why) => unavailable(format!("cannot connect to {place}: {why}")),
        None => unavailable(reason),
    }
}

fn of_server(told: &DbError, place: &str) -> StoreError {
    let (place, reason) = (place.to_owned(), text(told));
    let code = told.code().code();
    match (code, code.get(..2).unwrap_or_default()) {
        ("53100", _) => StoreError::Full { place, reason },
        ("25006", _) => StoreError::ReadOnly { place },
        ("57014", _) => unavailable(format!("{reason} (answer_within)")),
        ("55P03", _) => {
            unavailable(format!("{reason} (lock_within): another program holds a lock"))
        }
        ("XX001" | "XX002" | "58P01" | LOG_GONE, _) => StoreError::Corrupt { place, what: reason },
        // Who may not enter, and what is not there.
        (_, "28") => {
            let reason = format!("{reason}: check user and password in the address");
            StoreError::Open { place, reason }
        }
        (_, "3D") => {
            let reason =
                format!("{reason}: check its name in the address, or make it with `createdb`");
            StoreError::Open { place, reason }
        }
        (_, "3F" | "42") => StoreError::Open { place, reason },
        // Only if somebody else wrote into the tables.
        (_, "21" | "22" | "23") => StoreError::Corrupt { place, what: reason },
        _ => unavailable(reason),
    }
}

fn text(told: &DbError) -> String {
    format!("{} ({})", told.message(), told.code().code())
}

/// The error and what it came of.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

/// As the server holds it. Numbers beyond its range, which no stored event has, become the greatest.
pub(super) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
