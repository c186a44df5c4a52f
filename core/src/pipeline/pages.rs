use std::sync::Arc;

use crate::StreamName;
use crate::store::{Direction, EventStore, Mark, Query, Range, Recorded, StoreError};

/// How many events are read at once.
const PAGE: usize = 512;

/// The events of one stream, page by page.
#[derive(Debug)]
pub(super) struct Pages {
    store: Arc<dyn EventStore>,
    stream: StreamName,
    range: Range,
    over: bool,
}

impl Pages {
    /// From a revision on. With `seen`, on the condition that the log still has it.
    pub(super) fn new(
        store: &Arc<dyn EventStore>,
        stream: &StreamName,
        from_revision: u64,
        seen: Option<Mark>,
    ) -> Self {
        let range = Range { seen, ..Range::from_revision(from_revision) };
        Self { store: store.clone(), stream: stream.clone(), range, over: false }
    }

    /// The next events, which may be none; `None` at the end. After a damaged event, which comes as an
    /// error, it goes on behind it. Cancellation safe.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Recorded>>, StoreError> {
        if self.over {
            return Ok(None);
        }
        let query = Query::Stream(self.stream.clone());
        let page = self.store.read(query, self.range, Direction::Forward, PAGE).await;
        self.range.seen = None;
        match page {
            Ok(page) => {
                self.range.after = page.complete_to.position.max(self.range.after);
                self.over = !page.more;
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
