//! Breakers that trip in the middle of appends and of subscriptions.
//!
//! *Problem.* A breaker that opens between an append and its answer, or between two events of a
//! subscription, is where others lost events or handed them out twice. *Invariant.* Whatever fails,
//! each commit is stored once, and each reader sees all events once, in order. *Shape.*
//! [`trip`] is one run, on any store, from a seed.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod work;

use std::sync::Arc;
use std::time::Duration;

use factum_core::store::{EventStore, Query};
use factum_resilience::{BreakerSettings, OpenWait, RetrySettings, State, Window};
use factum_stores::faulty::{Faults, Faulty, Flap};
use factum_stores::guarded::{Guard, Guarded, Operation};

use work::{follow, read_all, write};

/// How many write at the same time, each to a stream of its own.
const WRITERS: usize = 8;

/// A guard whose breakers open and close many times in a second.
fn guard() -> Guard {
    let breaker = BreakerSettings {
        window: Window::Count(8),
        minimum_calls: 4,
        failure_rate: 0.5,
        probes: 2,
        open_wait: OpenWait::always(Duration::from_millis(2)),
        ..BreakerSettings::default()
    };
    let operation = Operation {
        time_limit: Some(Duration::from_millis(500)),
        retry: Some(RetrySettings {
            attempts: 3,
            first: Duration::from_micros(100),
            cap: Duration::from_millis(1),
            ..RetrySettings::default()
        }),
        retry_share: Some(1.0),
        breaker: Some(breaker),
        ..Operation::default()
    };
    let [append, read, tail] = [operation.clone(), operation.clone(), operation];
    Guard { append, read, tail, ..Guard::default() }
}

/// What a store goes through, one after the other.
fn troubles() -> [Faults; 5] {
    [
        Faults { before: 0.3, after: 0.3, ..Faults::default() },
        Faults { flap: Some(Flap { up: 7, down: 13 }), ..Faults::default() },
        Faults { hang: 0.2, after: 0.2, ..Faults::default() },
        Faults { storm: 0.1, storm_appends: 5, before: 0.2, ..Faults::default() },
        Faults::DOWN,
    ]
}

/// Appends `commits` a writer to a guarded store that fails in every way, follows it meanwhile, and
/// checks both against the log. The store has to be empty.
///
/// # Panics
/// If something is lost, repeated or out of order, or if the breakers never opened.
pub async fn trip(store: Arc<dyn EventStore>, seed: u64, commits: usize) {
    let faulty = Faulty::new(store.clone(), seed);
    let guarded = Guarded::new(Arc::new(faulty.clone()), guard()).unwrap();
    let following = tokio::spawn(follow(guarded.tail(Query::All, None), WRITERS * commits));
    let writers: Vec<_> =
        (0..WRITERS).map(|writer| tokio::spawn(write(guarded.clone(), writer, commits))).collect();
    let troubled = tokio::spawn(trouble(guarded.clone(), faulty.clone()));
    let mut keys = Vec::new();
    for writer in writers {
        keys.extend(writer.await.unwrap());
    }
    troubled.abort();
    faulty.heal();
    guarded.tail_breaker().reset();
    let seen = following.await.unwrap();

    let stored = read_all(&*store).await;
    assert_eq!(seen, stored, "the follower sees the log, once, in order");
    let mut stored: Vec<_> = stored.into_iter().map(|(_, key)| key).collect();
    stored.sort_unstable();
    keys.sort_unstable();
    assert_eq!(stored, keys, "each commit once");
    let opened = guarded.append_breaker().metrics().totals.opened;
    assert!(opened > 0 && faulty.met().after > 0, "{opened} times open, {:?}", faulty.met());
}

/// Makes trouble, one kind after the other, until it is stopped; trips breakers by hand in between.
async fn trouble(store: Guarded, faulty: Faulty) {
    loop {
        for faults in troubles() {
            faulty.set(faults);
            let calls = faulty.met().calls;
            // Not longer than it takes to meet the trouble; a store that is down is not called much.
            for _ in 0..50 {
                tokio::time::sleep(Duration::from_millis(1)).await;
                if faulty.met().calls > calls + 40 {
                    break;
                }
            }
            faulty.heal();
            for breaker in [store.append_breaker(), store.tail_breaker()] {
                breaker.transition_to(State::ForcedOpen);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
            for breaker in [store.append_breaker(), store.tail_breaker()] {
                breaker.reset();
            }
        }
    }
}
