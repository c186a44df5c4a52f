//! What a faulty store does, and what it does not.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use factum_core::store::{
    Commit, EventStore, Expected, Metadata, NewEvent, Outcome, StoreError, StreamWrite,
};
use factum_core::{EventName, Key, StreamName, Tags};
use factum_stores::MemoryStore;
use factum_stores::faulty::{Faults, Faulty, Flap};

fn faulty(seed: u64, faults: Faults) -> Faulty {
    let store = Faulty::new(Arc::new(MemoryStore::new()), seed);
    store.set(faults);
    store
}

async fn append(store: &Faulty, expected: Expected) -> Result<Outcome, StoreError> {
    let (name, payload) = (EventName::fixed("thing.happened"), "{}".into());
    let event = NewEvent { name, version: 1, tags: Tags::none(), payload };
    let stream = StreamName::of("thing", "one").unwrap();
    let writes = vec![StreamWrite { stream, expected, events: vec![event] }];
    let commit = Commit {
        key: Key::now_v7(),
        meta: Metadata::default(),
        writes,
        guard: None,
        views: Vec::new(),
    };
    Ok(store.append(vec![commit]).await?.remove(0))
}

/// Which of the next hundred calls fail.
async fn failing(store: &Faulty) -> Vec<bool> {
    let mut failing = Vec::new();
    for _ in 0..100 {
        failing.push(store.head().await.is_err());
    }
    failing
}

#[tokio::test(start_paused = true)]
async fn a_seed_gives_the_same_faults_whatever_else_goes_wrong() {
    let before = Faults { before: 0.3, ..Faults::default() };
    let late = Faults { delay: 0.5, delay_by: Duration::from_millis(5), ..before };
    let alone = failing(&faulty(7, before)).await;
    assert_eq!(failing(&faulty(7, before)).await, alone);
    assert_eq!(failing(&faulty(7, late)).await, alone);
    assert_ne!(failing(&faulty(8, before)).await, alone);
    let flap = Some(Flap { up: 10, down: 10 });
    let flapping = failing(&faulty(7, Faults { flap, ..before })).await;
    for call in 0..100 {
        assert_eq!(flapping[call], alone[call] || call % 20 >= 10, "{call}");
    }
}

#[tokio::test]
async fn a_storm_is_met_by_those_who_expect_something_that_others_can_change() {
    let store = faulty(1, Faults { storm: 1.0, storm_appends: 1, ..Faults::default() });
    assert!(append(&store, Expected::NoStream).await.unwrap().is_err());
    assert!(append(&store, Expected::Any).await.unwrap().is_ok());
    assert!(append(&store, Expected::Exists).await.unwrap().is_ok());
    assert!(append(&store, Expected::Revision(1)).await.unwrap().is_err());
    assert_eq!(store.met().conflicts, 2);
    store.heal();
    assert!(append(&store, Expected::Revision(1)).await.unwrap().is_ok());
}

#[tokio::test]
async fn a_lost_answer_is_that_of_an_append_that_was_stored() {
    let store = faulty(1, Faults { after: 1.0, ..Faults::default() });
    assert!(append(&store, Expected::NoStream).await.unwrap_err().outcome_unknown());
    store.heal();
    assert_eq!(store.head().await.unwrap().position.number(), 1);
}

#[tokio::test]
async fn what_hangs_fails_when_the_faults_change() {
    let store = faulty(1, Faults { hang: 1.0, ..Faults::default() });
    let hanging = append(&store, Expected::Any);
    let healed = async {
        while store.met().hangs == 0 {
            tokio::task::yield_now().await;
        }
        store.heal();
    };
    let (error, ()) = tokio::join!(hanging, healed);
    assert!(error.unwrap_err().outcome_unknown());
}
