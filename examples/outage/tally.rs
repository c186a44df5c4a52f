//! What callers got.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use factum::SendError;

/// Answers, counted by kind.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    accepted: AtomicU64,
    /// Accepted when it was sent again.
    repeated: AtomicU64,
    /// The breaker was open.
    tripped: AtomicU64,
    /// The store did nothing.
    failed: AtomicU64,
    /// The store may have done it.
    unknown: AtomicU64,
    /// The longest time to an answer since the last look, in microseconds.
    slowest: AtomicU64,
}

/// Numbers of a tally.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) accepted: u64,
    pub(crate) repeated: u64,
    pub(crate) tripped: u64,
    pub(crate) failed: u64,
    pub(crate) unknown: u64,
}

impl Tally {
    pub(crate) fn accept(&self, repeated: bool, sent: Instant) {
        self.accepted.fetch_add(1, Relaxed);
        self.repeated.fetch_add(u64::from(repeated), Relaxed);
        self.took(sent);
    }

    pub(crate) fn refuse<E>(&self, error: &SendError<E>, sent: Instant) {
        let kind = if error.outcome_unknown() {
            &self.unknown
        } else if error.retry_after().is_some() {
            &self.tripped
        } else {
            &self.failed
        };
        kind.fetch_add(1, Relaxed);
        self.took(sent);
    }

    fn took(&self, sent: Instant) {
        let micros = u64::try_from(sent.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.slowest.fetch_max(micros, Relaxed);
    }

    pub(crate) fn counts(&self) -> Counts {
        let of = |count: &AtomicU64| count.load(Relaxed);
        Counts {
            accepted: of(&self.accepted),
            repeated: of(&self.repeated),
            tripped: of(&self.tripped),
            failed: of(&self.failed),
            unknown: of(&self.unknown),
        }
    }

    /// The longest time to an answer since this was asked last.
    pub(crate) fn slowest(&self) -> Duration {
        Duration::from_micros(self.slowest.swap(0, Relaxed))
    }
}

impl Counts {
    /// What came since.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            accepted: self.accepted - before.accepted,
            repeated: self.repeated - before.repeated,
            tripped: self.tripped - before.tripped,
            failed: self.failed - before.failed,
            unknown: self.unknown - before.unknown,
        }
    }
}
