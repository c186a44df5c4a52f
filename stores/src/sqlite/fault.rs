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
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                StoreError::Corrupt { place, what: reason }
            }
            Some(ErrorCode::ReadOnly) => StoreError::ReadOnly { place },
            Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                StoreError::Open { place, reason }
            }
            // Values of another type than the schema has: somebody else wrote into the file.
            None => StoreError::Corrupt { place, what: reason },
            Some(_) => StoreError::Unavailable { backend: BACKEND, reason },
        }
    }

    /// Whether another request in its place need not fail, so that it concerns only whoever asked.
    pub(super) fn is_of_one_request(&self) -> bool {
        match self {
            // What the system fails with, now or for as long as nobody helps it.
            Self::Sql(error) => !matches!(
                code(error),
                Some(
                    ErrorCode::DiskFull
                        | ErrorCode::SystemIoFailure
                        | ErrorCode::OutOfMemory
                        | ErrorCode::DatabaseBusy
                        | ErrorCode::DatabaseLocked
                        | ErrorCode::OperationInterrupted
                        | ErrorCode::CannotOpen
                        | ErrorCode::ReadOnly
                        | ErrorCode::NotADatabase
                )
            ),
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
