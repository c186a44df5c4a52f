//! Views whose rows change in the commits of commands.
//!
//! *Problem.* Whoever reads a view right after a command wants to see what it did, and a crash must not
//! show the one without the other. But where an event stands, which a row may tell, is known only once
//! it is written, and others write to the log who know nothing of the view.
//! *Invariant.* Everything up to the checkpoint is in the rows, each event once, whoever took it in. A
//! commit moves the checkpoint only from where nothing is missing between it and the commit.
//! *Shape.* A commit carries [`InlineRows`], which the store calls within its transaction. Where
//! something is missing it leaves the rows alone, and says so: whoever follows the log takes the commit
//! in, too. [`InlineView`] is what the pipeline knows of that.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use super::{RowBatch, RowChanges, SliceState, ViewId, ViewSpec};
use crate::store::{BoxFuture, Mark, Position, Query, Recorded};

/// What a commit does to the rows of one view, which has a single slice. It is called within the
/// store's transaction, so it does no I/O, and never panics.
pub trait InlineRows: fmt::Debug + Send + Sync + 'static {
    /// Which view.
    fn view(&self) -> ViewSpec;

    /// The events that concern it.
    fn query(&self) -> &Query;

    /// The keys of the rows that the events concern, each once. `None` if that cannot be told.
    fn keys(&self, events: &[Recorded]) -> Option<Vec<String>>;

    /// What the events do to the rows, which come with their keys and bodies as they are. `None` if an
    /// event cannot be taken in.
    fn change(&self, events: &[Recorded], rows: Vec<(String, Option<Bytes>)>)
    -> Option<RowChanges>;
}

/// A view whose rows change in the commits of commands, as the pipeline sees it.
pub trait InlineView: fmt::Debug + Send + Sync + 'static {
    /// Whether it follows the events of a context.
    fn follows(&self, context: &str) -> bool;

    /// Waits until it lacks nothing that is known of, so that commits can change its rows, and gives what
    /// they are to carry. `None` if it does not come so far any more. Cancellation safe.
    fn ready(&self) -> BoxFuture<'_, Option<Arc<dyn InlineRows>>>;

    /// Takes note of a commit, where it ends and of which views it changed the rows. Whether this view
    /// has it.
    fn committed(&self, position: Position, changed: &[ViewId]) -> bool;

    /// Waits until the rows have everything up to the position, or do not come so far any more.
    /// Cancellation safe.
    fn reached(&self, position: Position) -> BoxFuture<'_, ()>;
}

/// How many events a commit looks at, at the most, for one that is missing in the rows.
const MOST_SEARCHED: u64 = 10_000;

/// For backends: behind which position they look, up to where the log ended before the commit, for an
/// event that concerns the view: it is missing in the rows. `None` if there may be so many that the rows
/// are left alone without a look.
pub fn inline_search(checkpoint: Option<Mark>, before: Position) -> Option<Position> {
    let after = checkpoint.map_or(Position::START, |mark| mark.position);
    let events = before.number().checked_sub(after.number())?;
    (events <= MOST_SEARCHED).then_some(after)
}

/// For backends, once they know that nothing between the slice's checkpoint and the commit is missing in
/// the rows: the change of rows and checkpoint that the events of the commit come to. `load` gives the
/// bodies of rows as they are within the transaction. `None` if the rows are to be left alone.
///
/// # Errors
/// What `load` fails with.
pub fn inline_batch<E>(
    rows: &dyn InlineRows,
    slice: &SliceState,
    events: &[Recorded],
    to: Mark,
    load: impl FnOnce(&[String]) -> Result<Vec<Option<Bytes>>, E>,
) -> Result<Option<RowBatch>, E> {
    let of_view = |event: &&Recorded| rows.query().matches(event);
    let events: Vec<Recorded> = events.iter().filter(of_view).cloned().collect();
    let Some(keys) = rows.keys(&events) else { return Ok(None) };
    let bodies = load(&keys)?;
    let changes = rows.change(&events, keys.into_iter().zip(bodies).collect());
    Ok(changes.map(|changes| RowBatch {
        hold: slice.hold,
        rows: changes,
        ..RowBatch::new(rows.view(), slice.checkpoint, to)
    }))
}
