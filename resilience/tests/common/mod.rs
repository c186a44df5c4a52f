//! A breaker by a clock that the tests move.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::time::Duration;

use factum_resilience::{
    Breaker, BreakerSettings, OpenWait, Permit, State, TestClock, Verdict, Window,
};

/// How long it stays open.
pub(crate) const WAIT: Duration = Duration::from_secs(10);

/// Settings under which two failures open it, and two probes close it.
pub(crate) fn small() -> BreakerSettings {
    BreakerSettings {
        window: Window::Count(4),
        minimum_calls: 2,
        probes: 2,
        open_wait: OpenWait::always(WAIT),
        ..BreakerSettings::default()
    }
}

/// A breaker with these settings, and its clock.
pub(crate) fn breaker(settings: BreakerSettings) -> (Breaker, TestClock) {
    let clock = TestClock::default();
    (Breaker::with_clock("payments", settings, clock.clone()).unwrap(), clock)
}

/// The same, open, its wait over: the next call makes it half-open.
pub(crate) fn due(settings: BreakerSettings) -> (Breaker, TestClock) {
    let (breaker, clock) = breaker(settings);
    breaker.transition_to(State::Open);
    clock.advance(WAIT);
    (breaker, clock)
}

/// A permit for a call that is to be admitted.
pub(crate) fn permit(breaker: &Breaker) -> Permit {
    breaker.admit().unwrap()
}

/// Makes a call for each verdict.
pub(crate) fn record(breaker: &Breaker, verdicts: impl IntoIterator<Item = Verdict>) {
    for verdict in verdicts {
        permit(breaker).record(verdict);
    }
}
