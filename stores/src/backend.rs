use factum_core::store::{Commit, Outcome, StoreError};

/// A digest of a commit's events, by which a repeat is known where no command tells. Stores keep it, so
/// it never changes.
pub fn digest_of_events(commit: &Commit) -> [u8; crate::digest::BYTES] {
    crate::digest::of_events(commit)
}

/// The error of a run that failed after these of its commits were answered. Where some are stored, it is
/// not one that says that nothing was done.
pub fn partly_failed(backend: &'static str, done: &[Outcome], error: StoreError) -> StoreError {
    crate::partly::failed(backend, done, error)
}
