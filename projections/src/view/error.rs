use std::time::Duration;

use factum_core::store::Position;
use factum_core::view::{ViewError, ViewId};

use crate::ProjectionError;

/// A query got no answer.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The view did not come to the position in time.
    #[error(
        "the command is done, but view {view} is late: it has reached {reached} of {wanted} within \
         {within:?}; ask again, or allow it more time with `within`{}",
        .cause.as_ref().map(|cause| format!("; it tries again what failed: {cause}")).unwrap_or_default()
    )]
    Late {
        /// Which view.
        view: ViewId,
        /// What was waited for.
        wanted: Position,
        /// How far it is.
        reached: Position,
        /// How long was waited.
        within: Duration,
        /// What failed last and is being tried again, if anything is.
        cause: Option<Box<ProjectionError>>,
    },
    /// The view will not come to the position: its projection has ended. Queries without `after` still
    /// give what is there.
    #[error(transparent)]
    Ended(#[from] ProjectionError),
    /// Rows could not be read.
    #[error(transparent)]
    Rows(#[from] ViewError),
}
