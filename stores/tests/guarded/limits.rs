use std::time::Duration;

use factum_core::store::{Direction, EventStore, Expected, Query, Range, StoreError};
use factum_resilience::BulkheadSettings;
use factum_stores::faulty::Faults;
use tokio::time::Instant;

use crate::common::{append, commit, guard, guarded, stored};

const HANGING: Faults = Faults { hang: 1.0, before: 0.0, ..Faults::DOWN };

#[tokio::test(start_paused = true)]
async fn an_append_that_hangs_ends_at_its_time_limit_and_is_unknown() {
    let (store, faulty) = guarded(guard(1));
    faulty.set(HANGING);
    let begun = Instant::now();
    let error = append(&store, commit("one", Expected::Any)).await.unwrap_err();
    assert_eq!(begun.elapsed(), Duration::from_secs(1));
    assert!(error.outcome_unknown(), "{error}");
    assert!(error.to_string().contains("memory.append did not answer within 1s"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_read_that_hangs_ends_at_its_time_limit() {
    let (store, faulty) = guarded(guard(1));
    faulty.set(HANGING);
    let error = store.read(Query::All, Range::ALL, Direction::Forward, 1).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    assert!(error.to_string().contains("memory.read did not answer within 1s"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_append_that_hung_is_tried_again_and_stored_once() {
    let (store, faulty) = guarded(guard(3));
    faulty.set(HANGING);
    let healed = async {
        while faulty.met().hangs < 2 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        faulty.heal();
    };
    let (outcome, ()) = tokio::join!(append(&store, commit("one", Expected::NoStream)), healed);
    outcome.unwrap().unwrap();
    assert_eq!(stored(&store).await, 1);
}

#[tokio::test(start_paused = true)]
async fn no_more_calls_are_under_way_than_may_be() {
    let mut guard = guard(1);
    let wait = Duration::from_millis(1500);
    guard.append.bulkhead = Some(BulkheadSettings { concurrent: 2, wait });
    let (store, faulty) = guarded(guard);
    faulty.set(HANGING);
    let hanging = async { append(&store, commit("one", Expected::Any)).await };
    let third = async {
        while faulty.met().calls < 2 {
            tokio::task::yield_now().await;
        }
        let third = append(&store, commit("three", Expected::Any));
        let fourth = append(&store, commit("four", Expected::Any));
        // They get the places of the two, which are given up after a second.
        assert_eq!(faulty.met().calls, 2);
        tokio::join!(third, fourth)
    };
    let fifth = async {
        while faulty.met().calls < 4 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        faulty.met().calls
    };
    let (one, two, (third, fourth), calls) =
        tokio::join!(hanging, append(&store, commit("two", Expected::Any)), third, fifth);
    assert_eq!(calls, 4);
    for ended in [one, two, third, fourth] {
        assert!(ended.unwrap_err().outcome_unknown());
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_too_long_for_a_place_is_told_so() {
    let mut guard = guard(3);
    let wait = Duration::from_millis(10);
    guard.append.bulkhead = Some(BulkheadSettings { concurrent: 1, wait });
    let (store, faulty) = guarded(guard);
    faulty.set(HANGING);
    let waiting = async {
        while faulty.met().calls < 1 {
            tokio::task::yield_now().await;
        }
        let begun = Instant::now();
        let error = append(&store, commit("two", Expected::Any)).await.unwrap_err();
        assert_eq!(begun.elapsed(), wait, "who has waited does not wait again");
        faulty.heal();
        error
    };
    let (_, error) = tokio::join!(append(&store, commit("one", Expected::Any)), waiting);
    assert!(matches!(error, StoreError::Unavailable { .. }), "nothing was sent: {error}");
    assert!(error.to_string().contains("memory.append is full: 1 calls are under way"), "{error}");
    // The first one's two tries.
    assert_eq!(store.append_breaker().metrics().calls, 2, "who was not let in says nothing");
}
