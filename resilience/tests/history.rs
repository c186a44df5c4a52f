//! Bugs that other breakers have or had, each as a test that names where it comes from.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use common::{WAIT, breaker, due, permit, record, small};
use factum_resilience::{BreakerSettings, OpenWait, SlowCalls, State, Verdict, Window};
use tokio::sync::Barrier;

use Verdict::{Failure, Ignored, Success};

/// tower-resilience 0.14: its window keeps all calls since the last change, so that it took 10,000
/// failures.
#[test]
fn defect_1_the_count_window_slides() {
    let settings = BreakerSettings { window: Window::Count(100), ..small() };
    let (breaker, _) = breaker(settings);
    record(&breaker, [Success; 10_000]);
    let mut failures = 0;
    while breaker.state() == State::Closed {
        record(&breaker, [Failure]);
        failures += 1;
    }
    assert_eq!(failures, 50);
}

/// tower-resilience 0.14: two good probes further apart than the time window left it half-open for ever.
#[test]
fn defect_2_good_probes_far_apart_close_it() {
    let settings = BreakerSettings { window: Window::Time(Duration::from_millis(100)), ..small() };
    let (breaker, clock) = due(settings);
    record(&breaker, [Success]);
    clock.advance(Duration::from_millis(200));
    record(&breaker, [Success]);
    assert_eq!(breaker.state(), State::Closed);
    record(&breaker, [Success; 20]);
}

/// tower-resilience 0.14: a slow call of the closed state opened it again while it was half-open.
#[test]
fn defect_3_a_late_outcome_of_an_earlier_state_does_not_count() {
    let slow_calls = Some(SlowCalls { over: Duration::from_secs(1), rate: 0.5 });
    let (breaker, clock) = breaker(BreakerSettings { slow_calls, ..small() });
    let (slow, failed, lost) = (permit(&breaker), permit(&breaker), permit(&breaker));
    record(&breaker, [Failure, Failure]);
    clock.advance(WAIT);
    let probe = permit(&breaker);
    assert_eq!(breaker.state(), State::HalfOpen);
    slow.record(Success);
    failed.record(Failure);
    drop(lost);
    assert_eq!(breaker.state(), State::HalfOpen);
    assert_eq!((breaker.metrics().calls, breaker.metrics().totals.stale), (0, 3));
    probe.record(Success);
    record(&breaker, [Success]);
    assert_eq!(breaker.state(), State::Closed);
}

/// recloser 1.4 with one permit, and failsafe 1.3: all hundred calls reached the backend.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn defect_4_one_probe_of_a_hundred_callers() {
    assert_eq!(reached(100, 1).await, 1);
}

/// tower-resilience before 0.13 admitted any number of probes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tower_resilience_382_as_many_probes_as_permitted() {
    for probes in [2, 3, 10, 64] {
        assert_eq!(reached(100, probes).await, probes);
    }
}

