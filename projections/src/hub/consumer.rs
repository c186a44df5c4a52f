use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use factum_core::codec::Seen;
use factum_core::store::{EventStore, Mark, Position, Query, StoreError};
use tokio::time::{Instant, Sleep, sleep};

use super::Inner;
use super::page::Page;
use super::pages::Pages;
use super::shelf::position;
use super::state::{Entry, Taken};
use crate::backoff::Backoff;

/// What a consumer takes in at once: all that has come, so a batch is as small as the system is quiet,
/// up to a bound.
pub(crate) struct Batch {
    pages: Vec<Arc<Page>>,
    contexts: Arc<[String]>,
    after: Position,
    to: Mark,
    caught_up: bool,
}

impl Batch {
    /// The events, in the order of the log, possibly none.
    pub(crate) fn events(&self) -> Vec<Seen<'_>> {
        let mut events = Vec::new();
        for page in &self.pages {
            page.select(&self.contexts, self.after, &mut events);
        }
        events
    }

    /// How far the log is known with them.
    pub(crate) fn to(&self) -> Mark {
        self.to
    }

    /// Whether that was all of it.
    pub(crate) fn caught_up(&self) -> bool {
        self.caught_up
    }
}

/// One that takes in the events of some contexts, in the order of the log, each once, from a mark on.
pub(crate) struct Consumer {
    hub: Arc<Inner>,
    number: u64,
    contexts: Arc<[String]>,
    seen: Option<Mark>,
    /// What was seen is known to stand in the log, and the consumer knows that.
    checked: bool,
    place: Place,
}

enum Place {
    InRing,
    Outside(Outside),
}

/// What it needs to read the log by itself.
struct Outside {
    own: Option<Pages>,
    backoff: Backoff,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Outside {
    const fn new() -> Self {
        Self { own: None, backoff: Backoff::new(), pause: None }
    }
}

impl Consumer {
    pub(super) fn new(hub: Arc<Inner>, contexts: Vec<String>, after: Option<Mark>) -> Self {
        let contexts: Arc<[String]> = contexts.into();
        let number = hub.ring.add(contexts.clone(), after);
        // If the tail begins there, it sits in the ring already, and its first look finds that out.
        Self { hub, number, contexts, seen: after, checked: false, place: Place::InRing }
    }

    /// The log that it reads.
    pub(crate) fn store(&self) -> Arc<dyn EventStore> {
        self.hub.store.clone()
    }

    /// Waits for what comes next. Cancellation-safe: nothing that was taken is held across a wait.
    ///
    /// # Errors
    /// What the log said, after everything that it had given before. After an error that may pass this
    /// goes on where it was.
    pub(crate) async fn next(&mut self) -> Result<Batch, StoreError> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Batch, StoreError>> {
        loop {
            match &mut self.place {
                Place::InRing => {
                    if let Some(batch) = ready!(self.poll_ring(cx))? {
                        return Poll::Ready(Ok(batch));
                    }
                }
                Place::Outside(_) => {
                    if let Some(batch) = ready!(self.poll_outside(cx))? {
                        return Poll::Ready(Ok(batch));
                    }
                }
            }
        }
    }

    /// `None`: look again.
    fn poll_ring(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Batch>, StoreError>> {
        match ready!(self.hub.ring.poll_take(self.number, Instant::now(), cx)) {
            Taken::Pages(mut pages, caught_up) => {
                // One that entered ahead of the ring has had these.
                let (seen, checked) = (position(self.seen), self.checked);
                pages.retain(|page| page.to().position > seen || !checked);
                Poll::Ready(Ok(self.batch(pages, caught_up)))
            }
            Taken::Trouble(error) | Taken::Ended(error) => Poll::Ready(Err(error)),
            Taken::Left => {
                self.place = Place::Outside(Outside::new());
                Poll::Ready(Ok(None))
            }
        }
    }

    fn poll_outside(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Batch>, StoreError>> {
        let Place::Outside(outside) = &mut self.place else { return Poll::Ready(Ok(None)) };
        let (ring, now) = (&self.hub.ring, Instant::now());
        match ring.enter(self.number, self.seen, self.checked, now, cx.waker()) {
            Entry::In => {
                self.place = Place::InRing;
                return Poll::Ready(Ok(self.confirmed()));
            }
            Entry::Wait => {
                return ring.trouble(self.number).map_or(Poll::Pending, |e| Poll::Ready(Err(e)));
            }
            Entry::Rewound(error) => return Poll::Ready(Err(error)),
            Entry::Out | Entry::NotYet => {}
        }
        if let Some(pause) = &mut outside.pause {
            ready!(pause.as_mut().poll(cx));
            outside.pause = None;
        }
        let own = outside.own.get_or_insert_with(|| {
            let query = Query::contexts(self.contexts.iter().map(String::as_str));
            Pages::new(self.hub.store.tail(query, self.seen))
        });
        match ready!(own.poll_next(cx, |_| false)) {
            Ok(page) => {
                outside.backoff = Backoff::new();
                let caught_up = page.caught_up();
                Poll::Ready(Ok(self.batch(vec![Arc::new(page)], caught_up)))
            }
            Err(error) => {
                outside.own = None;
                outside.pause = Some(Box::pin(sleep(outside.backoff.next())));
                Poll::Ready(Err(error))
            }
        }
    }

    /// What says that the log has the mark from which the consumer goes on, unless it knows that.
    fn confirmed(&mut self) -> Option<Batch> {
        let (pages, contexts, to) = (Vec::new(), self.contexts.clone(), self.seen?);
        let news = !std::mem::replace(&mut self.checked, true);
        news.then_some(Batch { pages, contexts, after: to.position, to, caught_up: false })
    }

    fn batch(&mut self, pages: Vec<Arc<Page>>, caught_up: bool) -> Option<Batch> {
        let after = position(self.seen);
        let newest = pages.last()?.to();
        let to = self.seen.filter(|seen| seen.position >= newest.position).unwrap_or(newest);
        (self.seen, self.checked) = (Some(to), true);
        Some(Batch { pages, contexts: self.contexts.clone(), after, to, caught_up })
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        self.hub.ring.remove(self.number);
    }
}
