//! The breakers, each behind a function that makes so many calls through it.

use std::future::{Future, Ready, ready};
use std::hint::black_box;
use std::io;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use factum_benches::Result;
use factum_resilience::{Breaker, BreakerSettings, SlowCalls, Window};
use failsafe::futures::CircuitBreaker as _;
use tower::Service;
use tower_resilience_circuitbreaker::{CircuitBreakerLayer, SlidingWindowType};

use crate::WINDOW;

/// Makes so many calls.
pub type Calls = Box<dyn Fn(u32) + Send + Sync>;

const LONG: Duration = Duration::from_secs(60);

/// The call itself.
fn answer() -> Ready<io::Result<u32>> {
    ready(Ok(black_box(7)))
}

/// Polls a future that is ready at once, unless its breaker waits for another thread.
fn finish<F: Future>(future: F) {
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => return drop(black_box(output)),
            Poll::Pending => std::thread::yield_now(),
        }
    }
}

/// No breaker.
pub fn bare() -> Calls {
    Box::new(|calls| (0..calls).for_each(|_| finish(answer())))
}

/// Ours with these settings.
pub fn ours(settings: BreakerSettings) -> Result<Calls> {
    let breaker = Breaker::new("bench", settings)?;
    Ok(Box::new(move |calls| (0..calls).for_each(|_| finish(breaker.call(answer())))))
}

/// Ours with a count window and without slow calls.
pub fn plain() -> BreakerSettings {
    BreakerSettings { window: Window::Count(WINDOW), ..BreakerSettings::default() }
}

/// Ours with slow calls.
pub fn slow() -> BreakerSettings {
    BreakerSettings { slow_calls: Some(SlowCalls { over: LONG, rate: 0.5 }), ..plain() }
}

/// Ours with slow calls and a time window.
pub fn timed() -> BreakerSettings {
    BreakerSettings { window: Window::Time(LONG), ..slow() }
}

/// failsafe, as it comes: five failures in a row, or the success rate of 30 seconds.
pub fn failsafe() -> Calls {
    let breaker = failsafe::Config::new().build();
    Box::new(move |calls| (0..calls).for_each(|_| finish(breaker.call(answer()))))
}

/// recloser with a count window.
pub fn recloser() -> Calls {
    let breaker = recloser::Recloser::custom().closed_len(WINDOW as usize).build();
    let breaker = recloser::AsyncRecloser::from(breaker);
    Box::new(move |calls| (0..calls).for_each(|_| finish(breaker.call(answer()))))
}

/// tower-resilience with what it calls a count window, with slow calls or without.
pub fn tower_resilience(slow: bool) -> Result<Calls> {
    let layer = CircuitBreakerLayer::builder()
        .sliding_window_type(SlidingWindowType::CountBased)
        .sliding_window_size(WINDOW as usize)
        .minimum_number_of_calls(20);
    let layer = if slow {
        layer.slow_call_duration_threshold(LONG).slow_call_rate_threshold(0.5)
    } else {
        layer
    };
    let service = layer.build()?.layer_fn(tower::service_fn(|()| answer()));
    Ok(Box::new(move |calls| {
        let mut service = service.clone();
        for _ in 0..calls {
            // It is ready while closed; its contract is to be asked first.
            let context = &mut Context::from_waker(Waker::noop());
            drop(black_box(service.poll_ready(context)));
            finish(service.call(()));
        }
    }))
}
