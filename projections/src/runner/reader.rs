use std::sync::Arc;

use factum_core::store::{EventStore, Mark, Query, StoreError, Tailed};
use futures_util::StreamExt;
use tokio::sync::mpsc;

use super::backoff::Backoff;

/// Reads the log ahead of the worker, on a task of its own, by as many pages as the channel holds.
pub(super) struct Reader {
    log: Arc<dyn EventStore>,
    query: Query,
    seen: Option<Mark>,
    pages: mpsc::Sender<Result<Tailed, StoreError>>,
}

impl Reader {
    pub(super) fn new(
        log: Arc<dyn EventStore>,
        query: Query,
        seen: Option<Mark>,
        pages: mpsc::Sender<Result<Tailed, StoreError>>,
    ) -> Self {
        Self { log, query, seen, pages }
    }

    /// Ends when the worker is gone, or with an error that does not pass. Hands on each error.
    pub(super) async fn run(mut self) {
        let mut backoff = Backoff::new();
        loop {
            let before = self.seen;
            let Some(error) = self.follow().await else { return };
            let passes = error.is_transient();
            if self.pages.send(Err(error)).await.is_err() || !passes {
                return;
            }
            if self.seen != before {
                backoff = Backoff::new();
            }
            tokio::time::sleep(backoff.next()).await;
        }
    }

    /// Hands on pages until the tail ends. `None`: the worker is gone.
    async fn follow(&mut self) -> Option<StoreError> {
        let mut tail = self.log.tail(self.query.clone(), self.seen);
        loop {
            let tailed = match tail.next().await {
                Some(Ok(tailed)) => tailed,
                Some(Err(error)) => return Some(error),
                None => return Some(StoreError::Closed),
            };
            let seen = mark(&tailed).or(self.seen);
            self.pages.send(Ok(tailed)).await.ok()?;
            self.seen = seen;
        }
    }
}

/// How far the log is known once this is taken in.
pub(super) fn mark(tailed: &Tailed) -> Option<Mark> {
    match tailed {
        Tailed::Events(events) => events.last().map(|event| event.at.mark()),
        Tailed::Progress(mark) => Some(*mark),
    }
}
