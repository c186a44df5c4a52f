//! Time, and where a breaker takes it from.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// A wait that a [`Clock`] made.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where a breaker takes the time from. Tests hand in their own, or a [`TestClock`].
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// How long it is since a start that never changes. It must not go backwards, nor use a breaker: it
    /// is asked under the breaker's lock.
    fn now(&self) -> Duration;

    /// Waits until [`Clock::now`] has reached this. By default it sleeps on the timer of tokio for what
    /// is missing, so a clock that does not keep up with real time must bring its own.
    fn sleep_until(&self, at: Duration) -> Sleep {
        let missing = at.saturating_sub(self.now());
        Box::pin(async move { tokio::time::sleep(missing).await })
    }
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> Duration {
        (**self).now()
    }
    fn sleep_until(&self, at: Duration) -> Sleep {
        (**self).sleep_until(at)
    }
}

/// A clock that stands still until it is told to go on. Clones are the same clock.
///
/// ```
/// # use factum_resilience::{Clock, TestClock};
/// # use std::time::Duration;
/// let clock = TestClock::default();
/// clock.advance(Duration::from_secs(5));
/// assert_eq!(clock.now(), Duration::from_secs(5));
/// ```
#[derive(Clone, Debug)]
pub struct TestClock(Arc<tokio::sync::watch::Sender<Duration>>);

impl Default for TestClock {
    fn default() -> Self {
        Self(Arc::new(tokio::sync::watch::Sender::new(Duration::ZERO)))
    }
}

impl TestClock {
    /// Lets this much time pass, and wakes who waited for it.
    pub fn advance(&self, by: Duration) {
        self.0.send_modify(|now| *now = now.saturating_add(by));
    }
}

impl Clock for TestClock {
    fn now(&self) -> Duration {
        *self.0.borrow()
    }

    fn sleep_until(&self, at: Duration) -> Sleep {
        let mut now = self.0.subscribe();
        Box::pin(async move {
            // With the last handle gone nothing moves the clock any more: the wait has no end.
            if now.wait_for(|now| *now >= at).await.is_err() {
                std::future::pending().await
            }
        })
    }
}

/// The clock of a breaker, in nanoseconds: the fast one without a call through a table, or one that was
/// handed in.
#[derive(Clone, Debug)]
pub(crate) enum Time {
    Machine(quanta::Clock),
    Given(Arc<dyn Clock>),
}

impl Time {
    pub(crate) fn machine() -> Self {
        Self::Machine(quanta::Clock::new())
    }

    #[inline(never)]
    pub(crate) fn nanos(&self) -> u64 {
        match self {
            Self::Machine(clock) => clock.delta_as_nanos(0, clock.raw()),
            Self::Given(clock) => nanos(clock.now()),
        }
    }

    pub(crate) fn sleep_until(&self, at: u64) -> Sleep {
        match self {
            Self::Machine(_) => {
                let missing = Duration::from_nanos(at.saturating_sub(self.nanos()));
                Box::pin(async move { tokio::time::sleep(missing).await })
            }
            Self::Given(clock) => clock.sleep_until(Duration::from_nanos(at)),
        }
    }
}

/// Nanoseconds; the most that there are, some 584 years, where it would overflow.
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
