//! The figures of a breaker.

use crate::State;

/// The figures of a breaker at one moment, from [`Breaker::metrics`](crate::Breaker::metrics).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metrics {
    /// What it is in.
    pub state: State,
    /// How many calls count for the rates now: those in the window, or the probes that are back.
    pub calls: u64,
    /// How many of them failed.
    pub failures: u64,
    /// How many of them were slow.
    pub slow: u64,
    /// What has been counted since the breaker was made.
    pub totals: MetricTotals,
}

/// What a breaker has counted since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MetricTotals {
    /// Calls that succeeded.
    pub successes: u64,
    /// Calls that failed, probes whose lease ended among them.
    pub failures: u64,
    /// Calls whose outcome was ignored.
    pub ignored: u64,
    /// Calls that were slow, whether they succeeded or not.
    pub slow: u64,
    /// Outcomes that came after a change of state, and were not counted elsewhere.
    pub stale: u64,
    /// Calls that were refused.
    pub denied: u64,
    /// How many times the breaker opened.
    pub opened: u64,
}

impl Metrics {
    /// The share of failures, if there are any calls.
    pub fn failure_rate(&self) -> Option<f64> {
        (self.calls > 0).then(|| self.failures as f64 / self.calls as f64)
    }

    /// The share of slow calls, if there are any calls.
    pub fn slow_call_rate(&self) -> Option<f64> {
        (self.calls > 0).then(|| self.slow as f64 / self.calls as f64)
    }
}
