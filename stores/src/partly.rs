use factum_core::store::{Outcome, StoreError};

/// The error of a run that failed after these of its commits were answered. Where some are stored, it
/// must not be one that says that nothing was done.
pub(crate) fn failed(backend: &'static str, done: &[Outcome], error: StoreError) -> StoreError {
    let says_nothing_was_done = matches!(
        error,
        StoreError::Unavailable { .. }
            | StoreError::Full { .. }
            | StoreError::ReadOnly { .. }
            | StoreError::Open { .. }
            | StoreError::Closed
    );
    if says_nothing_was_done && done.iter().any(Result::is_ok) {
        let reason = format!("a part of the run is stored, the rest is not: {error}");
        return StoreError::Unknown { backend, reason };
    }
    error
}

#[cfg(test)]
mod tests {
    use factum_core::Key;
    use factum_core::store::{LogId, Mark, Receipt, Refused};

    use super::*;

    #[test]
    fn what_is_partly_stored_is_unknown() {
        let key = Key::from_bytes([1; 16]);
        let mark = Mark::start(LogId::from_bytes([1; 16]));
        let stored: Outcome =
            Ok(Receipt { key, mark, writes: Vec::new(), repeated: false, views: Vec::new() });
        let refused: Outcome = Err(Refused::Predecessor { index: 0 });
        let full = StoreError::Full { place: "here".to_owned(), reason: "no room".to_owned() };
        for error in [full, StoreError::Closed] {
            let before = failed("x", std::slice::from_ref(&refused), error.clone());
            assert_eq!(before.to_string(), error.to_string());
            let after = failed("x", &[stored.clone(), refused.clone()], error);
            assert!(after.outcome_unknown(), "{after}");
        }
    }
}
