use std::sync::Arc;

use factum_core::Projection;
use factum_core::view::{RowStore, ViewError, ViewId, ViewSpec};

use super::inline::Written;
use super::progress::{Progress, Reached};
use crate::rows::{Ask, MissingRows};

/// What queries see of a view at a time.
pub(crate) struct Current<P> {
    pub(crate) view: ViewSpec,
    /// The rows of the building that is kept.
    pub(crate) rows: Arc<dyn Ask<P>>,
    /// Those of the version before, which are shown until that has caught up.
    pub(crate) older: Option<Arc<dyn Ask<P>>>,
    /// How far the building is, as far as this process knows.
    pub(crate) reached: Reached,
    /// Where others say how far they are with their slices.
    pub(crate) store: Option<Arc<dyn RowStore>>,
    /// How far commits of commands have taken it.
    pub(crate) written: Written,
}

impl<P: Projection> Current<P> {
    /// Nothing: nobody keeps the view.
    pub(crate) fn missing() -> Self {
        let view = ViewSpec::new(ViewId::new(P::NAME, P::VERSION), P::COLUMNS);
        let progress = Progress::new(view.id, 1);
        progress.end(ViewError::Missing { view: view.id }.into());
        let reached = progress.reached();
        let (rows, written) = (Arc::new(MissingRows::new()), Written::default());
        Self { view, rows, older: None, reached, store: None, written }
    }

    /// What a query sees that waits for nothing.
    pub(crate) fn shown(&self) -> &Arc<dyn Ask<P>> {
        self.older.as_ref().unwrap_or(&self.rows)
    }
}
