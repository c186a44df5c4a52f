//! Following the log for a consumer, from its mark.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use factum_core::store::{Mark, Query, Recorded, StoreError, Tail, Tailed};
use futures_util::stream;
use tokio::sync::mpsc::Receiver;

use crate::entry;
use crate::link::{Pushed, Raw};
use crate::marks;
use crate::shared::Shared;

/// How long to wait after an error that may pass.
const PAUSE: Duration = Duration::from_millis(100);

/// Follows the log: see [`EventStore::tail`](factum_core::store::EventStore::tail).
pub(crate) fn tail(shared: Arc<Shared>, query: Query, after: Option<Mark>) -> Tail {
    let follower =
        Follower { shared, query, seen: after, pushed: None, is_live: false, due: VecDeque::new() };
    Box::pin(stream::unfold(Some(follower), |follower| async move {
        let mut follower = follower?;
        let shared = Arc::clone(&follower.shared);
        let next = tokio::select! {
            // First: what is there already does not keep a closed store going.
            biased;
            () = shared.lanes.closed() => Err(StoreError::Closed),
            next = follower.next() => next,
        };
        match next {
            Ok(tailed) => Some((Ok(tailed), Some(follower))),
            Err(error) => Some((Err(error), None)),
        }
    }))
}

struct Follower {
    shared: Arc<Shared>,
    query: Query,
    /// The last event of ours that was looked at.
    seen: Option<Mark>,
    pushed: Option<Receiver<Result<Pushed, StoreError>>>,
    /// What comes is new.
    is_live: bool,
    /// What is to be given next.
    due: VecDeque<Result<Tailed, StoreError>>,
}

impl Follower {
    async fn next(&mut self) -> Result<Tailed, StoreError> {
        loop {
            if let Some(next) = self.due.pop_front() {
                return next;
            }
            match self.pushed().await? {
                Pushed::Began => {
                    self.is_live = false;
                    self.check().await?;
                }
                Pushed::Events(events) => self.take(&events),
                Pushed::CaughtUp => {
                    self.is_live = true;
                    self.tell_progress();
                }
                // It begins again behind what was seen, if that is still there.
                Pushed::Lost => self.pushed = None,
            }
        }
    }

    /// What the subscription delivers next.
    async fn pushed(&mut self) -> Result<Pushed, StoreError> {
        if self.pushed.is_none() {
            // What does not stand in the log is nothing to begin behind.
            self.check().await?;
        }
        let after = self.seen.map(|seen| seen.position.number()).filter(|position| *position > 0);
        let pushed = self.pushed.get_or_insert_with(|| self.shared.link.follow(after));
        match pushed.recv().await {
            Some(Ok(pushed)) => Ok(pushed),
            Some(Err(error)) => {
                // A server that has less than was seen refuses to go on from there.
                self.check().await?;
                Err(error)
            }
            None => Err(StoreError::Closed),
        }
    }

    /// Checks that what was seen stands in the log.
    async fn check(&self) -> Result<(), StoreError> {
        let Some(seen) = self.seen else { return Ok(()) };
        loop {
            match marks::check(&self.shared, seen).await {
                Err(error) if error.is_transient() => tokio::time::sleep(PAUSE).await,
                checked => return checked,
            }
        }
    }

    fn take(&mut self, raws: &[Raw]) {
        let mut events: Vec<Recorded> = Vec::new();
        for raw in raws {
            match entry::recorded(raw, self.shared.log) {
                None => {}
                Some(Ok(event)) => {
                    self.seen = Some(event.at.mark());
                    if self.query.matches(&event) {
                        events.push(event);
                    }
                }
                Some(Err(error)) => {
                    self.give(events);
                    self.due.push_back(Err(error));
                    return;
                }
            }
        }
        let has_none = events.is_empty();
        self.give(events);
        if self.is_live || has_none {
            self.tell_progress();
        }
    }

    fn give(&mut self, events: Vec<Recorded>) {
        if !events.is_empty() {
            self.due.push_back(Ok(Tailed::Events(events)));
        }
    }

    fn tell_progress(&mut self) {
        let seen = self.seen.unwrap_or(Mark::start(self.shared.log));
        self.due.push_back(Ok(Tailed::Progress(seen)));
    }
}
