//! Where a projection keeps its rows: in memory, or in a row store.

mod memory;
mod missing;
mod stored;

use std::collections::HashMap;

use factum_core::Projection;
use factum_core::store::{BoxFuture, Mark, Position};
use factum_core::view::{Condition, Select, ViewError, ViewId, ViewSpec};
use hashlink::DefaultHashBuilder;

use crate::ProjectionError;
use crate::parking::ParkedEvent;

pub(crate) use memory::MemoryRows;
pub(crate) use missing::MissingRows;
pub(crate) use stored::{StoredAsk, StoredRows, read_row, written};

/// What a row store must know of the view of `P`.
pub(crate) fn spec<P: Projection>() -> ViewSpec {
    ViewSpec::new(ViewId::new(P::NAME, P::VERSION), P::COLUMNS)
}

/// The rows that changed, as they are now; those that are gone have none. One lookup for each event: the
/// hasher is a fast one.
pub(crate) type Changed<P> = HashMap<String, Option<P>, DefaultHashBuilder>;

/// What is known of a row without waiting.
pub(crate) enum AtHand<P> {
    /// The row as it was committed last.
    Row(P),
    /// There is no such row.
    New,
    /// It has to be loaded.
    Unknown,
}

/// What a batch of events comes to.
pub(crate) struct Changes<P> {
    /// Where the checkpoint is.
    pub(crate) from: Option<Mark>,
    /// Where it goes.
    pub(crate) to: Mark,
    /// The rows that changed.
    pub(crate) rows: Changed<P>,
    /// The events that are parked.
    pub(crate) park: Vec<ParkedEvent>,
    /// The keys of the parked events that are parked no longer.
    pub(crate) unpark: Vec<String>,
}

/// The rows of a view, as the one task that changes them sees them.
pub(crate) trait Rows<P>: Send {
    /// How many rows one commit may change: it ends with the event that reaches them. More rows are
    /// cheaper for each event, but hold up others for longer.
    fn most(&self) -> usize;

    /// What is known of a row. The caller gives it back by a commit, or loads it again.
    fn at_hand(&mut self, key: &str) -> AtHand<P>;

    /// The rows with these keys, in the order of the keys.
    fn load(&mut self, keys: Vec<String>)
    -> BoxFuture<'_, Result<Vec<Option<P>>, ProjectionError>>;

    /// Changes rows and checkpoint, all or nothing. When it succeeds the rows are taken out of
    /// `changes`, so that it can be tried again when it fails.
    fn commit<'a>(
        &'a mut self,
        changes: &'a mut Changes<P>,
    ) -> BoxFuture<'a, Result<(), ProjectionError>>;

    /// What is parked, in the order of the log.
    fn parked(&mut self) -> BoxFuture<'_, Result<Vec<ParkedEvent>, ProjectionError>>;

    /// Rows may have changed otherwise than by this: what is at hand of them counts no more.
    fn forget(&mut self) {}

    /// Is called when the view has caught up with the log: what was put off is done now.
    fn caught_up(&mut self) {}
}

/// The rows of a view, as queries see them.
pub(crate) trait Ask<P>: Send + Sync {
    /// The row with this key.
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<P>, ViewError>>;

    /// The rows that are wanted, in the order that is wanted.
    fn select(&self, select: Select) -> BoxFuture<'_, Result<Vec<P>, ViewError>>;

    /// The first events that are parked, of all positions or of one, in the order of the log.
    fn parked(
        &self,
        at: Option<Position>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<ParkedEvent>, ViewError>>;

    /// How many rows there are of which all of the conditions hold.
    fn count(&self, conditions: Vec<Condition>) -> BoxFuture<'_, Result<usize, ViewError>>;
}
