use std::sync::Arc;

use factum_core::store::{EventStore, Expected, Query, StoreError, Tail, Tailed};
use factum_resilience::State;
use factum_stores::MemoryStore;
use factum_stores::faulty::{Faults, Faulty};
use futures_util::{FutureExt, StreamExt};

use crate::common::{append, commit, guard, guarded, over};

/// The positions of the next events, so many.
async fn positions(tail: &mut Tail, events: usize) -> Vec<u64> {
    let mut seen = Vec::new();
    while seen.len() < events {
        if let Tailed::Events(events) = tail.next().await.unwrap().unwrap() {
            seen.extend(events.iter().map(|event| event.at.position.number()));
        }
    }
    seen
}

#[tokio::test(start_paused = true)]
async fn a_tail_pauses_while_its_breaker_is_open_and_goes_on_where_it_was() {
    let (store, _) = guarded(guard(1));
    let mut tail = store.tail(Query::All, None);
    for _ in 0..3 {
        append(&store, commit("one", Expected::Any)).await.unwrap().unwrap();
    }
    assert_eq!(positions(&mut tail, 3).await, [1, 2, 3]);
    while tail.next().now_or_never().is_some() {}
    store.tail_breaker().transition_to(State::ForcedOpen);
    append(&store, commit("one", Expected::Any)).await.unwrap().unwrap();
    assert!(tail.next().now_or_never().is_none(), "it pauses");
    store.tail_breaker().reset();
    assert_eq!(positions(&mut tail, 1).await, [4]);
}

#[tokio::test(start_paused = true)]
async fn a_tail_outlives_errors_that_pass() {
    let (store, faulty) = guarded(guard(1));
    let mut tail = store.tail(Query::All, None);
    faulty.set(Faults { before: 0.5, ..Faults::default() });
    let written = async {
        for _ in 0..200 {
            let commit = commit("one", Expected::Any);
            while append(&store, commit.clone()).await.is_err() {
                store.append_breaker().ready().await;
            }
        }
    };
    let (seen, ()) = tokio::join!(positions(&mut tail, 200), written);
    assert_eq!(seen, (1..=200).collect::<Vec<u64>>());
    assert!(faulty.met().before > 50, "{:?}", faulty.met());
}

#[tokio::test(start_paused = true)]
async fn a_tail_ends_with_an_error_that_does_not_pass() {
    let other = MemoryStore::new();
    append(&other, commit("one", Expected::Any)).await.unwrap().unwrap();
    let mark = other.head().await.unwrap();
    let (store, _) = guarded(guard(1));
    let mut tail = store.tail(Query::All, Some(mark));
    assert!(matches!(tail.next().await, Some(Err(StoreError::Rewound(_)))));
    assert!(tail.next().await.is_none());
    assert_eq!(store.tail_breaker().metrics().failures, 0);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_away_for_long_is_not_asked_all_the_time() {
    let faulty = Faulty::new(Arc::new(MemoryStore::new()), 1);
    let store = over(Arc::new(faulty.clone()), guard(1));
    faulty.set(Faults::DOWN);
    let mut tail = store.tail(Query::All, None);
    let waited = tokio::time::timeout(std::time::Duration::from_secs(600), tail.next()).await;
    assert!(waited.is_err());
    // Four to open it, and two for each three seconds that it stays open, at the most.
    assert!(faulty.met().calls <= 4 + 2 * 200, "{:?}", faulty.met());
    faulty.heal();
    assert!(matches!(tail.next().await, Some(Ok(Tailed::Progress(_)))));
}
