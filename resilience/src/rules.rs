//! The settings in the form that a call needs them in.

use crate::clock::nanos;
use crate::window::Totals;
use crate::{BreakerSettings, Cause, Dropped, OpenWait};

/// A share, in millionths: exact where a product of floats is not.
#[derive(Clone, Copy, Debug)]
struct Rate(u64);

impl Rate {
    const ONE: u64 = 1_000_000;

    fn new(share: f64) -> Self {
        // Shares are checked to be above 0 and at most 1.
        Self(((share * Self::ONE as f64).round() as u64).clamp(1, Self::ONE))
    }

    /// Whether so many of all reach it.
    #[inline]
    fn is_reached(self, count: u64, all: u64) -> bool {
        count.saturating_mul(Self::ONE) >= self.0.saturating_mul(all)
    }
}

/// The settings in the form that a call needs them in, times in nanoseconds.
#[derive(Debug)]
pub(crate) struct Rules {
    minimum_calls: u64,
    failure: Rate,
    slow: Option<(u64, Rate)>,
    pub(crate) probes: u32,
    pub(crate) lease: u64,
    /// How long it may be half-open, and whether it closes then.
    pub(crate) limit: Option<(u64, bool)>,
    pub(crate) dropped: Dropped,
    wait: OpenWait,
}

impl Rules {
    pub(crate) fn new(settings: &BreakerSettings) -> Self {
        Self {
            minimum_calls: settings.minimum_calls.into(),
            failure: Rate::new(settings.failure_rate),
            slow: settings.slow_calls.map(|slow| (nanos(slow.over), Rate::new(slow.rate))),
            probes: settings.probes,
            lease: nanos(settings.probe_lease),
            limit: settings.half_open_limit.map(|limit| (nanos(limit.after), limit.close)),
            dropped: settings.dropped,
            wait: settings.open_wait,
        }
    }

    /// From how many nanoseconds on a call is slow.
    #[inline]
    pub(crate) fn slow_from(&self) -> Option<u64> {
        self.slow.map(|(over, _)| over)
    }

    /// Why these calls open the breaker, if they do.
    #[inline(never)]
    pub(crate) fn trip(&self, totals: &Totals) -> Option<Cause> {
        let enough = totals.calls >= self.minimum_calls;
        enough.then(|| self.exceeded(totals, totals.calls)).flatten()
    }

    /// Which rate is reached by these, were there so many of them.
    pub(crate) fn exceeded(&self, totals: &Totals, of: u64) -> Option<Cause> {
        if self.failure.is_reached(totals.failures, of) {
            return Some(Cause::FailureRate);
        }
        let slow = self.slow.is_some_and(|(_, rate)| rate.is_reached(totals.slow, of));
        slow.then_some(Cause::SlowCallRate)
    }

    /// How long to stay open after having opened so many times before without closing; `random` is from
    /// 0 to 1.
    pub(crate) fn wait(&self, before: u32, random: f64) -> u64 {
        let OpenWait { first, factor, cap, jitter } = self.wait;
        let grown = first.as_secs_f64() * factor.powf(f64::from(before));
        let wait = grown.min(cap.as_secs_f64()) * (1.0 + jitter * (2.0 * random - 1.0));
        // A float beyond the last nanosecond becomes that.
        ((wait * 1e9) as u64).max(1)
    }
}
