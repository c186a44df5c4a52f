use std::time::Duration;

use factum_core::store::{EventStore, Expected, StoreError};
use factum_resilience::{BulkheadSettings, State};
use factum_stores::faulty::Faults;
use factum_stores::guarded::{Guard, Waiting};
use futures_util::FutureExt;

use crate::common::{OPEN, append, commit, guard, guarded, over, stored};
use crate::full::{full, stream};

#[tokio::test(start_paused = true)]
async fn while_a_breaker_is_open_calls_fail_at_once_and_say_when_to_come_back() {
    let (store, faulty) = guarded(guard(1));
    faulty.set(Faults::DOWN);
    for _ in 0..4 {
        let error = append(&store, commit("one", Expected::Any)).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    }
    let met = faulty.met();
    let error = append(&store, commit("one", Expected::Any)).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(OPEN), "{error}");
    assert!(error.is_transient() && !error.outcome_unknown());
    assert_eq!(
        error.to_string(),
        "the breaker before the memory store lets no append through: try again in 3.0s"
    );
    assert_eq!(faulty.met(), met, "it was left alone");
}

#[tokio::test(start_paused = true)]
async fn it_closes_again_once_the_store_is_back() {
    let (store, faulty) = guarded(guard(1));
    faulty.set(Faults::DOWN);
    while store.append_breaker().state() != State::Open {
        append(&store, commit("one", Expected::Any)).await.unwrap_err();
    }
    faulty.heal();
    store.append_breaker().ready().await;
    for _ in 0..2 {
        append(&store, commit("one", Expected::Any)).await.unwrap().unwrap();
    }
    assert_eq!(store.append_breaker().state(), State::Closed);
    assert_eq!(stored(&store).await, 2);
}

#[tokio::test(start_paused = true)]
async fn a_storm_of_conflicts_is_no_outage() {
    let (store, faulty) = guarded(guard(3));
    faulty.set(Faults { storm: 1.0, storm_appends: 1, ..Faults::default() });
    for _ in 0..100 {
        let outcome = append(&store, commit("one", Expected::NoStream)).await.unwrap();
        assert!(outcome.is_err());
    }
    assert_eq!((faulty.met().calls, faulty.met().conflicts), (100, 100));
    assert_eq!(store.append_breaker().state(), State::Closed);
    assert_eq!(store.append_breaker().metrics().failures, 0);
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_does_not_stop_reads() {
    let store = over(full(), guard(3));
    for _ in 0..4 {
        let error = append(&store, commit("one", Expected::Any)).await.unwrap_err();
        assert!(matches!(error, StoreError::Full { .. }), "{error}");
    }
    assert_eq!(store.append_breaker().state(), State::Open);
    assert_eq!(store.read_breaker().state(), State::Closed);
    assert_eq!(stored(&store).await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_damaged_event_is_no_outage() {
    let store = over(full(), guard(3));
    for _ in 0..10 {
        let error = store.find(commit("one", Expected::Any).key, &stream("one")).await;
        assert!(matches!(error, Err(StoreError::CorruptEvent { .. })));
    }
    assert_eq!(store.read_breaker().state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn calls_may_wait_for_a_breaker_in_a_bounded_queue() {
    let queue = Some(Waiting { calls: 2, within: Duration::from_secs(60) });
    let (store, faulty) = guarded(Guard { queue, ..guard(1) });
    faulty.set(Faults::DOWN);
    while store.append_breaker().state() != State::Open {
        append(&store, commit("one", Expected::Any)).await.unwrap_err();
    }
    let one = append(&store, commit("one", Expected::Any));
    let two = append(&store, commit("two", Expected::Any));
    let three = async {
        let third = append(&store, commit("three", Expected::Any)).await;
        faulty.heal();
        third
    };
    let (one, two, three) = tokio::join!(one, two, three);
    assert!(matches!(three, Err(StoreError::Tripped { .. })), "there are two places");
    assert!(one.unwrap().is_ok() && two.unwrap().is_ok());
    assert_eq!(stored(&store).await, 2);
}

#[tokio::test(start_paused = true)]
async fn who_waits_in_the_queue_holds_no_place_among_the_calls() {
    let queue = Some(Waiting { calls: 10, within: Duration::MAX });
    let mut guard = Guard { queue, ..guard(1) };
    guard.append.bulkhead = Some(BulkheadSettings { concurrent: 1, wait: Duration::ZERO });
    let (store, _) = guarded(guard);
    store.append_breaker().transition_to(State::ForcedOpen);
    let one = append(&store, commit("one", Expected::Any));
    let two = append(&store, commit("two", Expected::Any));
    let closed = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        store.append_breaker().reset();
    };
    let (one, two, ()) = tokio::join!(one, two, closed);
    assert!(one.unwrap().is_ok() && two.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_open_breaker_refuses_at_once_though_all_places_are_taken() {
    let mut guard = guard(1);
    let wait = Duration::from_secs(60);
    guard.append.bulkhead = Some(BulkheadSettings { concurrent: 1, wait });
    let (store, faulty) = guarded(guard);
    faulty.set(Faults { hang: 1.0, ..Faults::default() });
    let refused = async {
        while faulty.met().hangs == 0 {
            tokio::task::yield_now().await;
        }
        store.append_breaker().transition_to(State::Open);
        append(&store, commit("two", Expected::Any)).now_or_never().expect("it does not wait")
    };
    let (_, refused) = tokio::join!(append(&store, commit("one", Expected::Any)), refused);
    assert_eq!(refused.unwrap_err().retry_after(), Some(OPEN));
}

#[tokio::test(start_paused = true)]
async fn an_append_that_is_unknown_waits_in_the_queue_once() {
    let within = Duration::from_secs(60);
    let queue = Some(Waiting { calls: 10, within });
    let (store, faulty) = guarded(Guard { queue, ..guard(4) });
    faulty.set(Faults { after: 1.0, ..Faults::default() });
    let forced = async {
        while faulty.met().after == 0 {
            tokio::task::yield_now().await;
        }
        store.append_breaker().transition_to(State::ForcedOpen);
    };
    let begun = tokio::time::Instant::now();
    let (error, ()) = tokio::join!(append(&store, commit("one", Expected::Any)), forced);
    assert!(error.unwrap_err().outcome_unknown());
    assert!(begun.elapsed() < within * 2, "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_in_the_queue_for_ever() {
    let queue = Some(Waiting { calls: 10, within: Duration::from_secs(60) });
    let (store, _) = guarded(Guard { queue, ..guard(1) });
    store.append_breaker().transition_to(State::ForcedOpen);
    let begun = tokio::time::Instant::now();
    let error = append(&store, commit("one", Expected::Any)).await.unwrap_err();
    assert_eq!(begun.elapsed(), Duration::from_secs(60));
    assert_eq!(error.retry_after(), None);
    assert!(error.to_string().ends_with("it stays so until somebody closes it"), "{error}");
}
