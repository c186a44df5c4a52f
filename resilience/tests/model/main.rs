//! A million random steps against a reference model that is as simple as can be: lists of what
//! happened, looked through anew at each step.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod reference;

use std::time::Duration;

use factum_resilience::{
    Breaker, BreakerSettings, Dropped, HalfOpenLimit, OpenWait, Permit, SlowCalls, State,
    TestClock, Verdict, Window,
};
use fastrand::Rng;
use reference::{Reference, Ticket};

const RUNS: u64 = 200;
const STEPS: usize = 5000;
/// How many calls are under way at the most.
const OUT: usize = 12;

/// Both, with the calls that are under way.
struct Pair {
    breaker: Breaker,
    clock: TestClock,
    reference: Reference,
    out: Vec<(Permit, Ticket)>,
    random: Rng,
}

#[test]
fn a_million_steps_go_as_the_model_says() {
    let mut seen = [0_usize; 6];
    for seed in 0..RUNS {
        let mut pair = Pair::new(seed);
        for step in 0..STEPS {
            pair.step();
            pair.compare(&format!("seed {seed}, step {step}"));
            seen[pair.breaker.state() as usize] += 1;
        }
    }
    // The steps went through every state, and often.
    assert!(seen.iter().all(|steps| *steps > 10_000), "{seen:?}");
}

fn settings(random: &mut Rng) -> BreakerSettings {
    let millis = |from: u64, to: u64, random: &mut Rng| Duration::from_millis(random.u64(from..to));
    let length = random.u32(1..80);
    let time = random.bool();
    // Rates that a float has exactly: the model divides.
    let rates = [0.125, 0.25, 0.5, 0.75, 1.0];
    let first = millis(1, 50, random);
    BreakerSettings {
        window: if time { Window::Time(millis(1, 500, random)) } else { Window::Count(length) },
        minimum_calls: random.u32(1..=length),
        failure_rate: rates[random.usize(..rates.len())],
        slow_calls: random.bool().then(|| SlowCalls {
            over: millis(1, 30, random),
            rate: rates[random.usize(..rates.len())],
        }),
        open_wait: OpenWait { first, factor: 2.0, cap: first * 4, jitter: 0.0 },
        probes: random.u32(1..6),
        probe_lease: millis(1, 100, random),
        half_open_limit: random
            .bool()
            .then(|| HalfOpenLimit { after: millis(1, 200, random), close: random.bool() }),
        dropped: if random.bool() { Dropped::Failure } else { Dropped::Ignored },
        initial: if random.bool() { State::Closed } else { State::HalfOpen },
    }
}

impl Pair {
    fn new(seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let (settings, clock) = (settings(&mut random), TestClock::default());
        let breaker = Breaker::with_clock("model", settings.clone(), clock.clone()).unwrap();
        Self { breaker, clock, reference: Reference::new(settings), out: Vec::new(), random }
    }

    fn step(&mut self) {
        match self.random.u32(..1000) {
            0..400 => self.admit(),
            400..800 => self.finish(),
            800..980 => self.pass(),
            980..985 => self.transition(),
            985..990 => {
                self.breaker.reset();
                self.reference.reset();
            }
            _ => self.lose(),
        }
    }

    fn admit(&mut self) {
        if self.out.len() == OUT {
            return self.finish();
        }
        match (self.breaker.admit(), self.reference.admit()) {
            (Ok(permit), Ok(ticket)) => self.out.push((permit, ticket)),
            (Err(denied), Err(retry_after)) => assert_eq!(denied.retry_after, retry_after),
            (ours, theirs) => assert_eq!(ours.is_ok(), theirs.is_ok(), "{:#?}", self.reference),
        }
    }

    fn finish(&mut self) {
        let Some((permit, ticket)) = self.take() else { return };
        let verdict = match self.random.u32(..100) {
            0..60 => Verdict::Success,
            60..85 => Verdict::Failure,
            85..95 => Verdict::Ignored,
            95..98 => {
                drop(permit);
                return self.reference.drop(ticket);
            }
            98 => Verdict::Open(None),
            _ => Verdict::Open(Some(Duration::from_millis(self.random.u64(..100)))),
        };
        permit.record(verdict);
        self.reference.record(ticket, verdict);
    }

    fn pass(&mut self) {
        let by = match self.random.u32(..10) {
            0 => Duration::from_millis(self.random.u64(..300)),
            _ => Duration::from_micros(self.random.u64(..5000)),
        };
        self.clock.advance(by);
        self.reference.now += by;
    }

    fn transition(&mut self) {
        let states = [
            State::Closed,
            State::Open,
            State::HalfOpen,
            State::Disabled,
            State::ForcedOpen,
            State::MetricsOnly,
        ];
        let to = states[self.random.usize(..states.len())];
        self.breaker.transition_to(to);
        self.reference.transition_to(to);
    }

    fn lose(&mut self) {
        if let Some((permit, _)) = self.take() {
            std::mem::forget(permit);
        }
    }

    fn take(&mut self) -> Option<(Permit, Ticket)> {
        let chosen = (!self.out.is_empty()).then(|| self.random.usize(..self.out.len()))?;
        Some(self.out.swap_remove(chosen))
    }

    fn compare(&mut self, at: &str) {
        let metrics = self.breaker.metrics();
        assert_eq!(metrics.state, self.reference.state, "{at}");
        assert_eq!(self.breaker.state(), metrics.state, "{at}");
        let ours = (metrics.calls, metrics.failures, metrics.slow);
        assert_eq!(ours, self.reference.counts(), "{at}");
    }
}
