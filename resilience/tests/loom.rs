//! Every interleaving of admission, outcome and transition, as loom finds them. They are compiled with
//! `--cfg loom` only, into a target folder of their own:
//!
//! `RUSTFLAGS="--cfg loom" CARGO_TARGET_DIR=target/loom cargo test --release -p factum-resilience --test loom`
#![cfg(loom)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use factum_resilience::{Breaker, BreakerSettings, Clock, OpenWait, State, Verdict, Window};
use loom::thread;

/// A clock that never moves: what is due is due from the start.
#[derive(Debug)]
struct Still;

impl Clock for Still {
    fn now(&self) -> Duration {
        Duration::from_secs(60)
    }
}

fn breaker(initial: State, probes: u32, minimum_calls: u32) -> Breaker {
    let settings = BreakerSettings {
        window: Window::Count(4),
        minimum_calls,
        probes,
        open_wait: OpenWait::always(Duration::from_secs(10)),
        initial,
        ..BreakerSettings::default()
    };
    Breaker::with_clock("loom", settings, Still).unwrap()
}

/// Opens it for no time at all, so that whoever asks next makes it half-open.
fn make_due(breaker: &Breaker) {
    breaker.admit().unwrap().record(Verdict::Open(Some(Duration::ZERO)));
    assert_eq!(breaker.state(), State::Open);
}

#[test]
fn a_race_into_half_open_admits_as_many_as_permitted() {
    loom::model(|| {
        let breaker = breaker(State::Closed, 1, 1);
        make_due(&breaker);
        let ask = |breaker: Breaker| move || breaker.admit().map(std::mem::forget).is_ok();
        let threads = [(); 2].map(|()| thread::spawn(ask(breaker.clone())));
        let mine = ask(breaker)();
        let theirs = threads.map(|thread| thread.join().unwrap());
        let admitted = [mine, theirs[0], theirs[1]].into_iter().filter(|admitted| *admitted);
        assert_eq!(admitted.count(), 1);
    });
}

#[test]
fn each_outcome_is_counted_or_stale() {
    loom::model(|| {
        let breaker = breaker(State::Closed, 1, 2);
        let fail = |breaker: Breaker| {
            move || breaker.admit().map(|permit| permit.record(Verdict::Failure)).is_ok()
        };
        let threads = [(); 2].map(|()| thread::spawn(fail(breaker.clone())));
        let mine = fail(breaker.clone())();
        let theirs = threads.map(|thread| thread.join().unwrap());
        let made = [mine, theirs[0], theirs[1]].into_iter().filter(|made| *made).count() as u64;
        let totals = breaker.metrics().totals;
        assert_eq!(breaker.state(), State::Open);
        assert_eq!((totals.failures, totals.opened), (2, 1));
        assert_eq!((totals.stale, totals.denied), (made - 2, 3 - made));
    });
}

#[test]
fn an_outcome_of_an_earlier_state_never_counts() {
    loom::model(|| {
        let breaker = breaker(State::Closed, 1, 2);
        let late = breaker.admit().unwrap();
        make_due(&breaker);
        let late = thread::spawn(move || late.record(Verdict::Failure));
        let probe = {
            let breaker = breaker.clone();
            thread::spawn(move || breaker.admit().unwrap().record(Verdict::Success))
        };
        late.join().unwrap();
        probe.join().unwrap();
        assert_eq!(breaker.state(), State::Closed);
        assert_eq!((breaker.metrics().calls, breaker.metrics().totals.stale), (0, 1));
    });
}

#[test]
fn a_place_that_comes_back_is_there_for_one() {
    loom::model(|| {
        let breaker = breaker(State::HalfOpen, 1, 1);
        let lost = breaker.admit().unwrap();
        let ask = |breaker: Breaker| move || breaker.admit().map(std::mem::forget).is_ok();
        let other = thread::spawn(ask(breaker.clone()));
        let giver = thread::spawn(move || drop(lost));
        let mine = ask(breaker.clone())();
        giver.join().unwrap();
        let theirs = other.join().unwrap();
        assert!(!(mine && theirs));
        // It is not lost either.
        assert!(mine || theirs || breaker.admit().is_ok());
    });
}

#[test]
fn a_transition_by_hand_against_the_last_probe_leaves_one_of_both() {
    loom::model(|| {
        let breaker = breaker(State::HalfOpen, 1, 1);
        let probe = breaker.admit().unwrap();
        let hand = {
            let breaker = breaker.clone();
            thread::spawn(move || breaker.transition_to(State::ForcedOpen))
        };
        let passing = {
            let breaker = breaker.clone();
            thread::spawn(move || {
                let seen = breaker.admit();
                seen.map(|permit| permit.record(Verdict::Success)).is_ok()
            })
        };
        probe.record(Verdict::Success);
        hand.join().unwrap();
        passing.join().unwrap();
        assert_eq!(breaker.state(), State::ForcedOpen);
        assert!(breaker.admit().is_err());
    });
}
