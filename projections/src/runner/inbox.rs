use factum_core::store::{Mark, Recorded, StoreError, Tailed};
use tokio::sync::mpsc;

use super::reader::mark;

/// How many events make a batch full. A page is never split, so it may have a page more.
const FULL: usize = 16 * 1024;

/// What the worker takes in at once: all that has come, so a batch is as small as the system is
/// quiet, up to a bound.
pub(super) struct Batch {
    /// The events, page by page, possibly none.
    pub(super) pages: Vec<Vec<Recorded>>,
    /// How many events there are.
    events: usize,
    /// How far the log is known with them.
    pub(super) to: Mark,
    /// Whether that was all of it.
    pub(super) caught_up: bool,
}

/// Where the pages of the reader arrive.
pub(super) struct Inbox {
    pages: mpsc::Receiver<Result<Tailed, StoreError>>,
    failed: Option<StoreError>,
}

impl Inbox {
    pub(super) fn new(pages: mpsc::Receiver<Result<Tailed, StoreError>>) -> Self {
        Self { pages, failed: None }
    }

    /// Waits for pages; `None` once the reader has ended and everything was taken. Cancellation-safe:
    /// nothing that was taken is held across a wait.
    ///
    /// # Errors
    /// What the reader met, after everything that it had read before. It goes on after an error that
    /// may pass.
    pub(super) async fn next(&mut self) -> Result<Option<Batch>, StoreError> {
        let mut batch = None;
        while batch.is_none() {
            if let Some(error) = self.failed.take() {
                return Err(error);
            }
            match self.pages.recv().await {
                Some(page) => self.add(&mut batch, page),
                None => return Ok(None),
            }
        }
        while self.failed.is_none() && batch.as_ref().is_some_and(|b| b.events < FULL) {
            match self.pages.try_recv() {
                Ok(page) => self.add(&mut batch, page),
                Err(_) => break,
            }
        }
        Ok(batch)
    }

    fn add(&mut self, batch: &mut Option<Batch>, page: Result<Tailed, StoreError>) {
        let page = match page {
            Ok(page) => page,
            Err(error) => {
                self.failed = Some(error);
                return;
            }
        };
        let Some(to) = mark(&page) else { return };
        let batch =
            batch.get_or_insert(Batch { pages: Vec::new(), events: 0, to, caught_up: false });
        batch.to = to;
        batch.caught_up = matches!(page, Tailed::Progress(_));
        if let Tailed::Events(page) = page {
            batch.events += page.len();
            batch.pages.push(page);
        }
    }
}
