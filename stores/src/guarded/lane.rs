use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use factum_core::store::{BoxFuture, StoreError};
use factum_resilience::{
    Again, BadSettings, Breaker, Bulkhead, Denied, Permit, Place, Retry, RetryBudget, State,
    TimeLimit, Verdict,
};
use futures_util::TryFutureExt;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::settings::Limits;

/// How many retries a store can have saved up.
const SAVED_RETRIES: u32 = 100;

/// One operation of a guarded store: what goes through it and how.
#[derive(Debug)]
pub(super) struct Lane {
    backend: &'static str,
    operation: &'static str,
    pub(super) breaker: Breaker,
    bulkhead: Bulkhead,
    limit: TimeLimit,
    retry: Retry,
    /// How often a call is tried at the most.
    pub(super) attempts: u32,
    /// How long a retry waits at the least.
    pause: Duration,
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

/// What becomes of a try that was not answered in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// It did nothing, or nothing that matters.
    Nothing,
    /// It may be stored.
    Append,
}

impl Lane {
    pub(super) fn new(
        backend: &'static str,
        operation: &'static str,
        breaker: Breaker,
        limits: &Limits,
        queue: Option<Arc<Queue>>,
    ) -> Result<Self, BadSettings> {
        let name = breaker.name().to_owned();
        let budget = RetryBudget::new(limits.retry_share, SAVED_RETRIES)?;
        let mut retry = Retry::new(limits.retry)?.budget(budget);
        if queue.is_none() {
            retry = retry.unless_open(&breaker);
        }
        Ok(Self {
            backend,
            operation,
            bulkhead: Bulkhead::new(&name, limits.bulkhead)?,
            limit: TimeLimit::new(&name, limits.time),
            retry,
            attempts: limits.retry.attempts,
            pause: limits.retry.first,
            queue,
            breaker,
        })
    }

    /// Carries out a call that can be made again, until it has an answer or is not to be tried again.
    pub(super) async fn run<'a, T>(
        &self,
        mut call: impl FnMut() -> BoxFuture<'a, Result<T, StoreError>>,
        lost: Lost,
    ) -> Result<T, StoreError> {
        let unknown = Mutex::new(None);
        let attempt = || self.attempt(call(), lost).map_err(|error| on_top(&unknown, error));
        self.retry.call(attempt, again).await
    }

    async fn attempt<T>(
        &self,
        call: BoxFuture<'_, Result<T, StoreError>>,
        lost: Lost,
    ) -> Result<T, StoreError> {
        // What waits does so in a box: futures of calls that do not wait stay small.
        let place = match self.bulkhead.try_enter() {
            Some(place) => place,
            None => Box::pin(self.place()).await?,
        };
        let permit = match self.breaker.admit_ref() {
            Ok(permit) => permit,
            Err(denied) => Box::pin(self.denied(denied)).await?,
        };
        let answer = match self.limit.call(call).await {
            Ok(answer) => answer,
            Err(late) if lost == Lost::Nothing => Err(self.unavailable(&late)),
            Err(late) => {
                Err(StoreError::Unknown { backend: self.backend, reason: late.to_string() })
            }
        };
        permit.record(verdict(&answer));
        drop(place);
        answer
    }

    /// A place among the calls that are under way, once there is one.
    async fn place(&self) -> Result<Place<'_>, StoreError> {
        self.bulkhead.enter().await.map_err(|full| self.unavailable(&full))
    }

    /// What becomes of a call that the breaker denied. Where calls may wait for it, this one does.
    async fn denied(&self, denied: Denied) -> Result<Permit<&Breaker>, StoreError> {
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

    fn tripped(&self, denied: &Denied) -> StoreError {
        let Self { backend, operation, .. } = *self;
        // Probes are under way: it shows soon what comes of them.
        let probing = (denied.state == State::HalfOpen).then_some(self.pause);
        StoreError::Tripped { backend, operation, retry_after: denied.retry_after.or(probing) }
    }

    fn unavailable(&self, reason: &impl ToString) -> StoreError {
        StoreError::Unavailable { backend: self.backend, reason: reason.to_string() }
    }
}

/// What an answer says of the store. A conflict or a rejected commit is an answer like any other.
fn verdict<T>(answer: &Result<T, StoreError>) -> Verdict {
    answer.as_ref().err().map_or(Verdict::Success, verdict_of)
}

/// What an error says of the store.
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
fn again(error: &StoreError) -> Again {
    match error {
        StoreError::Unavailable { .. } | StoreError::Unknown { .. } => Again::Yes,
        _ => Again::No,
    }
}

/// The error of a call that was tried before: once the outcome of a try is unknown it stays so,
/// whatever comes of later ones that have none.
fn on_top(unknown: &Mutex<Option<StoreError>>, error: StoreError) -> StoreError {
    let mut unknown = unknown.lock().unwrap_or_else(PoisonError::into_inner);
    match (&*unknown, error) {
        (Some(StoreError::Unknown { backend, reason }), error) if !error.outcome_unknown() => {
            StoreError::Unknown { backend, reason: format!("{reason}; then: {error}") }
        }
        (_, error) => {
            *unknown = error.outcome_unknown().then(|| error.clone());
            error
        }
    }
}
