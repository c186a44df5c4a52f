//! What a breaker does, by a clock that the tests move.

use std::time::Duration;

use factum_resilience::{Breaker, BreakerSettings, OpenWait, State, TestClock, Verdict, Window};

const WAIT: Duration = Duration::from_secs(10);

fn breaker(settings: BreakerSettings) -> (Breaker, TestClock) {
    let clock = TestClock::default();
    (Breaker::with_clock("payments", settings, clock.clone()).unwrap(), clock)
}

fn small() -> BreakerSettings {
    BreakerSettings {
        window: Window::Count(4),
        minimum_calls: 2,
        probes: 2,
        open_wait: OpenWait::always(WAIT),
        ..BreakerSettings::default()
    }
}

fn record(breaker: &Breaker, verdicts: impl IntoIterator<Item = Verdict>) {
    for verdict in verdicts {
        breaker.admit().unwrap().record(verdict);
    }
}

#[test]
fn it_opens_waits_probes_and_closes() {
    let (breaker, clock) = breaker(small());
    record(&breaker, [Verdict::Failure, Verdict::Failure]);
    assert_eq!(breaker.state(), State::Open);
    let denied = breaker.admit().unwrap_err();
    assert_eq!((denied.state, denied.retry_after), (State::Open, Some(WAIT)));
    clock.advance(WAIT);
    record(&breaker, [Verdict::Success]);
    assert_eq!(breaker.state(), State::HalfOpen);
    record(&breaker, [Verdict::Success]);
    assert_eq!(breaker.state(), State::Closed);
    assert_eq!(breaker.metrics().calls, 0);
}
