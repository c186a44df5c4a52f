use std::task::{Context, Poll, ready};

use factum_core::store::{StoreError, Tail, Tailed};
use futures_util::StreamExt;

use super::page::Page;

/// A tail, as pages.
pub(super) struct Pages {
    tail: Tail,
    /// What came right after the newest page.
    next: Option<Option<Result<Tailed, StoreError>>>,
}

impl Pages {
    pub(super) fn new(tail: Tail) -> Self {
        Self { tail, next: None }
    }

    /// The next page. After an error, and never else, the tail has ended.
    pub(super) fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        is_shared: impl Fn(&str) -> bool,
    ) -> Poll<Result<Page, StoreError>> {
        loop {
            let tailed = match self.next.take() {
                Some(next) => next,
                None => ready!(self.tail.poll_next_unpin(cx)),
            };
            let events = match tailed.unwrap_or(Err(StoreError::Closed)) {
                Err(error) => return Poll::Ready(Err(error)),
                Ok(Tailed::Progress(to)) => {
                    return Poll::Ready(Ok(Page::new(Vec::new(), to, true, is_shared)));
                }
                Ok(Tailed::Events(events)) => events,
            };
            let Some(last) = events.last().map(|event| event.at.mark()) else { continue };
            // The end of the log is told right after the events before it: one page then, not two.
            let (to, caught_up) = match self.tail.poll_next_unpin(cx) {
                Poll::Ready(Some(Ok(Tailed::Progress(to)))) => (to, true),
                Poll::Ready(next) => {
                    self.next = Some(next);
                    (last, false)
                }
                Poll::Pending => (last, false),
            };
            return Poll::Ready(Ok(Page::new(events, to, caught_up, is_shared)));
        }
    }
}
