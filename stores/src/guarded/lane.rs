use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use factum_core::store::{BoxFuture, StoreError};
use factum_resilience::{Breaker, Denied, Permit, State, Verdict};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout, timeout_at};

use super::budget::Budget;
use super::settings::Limits;

/// One operation of a guarded store: what goes through it and how.
#[derive(Debug)]
pub(super) struct Lane {
    backend: &'static str,
    operation: &'static str,
    pub(super) breaker: Breaker,
    limits: Limits,
    slots: Semaphore,
    budget: Budget,
    queue: Option<Arc<Queue>>,
}

/// Where calls wait while a breaker is open.
#[derive(Debug)]
pub(super) struct Queue {
    places: Semaphore,
    within: Duration,
}

impl Queue {
    pub(super) fn new(calls: usize, within: Duration) -> Self {
        Self { places: Semaphore::new(calls.min(Semaphore::MAX_PERMITS)), within }
    }
}

impl Lane {
    pub(super) fn new(
        backend: &'static str,
        operation: &'static str,
        breaker: Breaker,
        limits: Limits,
        queue: Option<Arc<Queue>>,
    ) -> Self {
        let slots = Semaphore::new(limits.concurrent.clamp(1, Semaphore::MAX_PERMITS));
        let budget = Budget::new(limits.retry_percent);
        Self { backend, operation, breaker, limits, slots, budget, queue }
    }

    /// How often a call is tried at the most.
    pub(super) fn tries(&self) -> u32 {
        self.limits.tries
    }

    /// Carries out a call that can be made again, until it has an answer or is not to be tried again.
    /// `lost` is the error of a try that was not answered in time.
    pub(super) async fn run<'a, T>(
        &self,
        mut call: impl FnMut() -> BoxFuture<'a, Result<T, StoreError>>,
        lost: fn(&Self) -> StoreError,
    ) -> Result<T, StoreError> {
        self.budget.earn();
        let mut error = match self.attempt(&mut call, lost).await {
            Err(error) if is_retried(&error) => error,
            answer => return answer,
        };
        for pause in self.pauses() {
            if !self.budget.spend() {
                break;
            }
            tokio::time::sleep(pause).await;
            match self.attempt(&mut call, lost).await {
                Ok(answer) => return Ok(answer),
                Err(next) => {
                    let again = is_retried(&next);
                    error = on_top(error, next);
                    if !again {
                        break;
                    }
                }
            }
        }
        Err(error)
    }

    /// The pauses between the tries.
    fn pauses(&self) -> ExponentialBackoff {
        ExponentialBuilder::new()
            .with_min_delay(self.limits.pause)
            .with_max_delay(self.limits.longest_pause)
            .with_max_times(self.limits.tries.saturating_sub(1) as usize)
            .with_jitter()
            .build()
    }

    async fn attempt<'a, T>(
        &self,
        call: &mut impl FnMut() -> BoxFuture<'a, Result<T, StoreError>>,
        lost: fn(&Self) -> StoreError,
    ) -> Result<T, StoreError> {
        let slot = self.slot().await?;
        let permit = self.permit().await?;
        let answer = self.within_limit(call()).await.unwrap_or_else(|| Err(lost(self)));
        permit.record(verdict(&answer));
        drop(slot);
        answer
    }

    /// A place among the calls that are under way.
    async fn slot(&self) -> Result<SemaphorePermit<'_>, StoreError> {
        if let Ok(slot) = self.slots.try_acquire() {
            return Ok(slot);
        }
        match timeout(self.limits.wait, self.slots.acquire()).await {
            Ok(Ok(slot)) => Ok(slot),
            _ => Err(self.unavailable(format!(
                "{} calls to {} were under way, the most that its guard lets through, and none \
                 ended within {:?}",
                self.limits.concurrent, self.operation, self.limits.wait
            ))),
        }
    }

    /// What the breaker says to one more call. Where calls may wait for it, this one does.
    async fn permit(&self) -> Result<Permit<&Breaker>, StoreError> {
        let denied = match self.breaker.admit_ref() {
            Ok(permit) => return Ok(permit),
            Err(denied) => denied,
        };
        match &self.queue {
            Some(queue) => self.queued(queue, denied).await,
            None => Err(self.tripped(&denied)),
        }
    }

    async fn queued(
        &self,
        queue: &Queue,
        mut denied: Denied,
    ) -> Result<Permit<&Breaker>, StoreError> {
        let Ok(_place) = queue.places.try_acquire() else { return Err(self.tripped(&denied)) };
        let due = Instant::now() + queue.within;
        while timeout_at(due, self.breaker.ready()).await.is_ok() {
            match self.breaker.admit_ref() {
                Ok(permit) => return Ok(permit),
                Err(again) => denied = again,
            }
        }
        Err(self.tripped(&denied))
    }

    /// The answer of the call; `None` if there was none in time.
    async fn within_limit<T>(&self, call: impl Future<Output = T>) -> Option<T> {
        let mut call = pin!(call);
        // A timer costs more than a store in memory: it is set only for what does not answer at once.
        let at_once = poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await;
        match at_once {
            Poll::Ready(answer) => Some(answer),
            Poll::Pending => timeout(self.limits.time, call).await.ok(),
        }
    }

    /// The error of a try that did nothing, or of which nothing is left to know.
    pub(super) fn not_answered(&self) -> StoreError {
        self.unavailable(self.late())
    }

    /// The error of an append that may be stored.
    pub(super) fn not_acknowledged(&self) -> StoreError {
        StoreError::Unknown { backend: self.backend, reason: self.late() }
    }

    fn tripped(&self, denied: &Denied) -> StoreError {
        let Self { backend, operation, .. } = *self;
        // Probes are under way: it shows soon what comes of them.
        let probing = (denied.state == State::HalfOpen).then_some(self.limits.pause);
        StoreError::Tripped { backend, operation, retry_after: denied.retry_after.or(probing) }
    }

    fn unavailable(&self, reason: String) -> StoreError {
        StoreError::Unavailable { backend: self.backend, reason }
    }

    fn late(&self) -> String {
        format!(
            "no answer within {:?}, the guard's time limit for {}",
            self.limits.time, self.operation
        )
    }
}

/// What an answer says of the store. A conflict or a rejected commit is an answer like any other.
fn verdict<T>(answer: &Result<T, StoreError>) -> Verdict {
    match answer {
        Ok(_) => Verdict::Success,
        Err(error) => verdict_of(error),
    }
}

pub(super) fn verdict_of(error: &StoreError) -> Verdict {
    match error {
        // The store is there, and says so.
        StoreError::CorruptEvent { .. } | StoreError::Rewound(_) | StoreError::ReadOnly { .. } => {
            Verdict::Success
        }
        // Nothing is known of the store.
        StoreError::Closed | StoreError::Tripped { .. } => Verdict::Ignored,
        _ => Verdict::Failure,
    }
}

/// Whether another try may help at once. A full disk waits for somebody.
fn is_retried(error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable { .. } | StoreError::Unknown { .. })
}

/// The error of a call whose tries ended in both: once the outcome of a try is unknown it stays so,
/// whatever comes of later ones that have no outcome.
fn on_top(earlier: StoreError, later: StoreError) -> StoreError {
    match earlier {
        StoreError::Unknown { backend, reason } if !later.outcome_unknown() => {
            StoreError::Unknown { backend, reason: format!("{reason}; then: {later}") }
        }
        _ => later,
    }
}
