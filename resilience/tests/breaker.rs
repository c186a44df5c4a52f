//! What a breaker does, by a clock that the tests move.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::time::Duration;

use common::{WAIT, breaker, due, permit, record, small};
use factum_resilience::{
    Breaker, BreakerEvent, BreakerSettings, Called, Cause, Dropped, HalfOpenLimit, OpenWait,
    Registry, SlowCalls, State, TestClock, UnknownSettings, Verdict, Window,
};

use Verdict::{Failure, Ignored, Success};

#[test]
fn it_opens_waits_probes_and_closes() {
    let (breaker, clock) = breaker(small());
    record(&breaker, [Failure, Failure]);
    assert_eq!(breaker.state(), State::Open);
    clock.advance(WAIT / 2);
    let denied = breaker.admit().unwrap_err();
    assert_eq!((denied.state, denied.retry_after), (State::Open, Some(WAIT / 2)));
    assert_eq!(denied.to_string(), "payments is open: try again in 5s");
    clock.advance(WAIT / 2);
    record(&breaker, [Success]);
    assert_eq!(breaker.state(), State::HalfOpen);
    record(&breaker, [Success]);
    assert_eq!((breaker.state(), breaker.metrics().calls), (State::Closed, 0));
}

#[test]
fn each_change_names_its_cause() {
    let (breaker, clock) = breaker(small());
    let mut events = breaker.events();
    record(&breaker, [Failure, Failure]);
    clock.advance(WAIT);
    record(&breaker, [Success, Success]);
    breaker.reset();
    let mut causes = Vec::new();
    while let Ok(event) = events.try_recv() {
        if let BreakerEvent::Changed(change) = event {
            causes.push(change.cause);
        }
    }
    assert_eq!(causes, [Cause::FailureRate, Cause::Waited, Cause::Probed, Cause::Reset]);
}

#[test]
fn it_opens_again_as_soon_as_the_probes_cannot_do_well_any_more() {
    let (breaker, _clock) = due(BreakerSettings { probes: 10, failure_rate: 0.3, ..small() });
    record(&breaker, [Failure, Failure]);
    assert_eq!(breaker.state(), State::HalfOpen);
    record(&breaker, [Failure]);
    assert_eq!(breaker.state(), State::Open);
}

#[test]
fn a_last_probe_that_asks_for_it_opens_it_though_the_others_did_well() {
    let (breaker, _clock) = due(BreakerSettings { failure_rate: 1.0, ..small() });
    record(&breaker, [Success, Verdict::Open(Some(WAIT * 3))]);
    assert_eq!(breaker.admit().unwrap_err().retry_after, Some(WAIT * 3));
}

#[test]
fn slow_calls_open_it_though_they_succeed() {
    let slow_calls = Some(SlowCalls { over: Duration::from_secs(1), rate: 0.5 });
    let (breaker, clock) = breaker(BreakerSettings { slow_calls, ..small() });
    record(&breaker, [Success]);
    let slow = permit(&breaker);
    clock.advance(Duration::from_secs(1));
    slow.record(Success);
    assert_eq!(breaker.state(), State::Open);
    assert_eq!(breaker.metrics().totals.slow, 1);
}

#[test]
fn a_time_window_forgets() {
    let window = Window::Time(Duration::from_secs(64));
    let (breaker, clock) = breaker(BreakerSettings { window, ..small() });
    record(&breaker, [Failure]);
    clock.advance(Duration::from_secs(63));
    assert_eq!(breaker.metrics().failures, 1);
    clock.advance(Duration::from_secs(1));
    record(&breaker, [Failure]);
    assert_eq!((breaker.state(), breaker.metrics().failures), (State::Closed, 1));
}

#[test]
fn a_success_opens_nothing_though_the_rate_rises_as_older_calls_leave_the_window() {
    let settings = BreakerSettings { window: Window::Time(Duration::from_secs(4)), ..small() };
    let (breaker, clock) = breaker(settings);
    record(&breaker, [Success, Success, Success, Success, Success]);
    clock.advance(Duration::from_secs(3));
    record(&breaker, [Failure, Failure, Failure]);
    clock.advance(Duration::from_secs(2));
    record(&breaker, [Success]);
    assert_eq!((breaker.state(), breaker.metrics().failures), (State::Closed, 3));
    record(&breaker, [Failure]);
    assert_eq!(breaker.state(), State::Open);
}

#[test]
fn the_wait_grows_to_its_cap_and_is_short_again_once_it_has_closed() {
    let seconds = Duration::from_secs;
    let open_wait = OpenWait { first: seconds(10), factor: 2.0, cap: seconds(35), jitter: 0.0 };
    let (breaker, clock) = breaker(BreakerSettings { open_wait, probes: 1, ..small() });
    record(&breaker, [Failure, Failure]);
    for wait in [10, 20, 35, 35] {
        assert_eq!(breaker.admit().unwrap_err().retry_after, Some(seconds(wait)));
        clock.advance(seconds(wait));
        record(&breaker, [Failure]);
    }
    clock.advance(seconds(35));
    record(&breaker, [Success, Failure, Failure]);
    assert_eq!(breaker.admit().unwrap_err().retry_after, Some(seconds(10)));
}

