use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use factum_core::store::{BoxFuture, StoreError};
use factum_resilience::{
    Again, Breaker, Bulkhead, Denied, Full, Permit, Place, Retry, RetryBudget, State, TimeLimit,
    Verdict,
};
use futures_util::TryFutureExt;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use super::settings::{BadGuard, Limits, Waiting};

/// How many retries a store can have saved up.
const SAVED_RETRIES: u32 = 100;

/// When to come back while probes are under way: it shows soon what comes of them.
const PROBED: Duration = Duration::from_millis(100);

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
    queue: Option<Arc<Queue>>,
}

/// Where calls wait while a breaker is open.
#[derive(Debug)]
pub(super) struct Queue {
    places: Semaphore,
    within: Duration,
}

impl Queue {
    pub(super) fn new(settings: Waiting) -> Result<Self, BadGuard> {
        settings.check()?;
        let Waiting { calls, within } = settings;
        Ok(Self { places: Semaphore::new(calls.min(Semaphore::MAX_PERMITS)), within })
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

/// A place among the calls under way, and the permit of the breaker.
type Entered<'a> = (Place<'a>, Permit<&'a Breaker>);

/// Why a call was not let in.
enum Refusal {
    Denied(Denied),
    Full(Full),
}

/// How a try ended that did not succeed, and whether to try again.
struct Failed {
    error: StoreError,
    again: Again,
}

impl Lane {
    pub(super) fn new(
        backend: &'static str,
        operation: &'static str,
        breaker: Breaker,
        limits: &Limits,
        queue: Option<Arc<Queue>>,
    ) -> Result<Self, BadGuard> {
        let name = breaker.name().to_owned();
        let bad = |part| BadGuard::of(operation, part);
        let budget = RetryBudget::new(limits.retry_share, SAVED_RETRIES).map_err(bad("retry_"))?;
        let mut retry = Retry::new(limits.retry).map_err(bad("retry."))?.budget(budget);
        if queue.is_none() {
            retry = retry.unless_open(&breaker);
        }
        Ok(Self {
            backend,
            operation,
            bulkhead: Bulkhead::new(&name, limits.bulkhead).map_err(bad("bulkhead."))?,
            limit: TimeLimit::new(&name, limits.time),
            retry,
            attempts: limits.retry.attempts,
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
        let attempt = || self.attempt(call(), lost).map_err(|failed| failed.on_top(&unknown));
        let ended = self.retry.call(attempt, |failed: &Failed| failed.again).await;
        ended.map_err(|failed| failed.error)
    }

    async fn attempt<T>(
        &self,
        call: BoxFuture<'_, Result<T, StoreError>>,
        lost: Lost,
    ) -> Result<T, Failed> {
        let (place, permit) = match self.enter_at_once() {
            Some(entered) => entered,
            // In a box, so that the futures of calls that do not wait stay small.
            None => Box::pin(self.enter()).await.map_err(Failed::for_good)?,
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
        answer.map_err(Failed::new)
    }

    /// Lets one more call in where nothing speaks against it, which is nearly always.
    fn enter_at_once(&self) -> Option<Entered<'_>> {
        let state = self.breaker.state();
        if !matches!(state, State::Closed | State::Disabled | State::MetricsOnly) {
            return None;
        }
        let place = self.bulkhead.try_enter()?;
        let permit = self.breaker.admit_ref().ok()?;
        Some((place, permit))
    }

    /// Lets one more call in. Where calls may wait for the breaker, this one does.
    async fn enter(&self) -> Result<Entered<'_>, StoreError> {
        match (self.try_enter().await, &self.queue) {
            (Err(Refusal::Denied(denied)), Some(queue)) => self.enter_later(queue, denied).await,
            (entered, _) => entered.map_err(|refusal| self.refused(&refusal)),
        }
    }

    /// A place among the calls under way and a permit, in this order: a probe that waited for a place
    /// would keep others from probing. A call that is refused in any case does not wait for a place.
    async fn try_enter(&self) -> Result<Entered<'_>, Refusal> {
        self.breaker.check().map_err(Refusal::Denied)?;
        let place = self.bulkhead.enter().await.map_err(Refusal::Full)?;
        let permit = self.breaker.admit_ref().map_err(Refusal::Denied)?;
        Ok((place, permit))
    }

    /// Waits in the queue, without a place among the calls under way: those are for calls that reach
    /// the store.
    async fn enter_later(
        &self,
        queue: &Queue,
        mut denied: Denied,
    ) -> Result<Entered<'_>, StoreError> {
        let Ok(_waiting) = queue.places.try_acquire() else { return Err(self.tripped(&denied)) };
        let begun = Instant::now();
        let left = || queue.within.saturating_sub(begun.elapsed());
        while timeout(left(), self.breaker.ready()).await.is_ok() {
            match self.try_enter().await {
                Err(Refusal::Denied(again)) => denied = again,
                entered => return entered.map_err(|refusal| self.refused(&refusal)),
            }
        }
        Err(self.tripped(&denied))
    }

    fn refused(&self, refusal: &Refusal) -> StoreError {
        match refusal {
            Refusal::Denied(denied) => self.tripped(denied),
            Refusal::Full(full) => self.unavailable(full),
        }
    }

    fn tripped(&self, denied: &Denied) -> StoreError {
        let Self { backend, operation, .. } = *self;
        let probing = (denied.state == State::HalfOpen).then_some(PROBED);
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

impl Failed {
    /// What the store answered with. Another try may help at once, but a full disk waits for somebody.
    fn new(error: StoreError) -> Self {
        let passing = matches!(error, StoreError::Unavailable { .. } | StoreError::Unknown { .. });
        Self { error, again: if passing { Again::Yes } else { Again::No } }
    }

    /// One that was not let in, and has waited as long as it may.
    fn for_good(error: StoreError) -> Self {
        Self { error, again: Again::No }
    }

    /// The failure of a call that was tried before: once the outcome of a try is unknown it stays so,
    /// whatever comes of later ones that have none.
    fn on_top(mut self, unknown: &Mutex<Option<StoreError>>) -> Self {
        let mut unknown = unknown.lock().unwrap_or_else(PoisonError::into_inner);
        if self.error.outcome_unknown() {
            *unknown = Some(self.error.clone());
        } else if let Some(StoreError::Unknown { backend, reason }) = &*unknown {
            let reason = format!("{reason}; then: {}", self.error);
            self.error = StoreError::Unknown { backend, reason };
        }
        self
    }
}
