use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, ready};

use factum_core::store::{Direction, EventStore, Mark, Query, Range, StoreError};
use tokio::time::{Instant, sleep, sleep_until};

use super::page::Page;
use super::pages::Pages;
use super::ring::{Plan, Ring};
use super::state::Room;
use crate::backoff::Backoff;

/// The one that reads the log for all.
pub(super) struct HubTail {
    store: Arc<dyn EventStore>,
    ring: Arc<Ring>,
}

/// Whatever ends the tail, a panic of the store's among it: nobody waits for it any more.
struct EndsRing(Arc<Ring>);

impl Drop for EndsRing {
    fn drop(&mut self) {
        self.0.end(StoreError::Closed);
    }
}

impl HubTail {
    pub(super) fn new(store: Arc<dyn EventStore>, ring: Arc<Ring>) -> Self {
        Self { store, ring }
    }

    /// Reads until the log cannot be read any more.
    pub(super) async fn run(self) {
        let _ends = EndsRing(self.ring.clone());
        let mut backoff = Backoff::new();
        let mut error = self.begin(&mut backoff).await.err();
        loop {
            match error.take() {
                Some(StoreError::CorruptEvent { .. }) => return self.ring.disband(),
                Some(error) if !error.is_transient() => return self.ring.end(error),
                Some(error) => self.pause(&mut backoff, error).await,
                None => {}
            }
            error = self.follow(&mut backoff).await.err();
        }
    }

    async fn pause(&self, backoff: &mut Backoff, error: StoreError) {
        self.ring.tell(error);
        sleep(backoff.next()).await;
    }

    /// Opens the ring where most of the consumers are: after the lower median of their marks. Those
    /// before it, and those far ahead of it, read by themselves until they meet the tail.
    async fn begin(&self, backoff: &mut Backoff) -> Result<(), StoreError> {
        let mut starts = self.ring.starts();
        let median = starts.len().saturating_sub(1) / 2;
        starts.rotate_left(median);
        starts.dedup();
        let mut begin = None;
        for start in starts {
            if self.has(start, backoff).await? {
                begin = start;
                break;
            }
        }
        self.ring.open(begin, Instant::now());
        Ok(())
    }

    /// Whether the mark stands in the log. Who has one that does not finds that out by itself.
    async fn has(&self, mark: Option<Mark>, backoff: &mut Backoff) -> Result<bool, StoreError> {
        let Some(mark) = mark else { return Ok(true) };
        loop {
            let read = self.store.read(Query::All, Range::since(mark), Direction::Forward, 1);
            match read.await {
                Ok(_) => return Ok(true),
                Err(StoreError::Rewound(_)) => return Ok(false),
                Err(error) if error.is_transient() => self.pause(backoff, error).await,
                Err(error) => return Err(error),
            }
        }
    }

    /// Follows the log for one epoch.
    async fn follow(&self, backoff: &mut Backoff) -> Result<(), StoreError> {
        let Plan { epoch, after, contexts } = self.ring.plan();
        let mut tail = None;
        while self.room(epoch).await {
            // Not before somebody is there to read for.
            let tail = tail.get_or_insert_with(|| {
                let query = Query::contexts(contexts.iter().map(String::as_str));
                Pages::new(self.store.tail(query, after))
            });
            let shared = self.ring.shared();
            let Some(page) = self.next(epoch, tail, &shared).await? else { return Ok(()) };
            *backoff = Backoff::new();
            if !self.ring.publish(epoch, page, Instant::now()) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The next page; `None` if another epoch has begun.
    async fn next(
        &self,
        epoch: u64,
        tail: &mut Pages,
        shared: &[String],
    ) -> Result<Option<Page>, StoreError> {
        let is_shared = |context: &str| shared.binary_search_by(|s| (**s).cmp(context)).is_ok();
        poll_fn(|cx| {
            if self.ring.poll_changed(epoch, cx).is_ready() {
                return Poll::Ready(Ok(None));
            }
            Poll::Ready(ready!(tail.poll_next(cx, is_shared)).map(Some))
        })
        .await
    }

    /// Waits until there is room for a page; `false` if another epoch has begun.
    async fn room(&self, epoch: u64) -> bool {
        let mut wait = pin!(sleep_until(Instant::now()));
        poll_fn(|cx| {
            loop {
                match self.ring.room(epoch, Instant::now(), cx.waker()) {
                    Room::Free => return Poll::Ready(true),
                    Room::Changed => return Poll::Ready(false),
                    Room::Full(None) => return Poll::Pending,
                    Room::Full(Some(until)) => {
                        wait.as_mut().reset(until);
                        ready!(wait.as_mut().poll(cx));
                    }
                }
            }
        })
        .await
    }
}
