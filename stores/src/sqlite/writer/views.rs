//! Rows that change in the transaction of the events that change them.

use factum_core::store::{Commit, Guard, Mark, Past, Position, Receipt, Recorded};
use factum_core::view::{InlineRows, ViewId, inline_batch, inline_search};

use super::super::fault::Fault;
use super::super::guard::forbidden;
use super::super::rows;
use super::super::transaction::Reading;
use super::append::Appender;
use crate::recorded::recorded;

impl Appender<'_> {
    /// Changes the rows of the views that a commit carries, which has just been written; says of which.
    /// `before` is where the log ended before it.
    pub(super) fn change_views(
        &self,
        commit: &Commit,
        before: u64,
        receipt: &Receipt,
    ) -> Result<Vec<ViewId>, Fault> {
        let events = recorded(commit, receipt);
        let mut changed = Vec::new();
        for rows in &commit.views {
            if self.change_view(&**rows, &events, before, receipt.mark)? {
                changed.push(rows.view().id);
            }
        }
        Ok(changed)
    }

    fn change_view(
        &self,
        of_view: &dyn InlineRows,
        events: &[Recorded],
        before: u64,
        to: Mark,
    ) -> Result<bool, Fault> {
        let (conn, view) = (self.conn(), of_view.view());
        let Some(slice) = rows::only_slice(conn, &view)? else { return Ok(false) };
        if rows::has_parked(conn, &view)? || !self.is_complete(of_view, slice.checkpoint, before)? {
            return Ok(false);
        }
        let load = |keys: &[String]| rows::load(conn, &view, keys);
        match inline_batch(of_view, &slice, events, to, load)? {
            Some(batch) => Ok(rows::commit(conn, &batch)?.is_ok()),
            None => Ok(false),
        }
    }

    /// Whether no event that concerns the view stands behind its checkpoint, up to a position.
    fn is_complete(
        &self,
        of_view: &dyn InlineRows,
        checkpoint: Option<Mark>,
        before: u64,
    ) -> Result<bool, Fault> {
        let reading = Reading { end: before, ..self.reading() };
        // It may be that of a log that went backwards.
        let is_ours = checkpoint.is_none_or(|mark| mark.log == reading.shared.log);
        match inline_search(checkpoint, Position::new(before)) {
            Some(after) if is_ours => {
                let guard = Guard { query: of_view.query().clone(), after };
                Ok(forbidden(&reading, &guard, &Past::new())?.is_none())
            }
            _ => Ok(false),
        }
    }
}
