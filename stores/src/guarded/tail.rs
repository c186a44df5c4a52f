use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use factum_core::store::{EventStore, Mark, Query, StoreError, Tail, Tailed};
use factum_resilience::{Breaker, State, Verdict};
use futures_util::StreamExt;
use futures_util::stream::unfold;
use tokio::time::timeout;

use super::lane::verdict_of;
use super::settings::Limits;

/// Follows a store through a breaker: pauses while it is open, and goes on where it was.
pub(super) fn guarded(
    store: Arc<dyn EventStore>,
    breaker: Breaker,
    limits: Limits,
    query: Query,
    after: Option<Mark>,
) -> Tail {
    let pauses = Box::new(limits.retry.waits());
    let follower = Follower { store, breaker, limits, query, seen: after, tail: None, pauses };
    Box::pin(unfold(Some(follower), |follower| async move {
        let mut follower = follower?;
        match follower.next().await {
            Ok(tailed) => Some((Ok(tailed), Some(follower))),
            Err(error) => Some((Err(error), None)),
        }
    }))
}

struct Follower {
    store: Arc<dyn EventStore>,
    breaker: Breaker,
    limits: Limits,
    query: Query,
    /// How far the consumer is.
    seen: Option<Mark>,
    /// The tail of the store, while it works.
    tail: Option<Tail>,
    pauses: Box<dyn Iterator<Item = Duration> + Send>,
}

type Next = Option<Result<Tailed, StoreError>>;

impl Follower {
    /// What comes next; errors that may pass are not passed on.
    async fn next(&mut self) -> Result<Tailed, StoreError> {
        loop {
            let next = match self.tail.take() {
                None => self.begin().await,
                Some(tail) => self.go_on(tail).await,
            };
            match next {
                Some(Some(Ok(tailed))) => {
                    self.seen = mark_of(&tailed).or(self.seen);
                    return Ok(tailed);
                }
                Some(Some(Err(error))) if !error.is_transient() => return Err(error),
                // Also where it just ended, which tails do not do.
                Some(_) => self.pause().await,
                None => {}
            }
        }
    }

    /// Begins to follow the store from where the consumer is; `None` if it did not answer.
    async fn begin(&mut self) -> Option<Next> {
        let permit = loop {
            match self.breaker.admit() {
                Ok(permit) => break permit,
                Err(_) => self.breaker.ready().await,
            }
        };
        let mut tail = self.store.tail(self.query.clone(), self.seen);
        let Ok(first) = timeout(self.limits.time, tail.next()).await else {
            permit.record(Verdict::Failure);
            self.pause().await;
            return None;
        };
        permit.record(match &first {
            Some(Err(error)) => verdict_of(error),
            _ => Verdict::Success,
        });
        if matches!(first, Some(Ok(_))) {
            self.tail = Some(tail);
            self.pauses = Box::new(self.limits.retry.waits());
        }
        Some(first)
    }

    /// Waits for what the store has next; `None` if the breaker opens meanwhile.
    async fn go_on(&mut self, mut tail: Tail) -> Option<Next> {
        let next = tokio::select! {
            biased;
            () = opened(&self.breaker) => return None,
            next = tail.next() => next,
        };
        match &next {
            Some(Ok(_)) => self.tail = Some(tail),
            // That it ended is an answer to nobody's call.
            Some(Err(error)) if let Ok(permit) = self.breaker.admit() => {
                permit.record(verdict_of(error));
            }
            _ => {}
        }
        Some(next)
    }

    async fn pause(&mut self) {
        let pause = self.pauses.next().unwrap_or(self.limits.retry.cap);
        tokio::time::sleep(pause).await;
    }
}

/// Waits until the breaker lets nothing through.
async fn opened(breaker: &Breaker) {
    let mut changed = pin!(breaker.changed());
    while !matches!(breaker.state(), State::Open | State::ForcedOpen) {
        changed.as_mut().await;
        changed.set(breaker.changed());
    }
}

fn mark_of(tailed: &Tailed) -> Option<Mark> {
    match tailed {
        Tailed::Events(events) => events.last().map(|event| event.at.mark()),
        Tailed::Progress(mark) => Some(*mark),
    }
}
