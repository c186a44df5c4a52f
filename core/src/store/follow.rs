//! A tail made of paged reads: what every backend without a better way uses.

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream;
use tokio::sync::watch;

use super::{
    Direction, EventStore, Mark, Position, Query, Range, Rewound, StoreError, Tail, Tailed,
};

/// How many events a tail reads at once.
const PAGE: usize = 1024;
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
    let verified = after.is_none();
    let follower = Follower { store, query, seen: after, head, poll, verified, due: None };
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
    verified: bool,
    due: Option<Mark>,
}

impl Follower {
    async fn next(&mut self) -> Result<Tailed, StoreError> {
        if let Some(mark) = self.due.take() {
            self.seen = Some(mark);
            return Ok(Tailed::Progress(mark));
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
        self.verify().await?;
        let after = self.seen.map_or(Position::START, |mark| mark.position);
        let range = Range::after(after);
        let page = self.store.read(self.query.clone(), range, Direction::Forward, PAGE).await?;
        self.check_not_rewound(page.complete_to)?;
        if let Some(last) = page.events.last() {
            self.seen = Some(last.at.mark());
            self.due = (!page.more).then_some(page.complete_to);
            return Ok(Some(Tailed::Events(page.events)));
        }
        if self.seen == Some(page.complete_to) {
            return Ok(None);
        }
        self.seen = Some(page.complete_to);
        Ok(Some(Tailed::Progress(page.complete_to)))
    }

    fn check_not_rewound(&self, found: Mark) -> Result<(), Rewound> {
        match self.seen {
            Some(seen) if seen.log != found.log || seen.position > found.position => {
                Err(Rewound { seen, found })
            }
            _ => Ok(()),
        }
    }

    /// Checks that the log still has what was seen last.
    async fn verify(&mut self) -> Result<(), StoreError> {
        if let (false, Some(seen)) = (self.verified, self.seen) {
            verify(&*self.store, seen).await?;
        }
        // A log with one writer, this store, cannot go backwards under it.
        self.verified = self.store.capabilities().single_writer;
        Ok(())
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

/// Checks that a log still has the event of a mark.
///
/// # Errors
/// [`StoreError::Rewound`] if it has not, another [`StoreError`] if it could not be read.
pub async fn verify(store: &dyn EventStore, seen: Mark) -> Result<(), StoreError> {
    let head = store.head().await?;
    if seen.log != head.log || seen.position > head.position {
        return Err(Rewound { seen, found: head }.into());
    }
    let Some(before) = seen.position.number().checked_sub(1) else { return Ok(()) };
    let range = Range::after(Position::new(before)).through(seen.position);
    let page = store.read(Query::All, range, Direction::Forward, 1).await?;
    let found = page.events.first().map_or(head, |event| event.at.mark());
    if found == seen { Ok(()) } else { Err(Rewound { seen, found }.into()) }
}
