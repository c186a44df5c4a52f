//! Trying again, as often as helps and no more.

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

use crate::{BadSettings, Breaker, RetryBudget, State};

/// How often to try, and how long to wait in between.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct RetrySettings {
    /// How many attempts there are, the first among them: 3.
    pub attempts: u32,
    /// The wait after the first: 100 ms.
    #[cfg_attr(feature = "serde", serde(with = "crate::humane"))]
    pub first: Duration,
    /// By what each further wait grows, at least 1: 2.
    pub factor: f32,
    /// The longest that it grows to: 10 s.
    #[cfg_attr(feature = "serde", serde(with = "crate::humane"))]
    pub cap: Duration,
    /// Whether each wait is lengthened at random, up to twice as long: yes. It keeps callers that
    /// failed together from coming back together.
    pub jitter: bool,
}

impl Default for RetrySettings {
    fn default() -> Self {
        let (first, cap) = (Duration::from_millis(100), Duration::from_secs(10));
        Self { attempts: 3, first, factor: 2.0, cap, jitter: true }
    }
}

impl RetrySettings {
    /// Checks them, as [`Retry::new`] does.
    ///
    /// # Errors
    /// The first setting that makes no sense.
    pub fn check(&self) -> Result<(), BadSettings> {
        let least = "it must be at least 1";
        BadSettings::unless(self.attempts >= 1, "attempts", self.attempts, least)?;
        let fine = self.factor >= 1.0 && self.factor.is_finite();
        BadSettings::unless(fine, "factor", self.factor, least)?;
        let (fine, found) = (self.cap >= self.first, format!("{:?}", self.cap));
        BadSettings::unless(fine, "cap", found, "it must be at least `first`")
    }

    /// The waits between attempts, for code that tries again by itself. They have no end.
    pub fn waits(&self) -> impl Iterator<Item = Duration> + Send + use<> {
        self.builder().without_max_times().build()
    }

    fn builder(&self) -> ExponentialBuilder {
        let waits = ExponentialBuilder::new()
            .with_min_delay(self.first)
            .with_factor(self.factor)
            .with_max_delay(self.cap)
            .with_max_times(self.attempts.saturating_sub(1) as usize);
        if self.jitter { waits.with_jitter() } else { waits }
    }
}

/// Whether a call that failed should be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// It would fail again, or may have had an effect that must not happen twice.
    No,
    /// After the usual wait.
    Yes,
    /// After this wait, which the other side asked for, or the usual one if that is longer.
    After(Duration),
}

/// Tries calls again. Clones share the budget.
///
/// ```
/// # use factum_resilience::{Again, BadSettings, Retry, RetryBudget, RetrySettings};
/// # use std::sync::atomic::{AtomicU32, Ordering};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), BadSettings> {
/// let settings = RetrySettings { first: std::time::Duration::from_millis(1), ..Default::default() };
/// let retry = Retry::new(settings)?.budget(RetryBudget::new(0.2, 10)?);
/// let asked = AtomicU32::new(0);
/// let flaky = || async { if asked.fetch_add(1, Ordering::Relaxed) < 2 { Err("busy") } else { Ok(7) } };
/// assert_eq!(retry.call(flaky, |_| Again::Yes).await, Ok(7));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Retry {
    settings: RetrySettings,
    budget: Option<Arc<RetryBudget>>,
    breaker: Option<Breaker>,
}

impl Retry {
    /// Retries without a budget.
    ///
    /// # Errors
    /// The settings make no sense.
    pub fn new(settings: RetrySettings) -> Result<Self, BadSettings> {
        settings.check().map(|()| Self { settings, budget: None, breaker: None })
    }

    /// Shares this budget: what it does not pay for is not tried again.
    pub fn budget(mut self, budget: impl Into<Arc<RetryBudget>>) -> Self {
        self.budget = Some(budget.into());
        self
    }

    /// Gives up while this breaker is open.
    pub fn unless_open(mut self, breaker: &Breaker) -> Self {
        self.breaker = Some(breaker.clone());
        self
    }

    /// Makes a call, again and again while `again` says so, there are attempts left, the budget pays and
    /// the breaker is not open. Dropping the future stops it.
    ///
    /// # Errors
    /// What the last attempt failed with.
    pub async fn call<T, E, F: Future<Output = Result<T, E>>>(
        &self,
        mut call: impl FnMut() -> F,
        again: impl Fn(&E) -> Again,
    ) -> Result<T, E> {
        if let Some(budget) = &self.budget {
            budget.deposit();
        }
        match call().await {
            Ok(answer) => Ok(answer),
            // In a box, so that calls that go well stay small.
            Err(error) => Box::pin(self.call_again(error, call, again)).await,
        }
    }

    /// The attempts after the first, which failed with this.
    async fn call_again<T, E, F: Future<Output = Result<T, E>>>(
        &self,
        mut error: E,
        mut call: impl FnMut() -> F,
        again: impl Fn(&E) -> Again,
    ) -> Result<T, E> {
        for wait in self.settings.builder().build() {
            let asked = match again(&error) {
                Again::No => break,
                Again::Yes => Duration::ZERO,
                Again::After(asked) => asked,
            };
            if self.is_open() || !self.pay() {
                break;
            }
            tokio::time::sleep(wait.max(asked)).await;
            match call().await {
                Ok(answer) => return Ok(answer),
                Err(next) => error = next,
            }
        }
        Err(error)
    }

    fn is_open(&self) -> bool {
        let state = self.breaker.as_ref().map(Breaker::state);
        matches!(state, Some(State::Open | State::ForcedOpen))
    }

    fn pay(&self) -> bool {
        self.budget.as_ref().is_none_or(|budget| budget.withdraw())
    }
}