#[test]
fn jitter_keeps_the_wait_within_its_share() {
    let open_wait = OpenWait { jitter: 0.5, ..OpenWait::always(WAIT) };
    let (breaker, _clock) = breaker(BreakerSettings { open_wait, ..small() });
    let wait = || {
        breaker.reset();
        breaker.transition_to(State::Open);
        breaker.admit().unwrap_err().retry_after.unwrap()
    };
    let waits: Vec<_> = (0..100).map(|_| wait()).collect();
    assert!(waits.iter().all(|wait| (WAIT / 2..=WAIT * 3 / 2).contains(wait)), "{waits:?}");
    assert!(waits.iter().any(|wait| *wait != waits.first().copied().unwrap()), "{waits:?}");
}

#[test]
fn an_answer_can_open_it_for_as_long_as_the_other_side_asks() {
    let (breaker, clock) = breaker(small());
    let hour = Duration::from_secs(3600);
    record(&breaker, [Verdict::Open(Some(hour))]);
    assert_eq!(breaker.admit().unwrap_err().retry_after, Some(hour));
    clock.advance(hour);
    record(&breaker, [Verdict::Open(None)]);
    assert_eq!(breaker.admit().unwrap_err().retry_after, Some(WAIT));
}

#[test]
fn forced_open_admits_nothing_however_long() {
    let (breaker, clock) = breaker(small());
    breaker.transition_to(State::ForcedOpen);
    clock.advance(WAIT * 1000);
    let denied = breaker.admit().unwrap_err();
    assert_eq!((denied.state, denied.retry_after), (State::ForcedOpen, None));
    assert_eq!(denied.to_string(), "payments is forced open");
}

#[test]
fn disabled_records_nothing_and_metrics_only_follows_nothing() {
    let (breaker, _clock) = breaker(small());
    breaker.transition_to(State::Disabled);
    record(&breaker, [Failure; 10]);
    assert_eq!((breaker.state(), breaker.metrics().totals.failures), (State::Disabled, 0));
    breaker.transition_to(State::MetricsOnly);
    record(&breaker, [Failure, Failure, Failure, Verdict::Open(None)]);
    assert_eq!((breaker.state(), breaker.metrics().failures), (State::MetricsOnly, 4));
    assert_eq!(breaker.metrics().failure_rate(), Some(1.0));
}

#[test]
fn being_half_open_has_an_end_where_one_is_set() {
    for (close, then) in [(true, State::Closed), (false, State::Open)] {
        let half_open_limit = Some(HalfOpenLimit { after: WAIT, close });
        let (breaker, clock) = due(BreakerSettings { half_open_limit, ..small() });
        let (_first, _second) = (permit(&breaker), permit(&breaker));
        clock.advance(WAIT);
        assert_eq!(breaker.admit().is_ok(), close);
        assert_eq!(breaker.state(), then);
    }
}

#[test]
fn it_may_start_half_open() {
    let (breaker, _clock) = breaker(BreakerSettings { initial: State::HalfOpen, ..small() });
    assert!(permit(&breaker).is_probe());
}

#[test]
fn a_dropped_permit_counts_as_the_settings_say() {
    for (dropped, failures) in [(Dropped::Ignored, 0), (Dropped::Failure, 1)] {
        let (breaker, _clock) = breaker(BreakerSettings { dropped, ..small() });
        drop(permit(&breaker));
        assert_eq!(breaker.metrics().failures, failures);
    }
}

#[tokio::test]
async fn a_judge_makes_errors_successes_and_results_failures() {
    let (breaker, _clock) = breaker(BreakerSettings { failure_rate: 1.0, ..small() });
    let missing = breaker.call_judged(async { Err::<u8, _>("not found") }, |_| Success).await;
    assert_eq!(missing, Err(Called::Failed("not found")));
    let busy = breaker.call_judged(async { Ok::<_, ()>(503) }, |_| Failure).await;
    assert_eq!(busy, Ok(503));
    let ignored = breaker.call_judged(async { Ok::<_, ()>(0) }, |_| Ignored).await;
    assert_eq!(ignored, Ok(0));
    let totals = breaker.metrics().totals;
    assert_eq!((totals.successes, totals.failures, totals.ignored), (1, 1, 1));
}

#[tokio::test]
async fn a_refused_call_is_never_polled() {
    let (breaker, _clock) = breaker(small());
    breaker.transition_to(State::ForcedOpen);
    let refused = breaker.call(async { unreachable!("it was polled") as Result<(), ()> }).await;
    assert!(matches!(refused, Err(Called::Denied(_))));
    assert!(breaker.run(|| unreachable!("it was run") as Result<(), ()>).is_err());
    assert_eq!(breaker.metrics().totals.denied, 2);
}

#[tokio::test]
async fn a_change_is_seen_from_when_it_is_asked_for() {
    let (breaker, _clock) = breaker(small());
    let changed = breaker.changed();
    breaker.transition_to(State::Open);
    assert_eq!(changed.await, State::Open);
}

