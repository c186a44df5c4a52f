//! Rows that change together with the events that change them.

use factum_core::store::{Commit, Mark, Position, Range, Receipt, Recorded};
use factum_core::view::{InlineRows, Part, inline_batch, inline_search};

use super::MemoryRowStore;
use super::candidates::Candidates;
use super::log::Log;
use super::rows::Table;

/// Stores a commit that nothing speaks against, and changes the rows of the views that it carries.
pub(super) fn store_with(log: &mut Log, rows: &MemoryRowStore, mut commit: Commit) -> Receipt {
    let views = std::mem::take(&mut commit.views);
    let before = log.end();
    let mut receipt = log.store(commit);
    if views.is_empty() {
        return receipt;
    }
    let events: Vec<Recorded> = log.commit(receipt.key).into_iter().flatten().cloned().collect();
    for of_view in views {
        let id = of_view.view().id;
        let changed = rows.with(id, |table| change(log, table, &*of_view, &events, before));
        receipt.views.extend(changed.unwrap_or_default().then_some(id));
    }
    receipt
}

/// Whether the rows could be changed.
fn change(
    log: &Log,
    table: &mut Table,
    of_view: &dyn InlineRows,
    events: &[Recorded],
    before: Position,
) -> bool {
    let states = table.states();
    let [slice] = states.as_slice() else { return false };
    let is_parked = !table.part(Part::Parked).is_empty();
    if is_parked || !is_complete(log, of_view, slice.checkpoint, before) {
        return false;
    }
    let load = |keys: &[String]| {
        let rows = table.part(Part::Rows);
        Ok::<_, ()>(keys.iter().map(|key| rows.get(key).map(|row| row.body.clone())).collect())
    };
    let batch = inline_batch(of_view, slice, events, log.mark(log.end()), load);
    batch.ok().flatten().is_some_and(|batch| table.commit(batch).is_ok())
}

/// Whether no event that concerns the view stands behind its checkpoint, up to a position.
fn is_complete(
    log: &Log,
    of_view: &dyn InlineRows,
    checkpoint: Option<Mark>,
    before: Position,
) -> bool {
    if checkpoint.is_some_and(|checkpoint| log.check(checkpoint).is_err()) {
        return false;
    }
    let Some(after) = inline_search(checkpoint, before) else { return false };
    let range = Range::after(after).through(before);
    let query = of_view.query();
    let mut between = Candidates::of(log, query, &range).filter_map(|position| log.event(position));
    !between.any(|event| query.matches(event))
}
