//! What stands beside the breaker. Time is tokio's, and stands still but for what is waited for.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use common::{breaker, small};
use factum_resilience::{
    Again, Bulkhead, BulkheadSettings, Retry, RetryBudget, RetrySettings, State, TimeLimit,
};
use tokio::time::Instant;

#[cfg(feature = "rate")]
#[test]
fn a_rate_of_hardly_any_calls_is_refused_or_works() {
    use factum_resilience::{RateLimiter, RateSettings};
    for per in [Duration::MAX, Duration::from_nanos(u64::MAX), Duration::from_secs(3_000_000_000)] {
        for calls in [1, 2, u32::MAX] {
            if let Ok(limiter) = RateLimiter::new("mail", RateSettings { calls, per }) {
                limiter.check().unwrap();
                assert_eq!(limiter.check().is_ok(), calls > 1);
            }
        }
    }
}

const MILLIS: Duration = Duration::from_millis(1);

fn steady(attempts: u32) -> RetrySettings {
    RetrySettings { attempts, first: MILLIS, factor: 2.0, cap: MILLIS * 3, jitter: false }
}

/// A call that always fails, and counts how often it is made.
async fn attempts(retry: &Retry, again: Again) -> u32 {
    let made = AtomicU32::new(0);
    let fails = || async {
        made.fetch_add(1, Ordering::Relaxed);
        Err::<(), _>("busy")
    };
    assert_eq!(retry.call(fails, |_| again).await, Err("busy"));
    made.load(Ordering::Relaxed)
}

#[tokio::test(start_paused = true)]
async fn it_is_tried_so_many_times_with_waits_that_grow_to_the_cap() {
    let retry = Retry::new(steady(5)).unwrap();
    let begun = Instant::now();
    assert_eq!(attempts(&retry, Again::Yes).await, 5);
    assert_eq!(begun.elapsed(), MILLIS * (1 + 2 + 3 + 3));
    assert_eq!(attempts(&retry, Again::No).await, 1);
}

#[tokio::test(start_paused = true)]
async fn the_other_side_may_ask_for_a_longer_wait() {
    let retry = Retry::new(steady(2)).unwrap();
    let begun = Instant::now();
    assert_eq!(attempts(&retry, Again::After(MILLIS * 500)).await, 2);
    assert_eq!(begun.elapsed(), MILLIS * 500);
}

