//! Rows that change in the transaction of the events that change them.

use factum_core::Origin;
use factum_core::store::{Commit, Guard, Mark, Past, Position, Receipt, Recorded};
use factum_core::view::{InlineRows, ViewId, inline_batch, inline_search};

use super::super::fault::Fault;
use super::super::guard::forbidden;
use super::super::rows;
use super::super::transaction::Reading;
use super::append::Appender;

impl Appender<'_> {
    /// Changes the rows of the views that a commit carries, which has just been written; says of which.
    /// `before` is where the log ended before it.
    pub(super) fn change_views(
        &self,
        commit: &Commit,
        before: u64,
        receipt: &Receipt,
    ) -> Result<Vec<ViewId>, Fault> {
        let events = recorded(commit, before, receipt);
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

/// The events of a commit as they were written.
fn recorded(commit: &Commit, before: u64, receipt: &Receipt) -> Vec<Recorded> {
    let mut events = Vec::new();
    for (write, written) in commit.writes.iter().zip(&receipt.writes) {
        for (event, revision) in write.events.iter().zip(written.first..) {
            let index = u32::try_from(events.len()).unwrap_or(u32::MAX);
            let at = Origin {
                log: receipt.mark.log,
                position: Position::new(before + 1 + u64::from(index)),
                stream: write.stream.clone(),
                revision,
                key: commit.key,
                index,
                stamp: receipt.mark.stamp,
                tags: event.tags.clone(),
                meta: commit.meta.clone(),
            };
            let (name, version, payload) =
                (event.name.clone(), event.version, event.payload.clone());
            events.push(Recorded { at, name, version, payload });
        }
    }
    events
}
