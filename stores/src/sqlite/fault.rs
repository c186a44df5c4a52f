use std::path::Path;

use factum_core::store::StoreError;
use rusqlite::ErrorCode;

/// The backend's name.
pub(super) const BACKEND: &str = "sqlite";

/// Something went wrong inside: SQLite failed, or the store has to say something of its own.
#[derive(Debug)]
pub(super) enum Fault {
    Sql(rusqlite::Error),
    Store(StoreError),
    /// The transaction is older than what memory still has: begin another.
    Outdated,
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Fault {
    /// The error for the caller of an operation that certainly did nothing.
    pub(super) fn into_store(self, file: &Path) -> StoreError {
        let error = match self {
            Self::Store(error) => return error,
            Self::Outdated => {
                let reason = "the read took too long".to_owned();
                return StoreError::Unavailable { backend: BACKEND, reason };
            }
            Self::Sql(error) => error,
        };
        let (place, reason) = (file.display().to_string(), error.to_string());
        match code(&error) {
            Some(ErrorCode::DiskFull) => StoreError::Full { place, reason },
            Some(ErrorCode::ReadOnly) => StoreError::ReadOnly { place },
            Some(ErrorCode::NotADatabase) => {
                let reason = "it is not an SQLite database, or its first page is damaged: choose \
                              another file, or restore it from a backup";
                StoreError::Open { place, reason: reason.to_owned() }
            }
            Some(
                ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::AuthorizationForStatementDenied
                | ErrorCode::NoLargeFileSupport,
            ) => StoreError::Open { place, reason },
            Some(code) if is_transient(code) => {
                StoreError::Unavailable { backend: BACKEND, reason }
            }
            // What SQLite calls damage, and what only happens if somebody else wrote into the file: a
            // table is gone, two rows have one key, a value is of another type.
            Some(_) | None => StoreError::Corrupt { place, what: reason },
        }
    }

    /// Whether another request in its place need not fail, so that it concerns only whoever asked.
    pub(super) fn is_of_one_request(&self) -> bool {
        match self {
            // What the system fails with, now or for as long as nobody helps it.
            Self::Sql(error) => !code(error).is_some_and(|code| {
                is_transient(code)
                    || matches!(
                        code,
                        ErrorCode::DiskFull
                            | ErrorCode::CannotOpen
                            | ErrorCode::ReadOnly
                            | ErrorCode::NotADatabase
                    )
            }),
            Self::Store(error) => {
                matches!(error, StoreError::CorruptEvent { .. } | StoreError::Corrupt { .. })
            }
            Self::Outdated => false,
        }
    }

    /// Whether the transaction may have committed all the same.
    pub(super) fn outcome_unknown(&self) -> bool {
        matches!(self, Self::Store(error) if error.outcome_unknown())
    }

    /// The error for the caller of an operation that was being made durable: only a full disk and a
    /// busy file say for certain that it was not.
    pub(super) fn into_store_at_commit(self, file: &Path) -> StoreError {
        match &self {
            Self::Sql(error) => match code(error) {
                Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy) => self.into_store(file),
                _ => StoreError::Unknown { backend: BACKEND, reason: error.to_string() },
            },
            Self::Store(_) | Self::Outdated => self.into_store(file),
        }
    }
}

/// Whether the same may work later without anybody doing anything.
fn is_transient(code: ErrorCode) -> bool {
    use ErrorCode::{
        DatabaseBusy, DatabaseLocked, FileLockingProtocolFailed, OperationAborted,
        OperationInterrupted, OutOfMemory, SchemaChanged, SystemIoFailure,
    };
    match code {
        DatabaseBusy | DatabaseLocked | SystemIoFailure | OutOfMemory | OperationInterrupted => {
            true
        }
        // Others were faster: in a race for SQLite's locks, in a rollback, in a change of the tables.
        FileLockingProtocolFailed | OperationAborted | SchemaChanged => true,
        _ => false,
    }
}

fn code(error: &rusqlite::Error) -> Option<ErrorCode> {
    match error {
        rusqlite::Error::SqlInputError { error, .. } => Some(error.code),
        other => other.sqlite_error_code(),
    }
}

/// As SQLite holds it. Numbers beyond its range, which no stored event has, become the greatest.
pub(super) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: i32) -> StoreError {
        let error = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
        Fault::Sql(error).into_store(Path::new("log.db"))
    }

    #[test]
    fn only_what_may_pass_is_worth_another_try() {
        use rusqlite::ffi;
        for code in [ffi::SQLITE_BUSY, ffi::SQLITE_IOERR, ffi::SQLITE_NOMEM, ffi::SQLITE_PROTOCOL] {
            assert!(of(code).is_transient(), "{}", of(code));
        }
        let lasting = [
            ffi::SQLITE_ERROR,
            ffi::SQLITE_CONSTRAINT,
            ffi::SQLITE_CORRUPT,
            ffi::SQLITE_MISMATCH,
            ffi::SQLITE_CANTOPEN,
            ffi::SQLITE_READONLY,
        ];
        for code in lasting {
            assert!(!of(code).is_transient(), "{}", of(code));
        }
    }
}