#[tokio::test(start_paused = true)]
async fn jitter_lengthens_the_wait() {
    let retry = Retry::new(RetrySettings { jitter: true, ..steady(2) }).unwrap();
    let mut waits = Vec::new();
    for _ in 0..50 {
        let begun = Instant::now();
        attempts(&retry, Again::Yes).await;
        waits.push(begun.elapsed());
    }
    // tokio's timer goes in whole milliseconds.
    assert!(waits.iter().all(|wait| (MILLIS..=MILLIS * 3).contains(wait)), "{waits:?}");
    assert!(waits.iter().any(|wait| *wait > MILLIS), "{waits:?}");
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_not_multiplied() {
    let retry = Retry::new(steady(4)).unwrap().budget(RetryBudget::new(0.1, 10).unwrap());
    let mut made = 0;
    for _ in 0..1000 {
        made += attempts(&retry.clone(), Again::Yes).await;
    }
    // What was saved, and a tenth of the calls; without the budget there would be 4,000.
    assert!((1100..=1110).contains(&made), "{made}");
}

#[tokio::test(start_paused = true)]
async fn the_last_attempt_costs_nothing_of_the_budget() {
    let retry = Retry::new(steady(2)).unwrap().budget(RetryBudget::new(0.0, 2).unwrap());
    assert_eq!(attempts(&retry, Again::Yes).await, 2);
    assert_eq!(attempts(&retry, Again::Yes).await, 2);
    assert_eq!(attempts(&retry, Again::Yes).await, 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_tried_again_while_the_breaker_is_open() {
    let (breaker, _clock) = breaker(small());
    let retry = Retry::new(steady(10)).unwrap().unless_open(&breaker);
    let made = AtomicU32::new(0);
    let fails = || async {
        made.fetch_add(1, Ordering::Relaxed);
        breaker.call(async { Err::<(), _>("down") }).await
    };
    assert!(retry.call(fails, |_| Again::Yes).await.is_err());
    // Two failures open it.
    assert_eq!((made.load(Ordering::Relaxed), breaker.state()), (2, State::Open));
}

#[test]
fn retries_that_make_no_sense_are_refused() {
    let refused = |settings| Retry::new(settings).unwrap_err().setting;
    assert_eq!(refused(RetrySettings { attempts: 0, ..steady(1) }), "attempts");
    assert_eq!(refused(RetrySettings { factor: 0.5, ..steady(1) }), "factor");
    assert_eq!(refused(RetrySettings { cap: Duration::ZERO, ..steady(1) }), "cap");
    assert_eq!(RetryBudget::new(1.5, 1).unwrap_err().setting, "share");
}

#[tokio::test(start_paused = true)]
async fn a_full_bulkhead_refuses_after_its_wait() {
    let settings = BulkheadSettings { concurrent: 2, wait: MILLIS * 20 };
    let bulkhead = Bulkhead::new("reports", settings).unwrap();
    let (first, _second) = (bulkhead.enter().await.unwrap(), bulkhead.enter().await.unwrap());
    let begun = Instant::now();
    let full = bulkhead.call(async { unreachable!("it was polled") }).await.map(|_: ()| ());
    let full = full.unwrap_err();
    assert_eq!((full.concurrent, full.wait, begun.elapsed()), (2, MILLIS * 20, MILLIS * 20));
    assert_eq!(
        full.to_string(),
        "reports is full: 2 calls are under way, and none ended within 20ms"
    );
    let waiting = tokio::spawn({
        let bulkhead = bulkhead.clone();
        async move { bulkhead.call(async { 7 }).await }
    });
    tokio::task::yield_now().await;
    drop(first);
    assert_eq!(waiting.await.unwrap(), Ok(7));
    assert_eq!(bulkhead.free(), 1);
    let none = BulkheadSettings { concurrent: 0, ..settings };
    assert_eq!(Bulkhead::new("none", none).unwrap_err().setting, "concurrent");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_cancelled_leaves_its_place() {
    let settings = BulkheadSettings { concurrent: 1, ..BulkheadSettings::default() };
    let bulkhead = Bulkhead::new("reports", settings).unwrap();
    let limit = TimeLimit::new("report", MILLIS * 5);
    let begun = Instant::now();
    let late = limit.call(bulkhead.call(std::future::pending::<()>())).await.unwrap_err();
    assert_eq!((&*late.name, late.limit, begun.elapsed()), ("report", MILLIS * 5, MILLIS * 5));
    assert_eq!(bulkhead.free(), 1);
}

#[cfg(feature = "rate")]
#[tokio::test]
async fn a_rate_lets_so_many_through_and_says_when_there_is_more() {
    use factum_resilience::{RateLimiter, RateSettings};
    let hour = Duration::from_secs(3600);
    let mail = RateLimiter::new("mail", RateSettings { calls: 3, per: hour }).unwrap();
    assert_eq!((0..100).filter(|_| mail.clone().check().is_ok()).count(), 3);
    let retry_after = mail.check().unwrap_err().retry_after;
    assert!(retry_after <= hour / 3 && retry_after > hour / 4, "{retry_after:?}");
    let quick = RateLimiter::new("quick", RateSettings { calls: 1, per: MILLIS }).unwrap();
    for _ in 0..3 {
        quick.ready().await;
    }
    for settings in
        [RateSettings { calls: 0, per: hour }, RateSettings { calls: 1, per: Duration::ZERO }]
    {
        assert_eq!(RateLimiter::new("none", settings).unwrap_err().setting, "calls");
    }
}

#[cfg(feature = "tower")]
mod layer {
    use std::convert::Infallible;

    use factum_resilience::{BreakerLayer, Called, Verdict};
    use tower::{Layer, Service, ServiceExt, service_fn};

    use super::*;

    #[tokio::test]
    async fn a_service_that_fails_is_left_alone() {
        let (breaker, _clock) = breaker(small());
        let asked = AtomicU32::new(0);
        let broken = service_fn(|()| {
            asked.fetch_add(1, Ordering::Relaxed);
            async { Err::<(), _>("down") }
        });
        let mut client = BreakerLayer::new(breaker, Verdict::of).layer(broken);
        for _ in 0..10 {
            client.ready().await.unwrap().call(()).await.unwrap_err();
        }
        assert_eq!(asked.load(Ordering::Relaxed), 2);
        let refused = client.ready().await.unwrap().call(()).await.unwrap_err();
        assert!(matches!(refused, Called::Denied(denied) if denied.state == State::Open));
    }

    #[tokio::test]
    async fn an_answer_that_is_dropped_gives_its_permit_back() {
        let (breaker, _clock) = common::due(small());
        let hangs = service_fn(|()| std::future::pending::<Result<(), Infallible>>());
        let mut client = BreakerLayer::new(breaker.clone(), Verdict::of).layer(hangs);
        for _ in 0..5 {
            let (one, two) = (client.call(()), client.call(()));
            assert_eq!(breaker.state(), State::HalfOpen);
            assert!(breaker.admit().is_err());
            drop((one, two));
        }
        assert!(breaker.admit().is_ok());
    }
}
