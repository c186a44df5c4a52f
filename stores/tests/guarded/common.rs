use std::sync::Arc;
use std::time::Duration;

use factum_core::store::{
    Commit, EventStore, Expected, Metadata, NewEvent, Outcome, StoreError, StreamWrite,
};
use factum_core::{EventName, Key, StreamName, Tags, Timestamp};
use factum_resilience::{BreakerSettings, Clock, OpenWait, RetrySettings, Window};
use factum_stores::MemoryStore;
use factum_stores::faulty::Faulty;
use factum_stores::guarded::{Guard, Guarded, Operation};
use tokio::time::Instant;

/// How long a breaker of the tests stays open.
pub(crate) const OPEN: Duration = Duration::from_secs(3);

/// A guarded store, and the faults of the one inside.
pub(crate) fn guarded(guard: Guard) -> (Guarded, Faulty) {
    let faulty = Faulty::new(Arc::new(MemoryStore::new()), 42);
    (over(Arc::new(faulty.clone()), guard), faulty)
}

/// A guard whose breakers go by tokio's time, which the tests stop.
pub(crate) fn over(store: Arc<dyn EventStore>, guard: Guard) -> Guarded {
    Guarded::with_clock(store, guard, Arc::new(TokioClock(Instant::now()))).unwrap()
}

#[derive(Debug)]
struct TokioClock(Instant);

impl Clock for TokioClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Tries each call so often; opens at four failures.
pub(crate) fn operation(attempts: u32) -> Operation {
    let breaker = BreakerSettings {
        window: Window::Count(4),
        minimum_calls: 4,
        failure_rate: 1.0,
        probes: 2,
        open_wait: OpenWait::always(OPEN),
        ..BreakerSettings::default()
    };
    let time_limit = Some(Duration::from_secs(1));
    let retry = RetrySettings { attempts, ..RetrySettings::default() };
    Operation { retry: Some(retry), time_limit, breaker: Some(breaker), ..Operation::default() }
}

pub(crate) fn guard(attempts: u32) -> Guard {
    let operation = operation(attempts);
    Guard {
        append: operation.clone(),
        read: operation.clone(),
        tail: operation,
        ..Guard::default()
    }
}

/// A commit of one event.
pub(crate) fn commit(id: &str, expected: Expected) -> Commit {
    let event = NewEvent {
        name: EventName::fixed("thing.happened"),
        version: 1,
        tags: Tags::none(),
        payload: "{}".into(),
    };
    let stream = StreamName::of("thing", id).unwrap();
    let meta = Metadata { time: Timestamp::from_micros(1), ..Metadata::default() };
    let writes = vec![StreamWrite { stream, expected, events: vec![event] }];
    Commit { key: Key::now_v7(), meta, writes, guard: None, views: Vec::new() }
}

pub(crate) async fn append(store: &dyn EventStore, commit: Commit) -> Result<Outcome, StoreError> {
    Ok(store.append(vec![commit]).await?.remove(0))
}

/// How many events the store has.
pub(crate) async fn stored(store: &dyn EventStore) -> u64 {
    store.head().await.unwrap().position.number()
}
