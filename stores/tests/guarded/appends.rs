use factum_core::store::{Expected, StoreError};
use factum_resilience::State;
use factum_stores::faulty::Faults;

use crate::common::{append, commit, guard, guarded, stored};

#[tokio::test(start_paused = true)]
async fn an_append_whose_answer_is_lost_is_tried_again_under_its_key() {
    let (store, faulty) = guarded(guard(50));
    faulty.set(Faults { after: 0.7, ..Faults::default() });
    for id in 0..20 {
        let commit = commit(&id.to_string(), Expected::NoStream);
        // Unless the breaker opens, which it does not as long as one in four succeeds.
        match append(&store, commit.clone()).await {
            Ok(outcome) => assert_eq!(outcome.unwrap().key, commit.key),
            Err(error) => assert!(error.outcome_unknown(), "{error}"),
        }
        store.append_breaker().reset();
    }
    assert!(faulty.met().after > 20, "{:?}", faulty.met());
    faulty.heal();
    assert_eq!(stored(&store).await, 20, "each once");
}

#[tokio::test(start_paused = true)]
async fn an_append_that_stays_unknown_is_reported_so() {
    for attempts in [1, 3] {
        let (store, faulty) = guarded(guard(attempts));
        faulty.set(Faults { after: 1.0, ..Faults::default() });
        let commit = commit("one", Expected::NoStream);
        let error = append(&store, commit.clone()).await.unwrap_err();
        assert!(error.outcome_unknown(), "{error}");
        let key = commit.key.to_string();
        assert!(error.to_string().contains(&key), "the keys to go on with: {error}");
        faulty.heal();
        let receipt = append(&store, commit).await.unwrap().unwrap();
        assert!(receipt.repeated);
        assert_eq!(stored(&store).await, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_outcome_stays_unknown_when_the_breaker_opens() {
    let (store, faulty) = guarded(guard(10));
    faulty.set(Faults { after: 1.0, ..Faults::default() });
    let error = append(&store, commit("one", Expected::NoStream)).await.unwrap_err();
    assert_eq!(faulty.met().calls, 4, "the fourth opened it");
    assert!(matches!(error, StoreError::Unknown { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_outcome_stays_unknown_when_later_tries_do_nothing() {
    let (store, faulty) = guarded(guard(3));
    faulty.set(Faults { after: 1.0, ..Faults::default() });
    let appending = append(&store, commit("one", Expected::NoStream));
    let gone = async {
        while faulty.met().after == 0 {
            tokio::task::yield_now().await;
        }
        faulty.set(Faults::DOWN);
    };
    let (error, ()) = tokio::join!(appending, gone);
    let error = error.unwrap_err();
    assert_eq!((faulty.met().after, faulty.met().before), (1, 2));
    assert!(error.outcome_unknown(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_tried_again_that_was_answered() {
    let (store, faulty) = guarded(guard(10));
    let conflict = append(&store, commit("one", Expected::Exists)).await.unwrap();
    assert!(conflict.is_err());
    assert_eq!(faulty.met().calls, 1);
}

#[tokio::test(start_paused = true)]
async fn retries_do_not_multiply_an_outage() {
    let (store, faulty) = guarded(guard(4));
    store.append_breaker().transition_to(State::Disabled);
    faulty.set(Faults::DOWN);
    for _ in 0..1000 {
        let one = commit("one", Expected::Any);
        assert!(matches!(append(&store, one).await, Err(StoreError::Unavailable { .. })));
    }
    // A hundred retries were saved up, and each call earns a fifth of one.
    assert!(faulty.met().calls <= 1000 + 100 + 200, "{:?}", faulty.met());
    assert!(faulty.met().calls >= 1000 + 250, "{:?}", faulty.met());
}