/// How many of so many concurrent calls reach the backend of a half-open breaker, where all that do
/// stay there until all have been admitted or refused.
async fn reached(callers: usize, probes: u32) -> u32 {
    let (breaker, _clock) = due(BreakerSettings { probes, ..small() });
    let (start, reached) = (Arc::new(Barrier::new(callers)), Arc::new(AtomicU32::new(0)));
    let asked = Arc::new(Barrier::new(callers));
    let calls = (0..callers).map(|_| {
        let (breaker, start, asked) = (breaker.clone(), start.clone(), asked.clone());
        let reached = reached.clone();
        tokio::spawn(async move {
            start.wait().await;
            let waiting = asked.clone();
            let call = async move {
                reached.fetch_add(1, Ordering::SeqCst);
                waiting.wait().await;
                Ok::<(), ()>(())
            };
            if breaker.call(call).await.is_err() {
                asked.wait().await;
            }
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap();
    }
    assert_eq!(breaker.state(), State::Closed);
    reached.load(Ordering::SeqCst)
}

/// mcp-proxy 220, which is tower-resilience: the minimum meant nothing until the window was full.
#[test]
fn mcp_proxy_220_the_minimum_counts_before_the_window_is_full() {
    let settings = BreakerSettings { window: Window::Count(100), minimum_calls: 10, ..small() };
    let (breaker, _) = breaker(settings);
    record(&breaker, [Failure; 9]);
    assert_eq!(breaker.state(), State::Closed);
    record(&breaker, [Failure]);
    assert_eq!(breaker.state(), State::Open);
}

/// Resilience4j 903 and 935: a permit that was never given back wedged it half-open.
#[test]
fn resilience4j_903_935_a_permit_that_never_comes_back_does_not_wedge_it() {
    let (breaker, clock) = due(BreakerSettings { failure_rate: 0.6, ..small() });
    let late = permit(&breaker);
    std::mem::forget(permit(&breaker));
    assert!(breaker.admit().is_err());
    clock.advance(breaker.settings().probe_lease);
    // Both leases have ended: two failures.
    assert_eq!(breaker.admit().unwrap_err().state, State::Open);
    late.record(Success);
    assert_eq!((breaker.state(), breaker.metrics().totals.stale), (State::Open, 1));
    clock.advance(WAIT);
    record(&breaker, [Success, Success]);
    assert_eq!(breaker.state(), State::Closed);
}

/// The same, where the other probe is back: the lost one is a failure among two, which is below the rate.
#[test]
fn resilience4j_903_935_one_lost_permit_among_good_probes_lets_it_close() {
    let (breaker, clock) = due(BreakerSettings { failure_rate: 0.6, ..small() });
    std::mem::forget(permit(&breaker));
    record(&breaker, [Success]);
    clock.advance(breaker.settings().probe_lease);
    record(&breaker, [Success]);
    assert_eq!(breaker.state(), State::Closed);
}

/// Resilience4j 544: an ignored outcome of the last probe left it half-open for ever.
#[test]
fn resilience4j_544_the_last_probe_may_be_ignored() {
    let (breaker, _clock) = due(small());
    record(&breaker, [Success, Ignored]);
    assert_eq!(breaker.state(), State::HalfOpen);
    record(&breaker, [Success]);
    assert_eq!(breaker.state(), State::Closed);
}

/// Resilience4j 1432: threads that found it due at the same time were all let through.
#[test]
fn resilience4j_1432_a_race_into_half_open_admits_no_more_than_permitted() {
    for _ in 0..200 {
        let (breaker, _clock) = due(BreakerSettings { probes: 3, ..small() });
        let start = std::sync::Barrier::new(4);
        let admitted: usize = std::thread::scope(|scope| {
            let ask = || {
                start.wait();
                (0..4).filter_map(|_| breaker.admit().ok()).map(std::mem::forget).count()
            };
            let threads = [(); 4].map(|()| scope.spawn(ask));
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(admitted, 3);
    }
}

/// Resilience4j pull request 597: half-open went by the time window, so that probes which were far apart
/// were never enough.
#[test]
fn resilience4j_597_probes_are_counted_whatever_the_window() {
    let window = Window::Time(Duration::from_millis(100));
    let (breaker, clock) = due(BreakerSettings { window, failure_rate: 1.0, ..small() });
    record(&breaker, [Failure]);
    clock.advance(Duration::from_secs(30));
    record(&breaker, [Failure]);
    assert_eq!(breaker.state(), State::Open);
}

/// Resilience4j 858: asking whether a call would go through took a permit.
#[tokio::test]
async fn resilience4j_858_asking_takes_no_permit() {
    let (breaker, _clock) = due(small());
    let first = permit(&breaker);
    for _ in 0..10 {
        breaker.check().unwrap();
        assert_eq!((breaker.state(), breaker.metrics().state), (State::HalfOpen, State::HalfOpen));
        breaker.ready().await;
    }
    let second = permit(&breaker);
    assert_eq!(breaker.check(), Err(breaker.admit().unwrap_err()));
    second.record(Success);
    first.record(Success);
    assert_eq!(breaker.state(), State::Closed);
}

/// Resilience4j 674: going half-open while half-open was a change, which took back the permits.
#[test]
fn resilience4j_674_there_is_no_change_from_half_open_to_itself() {
    let (breaker, _clock) = due(small());
    let probe = permit(&breaker);
    let mut events = breaker.events();
    breaker.transition_to(State::HalfOpen);
    assert!(events.try_recv().is_err());
    probe.record(Success);
    assert_eq!(breaker.metrics().totals.stale, 0);
}

/// Resilience4j 2038: asking again and again while open recursed until the stack was full.
#[test]
fn resilience4j_2038_asking_while_open_does_not_recurse() {
    let (breaker, clock) = breaker(small());
    breaker.transition_to(State::Open);
    let asks = move || {
        for _ in 0..100_000 {
            breaker.admit().unwrap_err();
        }
        clock.advance(WAIT);
        breaker.admit().unwrap().record(Success);
    };
    std::thread::Builder::new().stack_size(64 * 1024).spawn(asks).unwrap().join().unwrap();
}

/// Hystrix 1640, 1723 and 1806: a probe that was cancelled, or threw, left it half-open for ever.
#[tokio::test]
async fn hystrix_1640_1723_1806_a_lost_probe_does_not_wedge_it() {
    let (breaker, _clock) = due(BreakerSettings { probes: 1, ..small() });
    for polled in [false, true] {
        let mut call = Box::pin(breaker.call(std::future::pending::<Result<(), ()>>()));
        if polled {
            assert!(futures_poll(call.as_mut()).is_pending());
            assert!(breaker.admit().is_err());
        }
        drop(call);
        assert_eq!(breaker.metrics().calls, 0);
        drop(permit(&breaker));
    }
    let panics = tokio::spawn({
        let breaker = breaker.clone();
        async move { breaker.call(async { panic!("the probe") as Result<(), ()> }).await }
    });
    assert!(panics.await.unwrap_err().is_panic());
    assert_eq!(breaker.state(), State::Open);
}

fn futures_poll<F: Future>(call: std::pin::Pin<&mut F>) -> std::task::Poll<F::Output> {
    call.poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
}

/// Wolverine 2062, 1825 and 1960: a listener that had paused never went on.
#[tokio::test]
async fn wolverine_2062_1825_1960_who_pauses_while_open_goes_on() {
    let open_wait = OpenWait::always(WAIT);
    let (breaker, clock) = breaker(BreakerSettings { open_wait, probes: 1, ..small() });
    type Recovery = Box<dyn Fn()>;
    let (one, other, forced) = (breaker.clone(), breaker.clone(), breaker.clone());
    let passing = clock.clone();
    let recoveries: [(State, Recovery); 4] = [
        (State::Open, Box::new(move || passing.advance(WAIT))),
        (State::Open, Box::new(move || one.reset())),
        (State::ForcedOpen, Box::new(move || other.transition_to(State::Closed))),
        (State::ForcedOpen, Box::new(move || forced.transition_to(State::Disabled))),
    ];
    for (state, recover) in recoveries {
        breaker.transition_to(state);
        let listener = tokio::spawn({
            let breaker = breaker.clone();
            async move { breaker.ready().await }
        });
        tokio::task::yield_now().await;
        assert!(!listener.is_finished());
        recover();
        listener.await.unwrap();
        breaker.reset();
    }
}

/// The same for one that waits while the only probe is out: its return, its loss and the end of its
/// lease each wake it.
#[tokio::test]
async fn wolverine_2062_1825_1960_who_pauses_behind_a_probe_goes_on() {
    let (breaker, clock) = breaker(BreakerSettings { probes: 1, ..small() });
    for end in 0..3 {
        breaker.transition_to(State::HalfOpen);
        let probe = permit(&breaker);
        let listener = tokio::spawn({
            let breaker = breaker.clone();
            async move { breaker.ready().await }
        });
        tokio::task::yield_now().await;
        assert!(!listener.is_finished());
        match end {
            0 => probe.record(Success),
            1 => drop(probe),
            _ => {
                std::mem::forget(probe);
                clock.advance(breaker.settings().probe_lease);
            }
        }
        listener.await.unwrap();
        breaker.reset();
    }
}