#[tokio::test]
async fn it_goes_by_the_clock_of_the_machine_unless_it_is_given_another() {
    let wait = Duration::from_millis(30);
    let open_wait = OpenWait::always(wait);
    let breaker = Breaker::new("real", BreakerSettings { open_wait, ..small() }).unwrap();
    let begun = std::time::Instant::now();
    breaker.transition_to(State::Open);
    assert!(breaker.admit().unwrap_err().retry_after.unwrap() <= wait);
    breaker.ready().await;
    assert!(begun.elapsed() >= wait - Duration::from_millis(1));
    assert!(permit(&breaker).is_probe());
}

#[test]
fn listeners_are_told_of_calls_and_refusals() {
    let (breaker, _clock) = breaker(small());
    let mut events = breaker.events();
    record(&breaker, [Failure]);
    let recorded =
        BreakerEvent::Recorded { verdict: Failure, took: None, slow: false, stale: false };
    assert_eq!(events.try_recv().unwrap(), recorded);
    breaker.transition_to(State::ForcedOpen);
    let denied = breaker.admit().unwrap_err();
    assert!(matches!(events.try_recv().unwrap(), BreakerEvent::Changed(_)));
    assert_eq!(events.try_recv().unwrap(), BreakerEvent::Denied(denied));
}

#[test]
fn settings_that_make_no_sense_are_refused_by_name() {
    let wrong = [
        ("window.count", BreakerSettings { window: Window::Count(0), ..small() }),
        ("window.time", BreakerSettings { window: Window::Time(Duration::ZERO), ..small() }),
        ("minimum_calls", BreakerSettings { minimum_calls: 5, ..small() }),
        ("failure_rate", BreakerSettings { failure_rate: 1.01, ..small() }),
        ("failure_rate", BreakerSettings { failure_rate: f64::NAN, ..small() }),
        ("probes", BreakerSettings { probes: 0, ..small() }),
        ("probe_lease", BreakerSettings { probe_lease: Duration::ZERO, ..small() }),
        ("slow_calls.rate", {
            let slow_calls = Some(SlowCalls { over: WAIT, rate: 0.0 });
            BreakerSettings { slow_calls, ..small() }
        }),
        ("open_wait.jitter", {
            let open_wait = OpenWait { jitter: 1.0, ..OpenWait::always(WAIT) };
            BreakerSettings { open_wait, ..small() }
        }),
        ("open_wait.cap", {
            let open_wait = OpenWait { cap: WAIT / 2, ..OpenWait::always(WAIT) };
            BreakerSettings { open_wait, ..small() }
        }),
    ];
    for (setting, settings) in wrong {
        assert_eq!(Breaker::new("b", settings).unwrap_err().setting, setting);
    }
    let error = Breaker::new("b", BreakerSettings { failure_rate: 0.0, ..small() }).unwrap_err();
    assert_eq!(error.to_string(), "failure_rate is 0: it must be above 0 and at most 1");
}

#[test]
fn a_registry_has_one_breaker_a_name() {
    let breakers = Registry::with_clock(small(), TestClock::default()).unwrap();
    breakers.breaker("mail").transition_to(State::ForcedOpen);
    assert_eq!(breakers.breaker("mail").state(), State::ForcedOpen);
    breakers.configure("one probe", BreakerSettings { probes: 1, ..small() }).unwrap();
    assert_eq!(breakers.breaker_by("payments", "one probe").unwrap().settings().probes, 1);
    let unknown = breakers.breaker_by("stock", "no such").unwrap_err();
    assert_eq!(unknown, UnknownSettings("no such".to_owned()));
    let names: Vec<_> = breakers.all().iter().map(|one| one.name().to_owned()).collect();
    assert_eq!(names, ["mail", "payments"]);
    assert!(breakers.remove("mail").is_some() && breakers.get("mail").is_none());
}

#[cfg(feature = "serde")]
#[test]
fn settings_are_read_from_configuration() {
    let text = r#"{
        "window": { "time": "1m 30s" },
        "slow_calls": { "over": "250ms", "rate": 0.8 },
        "open_wait": { "first": "5s" },
        "dropped": "failure",
        "initial": "half_open"
    }"#;
    let settings: BreakerSettings = serde_json::from_str(text).unwrap();
    let expected = BreakerSettings {
        window: Window::Time(Duration::from_secs(90)),
        slow_calls: Some(SlowCalls { over: Duration::from_millis(250), rate: 0.8 }),
        open_wait: OpenWait { first: Duration::from_secs(5), ..OpenWait::default() },
        dropped: Dropped::Failure,
        initial: State::HalfOpen,
        ..BreakerSettings::default()
    };
    assert_eq!(settings, expected);
    let written = serde_json::to_string(&settings).unwrap();
    assert_eq!(serde_json::from_str::<BreakerSettings>(&written).unwrap(), expected);
    let wrong = serde_json::from_str::<BreakerSettings>(r#"{ "probe_lease": "soon" }"#);
    assert!(wrong.unwrap_err().to_string().starts_with("soon is no duration"));
    assert!(serde_json::from_str::<BreakerSettings>(r#"{ "probs": 3 }"#).is_err());
}
