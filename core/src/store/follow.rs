//! A tail made of paged reads: what every backend without a better way uses.

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream;
use tokio::sync::watch;

use super::{Direction, EventStore, Mark, Position, Query, Range, StoreError, Tail, Tailed};

/// How many events a tail reads at once. A store may give fewer, where they are large.
const PAGE: usize = 4096;
/// How long a tail waits after an error that may pass.
const PAUSE: Duration = Duration::from_millis(100);

/// Follows a store by reading pages of it: see [`EventStore::tail`].
///
/// `head` carries the position of the newest durable event; when its sender is gone the tail ends
/// with [`StoreError::Closed`]. With `poll` the store is read that often even if `head` says nothing,
/// for logs that others write to as well.
///
/// Memory is bounded by one page.
pub fn follow(
    store: Arc<dyn EventStore>,
    query: Query,
    after: Option<Mark>,
    head: watch::Receiver<Position>,
    poll: Option<Duration>,
) -> Tail {
    let (trusted, told, due) = (false, false, None);
    let follower = Follower { store, query, seen: after, head, poll, trusted, told, due };
    Box::pin(stream::unfold(Some(follower), |follower| async move {
        let mut follower = follower?;
        match follower.next().await {
            Ok(tailed) => Some((Ok(tailed), Some(follower))),
            Err(error) => Some((Err(error), None)),
        }
    }))
}

struct Follower {
    store: Arc<dyn EventStore>,
    query: Query,
    seen: Option<Mark>,
    head: watch::Receiver<Position>,
    poll: Option<Duration>,
    /// What was seen last need not be checked again.
    trusted: bool,
    /// The consumer knows that it has come as far as was seen: progress comes also to one that
    /// begins at the end.
    told: bool,
    due: Option<Mark>,
}

impl Follower {
    async fn next(&mut self) -> Result<Tailed, StoreError> {
        if let Some(mark) = self.due.take() {
            return Ok(self.progress(mark));
        }
        loop {
            match self.step().await {
                Ok(Some(tailed)) => return Ok(tailed),
                Ok(None) => self.wait().await?,
                Err(error) if error.is_transient() => tokio::time::sleep(PAUSE).await,
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads one page; `None` if there is nothing new.
    async fn step(&mut self) -> Result<Option<Tailed>, StoreError> {
        let range = match self.seen {
            None => Range::ALL,
            Some(seen) if self.trusted => Range::after(seen.position),
            Some(seen) => Range::since(seen),
        };
        let page = self.store.read(self.query.clone(), range, Direction::Forward, PAGE).await?;
        // A log with one writer, this store, cannot go backwards under it.
        self.trusted = self.store.capabilities().single_writer;
        if let Some(last) = page.events.last() {
            self.seen = Some(last.at.mark());
            self.told = false;
            self.due = (!page.more).then_some(page.complete_to);
            return Ok(Some(Tailed::Events(page.events)));
        }
        if self.told && self.seen == Some(page.complete_to) {
            return Ok(None);
        }
        Ok(Some(self.progress(page.complete_to)))
    }

    fn progress(&mut self, mark: Mark) -> Tailed {
        self.seen = Some(mark);
        self.told = true;
        Tailed::Progress(mark)
    }

    async fn wait(&mut self) -> Result<(), StoreError> {
        let seen = self.seen.map_or(Position::START, |mark| mark.position);
        let news = self.head.wait_for(|head| *head > seen);
        let closed = match self.poll {
            Some(poll) => matches!(tokio::time::timeout(poll, news).await, Ok(Err(_))),
            None => news.await.is_err(),
        };
        if closed { Err(StoreError::Closed) } else { Ok(()) }
    }
}
