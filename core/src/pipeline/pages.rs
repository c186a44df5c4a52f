use std::sync::Arc;

use crate::store::{Direction, EventStore, Mark, Query, Range, Recorded, StoreError};

/// How many events are read at once.
const PAGE: usize = 512;

/// The events that a query matches, page by page.
#[derive(Debug)]
pub(super) struct Pages {
    store: Arc<dyn EventStore>,
    query: Query,
    range: Range,
    over: bool,
    complete_to: Option<Mark>,
}

impl Pages {
    pub(super) fn new(store: &Arc<dyn EventStore>, query: Query, range: Range) -> Self {
        Self { store: store.clone(), query, range, over: false, complete_to: None }
    }

    /// How far the log has been searched.
    pub(super) fn complete_to(&self) -> Option<Mark> {
        self.complete_to
    }

    /// The next events, which may be none; `None` at the end. After a damaged event, which comes as an
    /// error, it goes on behind it. Cancellation safe.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Recorded>>, StoreError> {
        if self.over {
            return Ok(None);
        }
        let page = self.store.read(self.query.clone(), self.range, Direction::Forward, PAGE).await;
        self.range.seen = None;
        match page {
            Ok(page) => {
                self.range.after = page.complete_to.position.max(self.range.after);
                self.over = !page.more;
                self.complete_to = Some(page.complete_to);
                Ok(Some(page.events))
            }
            Err(error) => {
                match &error {
                    StoreError::CorruptEvent { position, .. } => self.range.after = *position,
                    _ => self.over = true,
                }
                Err(error)
            }
        }
    }
}
