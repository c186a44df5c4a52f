use factum_core::store::{Commit, Limits, Refused, check_commit};

/// What a store checks of a commit before it looks at the log that writes no rows with events.
pub(crate) fn check_plain(
    commit: &Commit,
    limits: &Limits,
    backend: &'static str,
) -> Result<(), Refused> {
    check_commit(commit, limits)?;
    if commit.views.is_empty() {
        return Ok(());
    }
    Err(Refused::Unsupported { backend, what: "rows of views in the commit of their events" })
}
