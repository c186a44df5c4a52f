//! What the tests of the Redis store share.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

pub mod rows;

use std::fmt::Display;
use std::time::{Duration, Instant};

use factum_core::store::{
    Commit, Direction, EventStore, Expected, Metadata, NewEvent, Outcome, Query, Range, Receipt,
    Recorded, StoreError, StreamWrite,
};
use factum_core::{EventName, Key, StreamName, Tags};

/// The name of events whose requests a test cuts.
pub const MARK: &str = "thing.cut";

/// How long a test waits for what has to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A commit of one event.
///
/// # Panics
/// If `id` cannot be part of a stream's name.
pub fn one(id: impl Display, expected: Expected) -> Commit {
    named(id, expected, "thing.happened")
}

/// A commit of one event with a name.
///
/// # Panics
/// If `id` cannot be part of a stream's name.
pub fn named(id: impl Display, expected: Expected, name: &'static str) -> Commit {
    let stream = StreamName::of("thing", &id.to_string()).unwrap();
    let (name, payload) = (EventName::fixed(name), format!("{{\"of\":\"{id}\"}}").into());
    let event = NewEvent { name, version: 1, tags: Tags::none(), payload };
    let writes = vec![StreamWrite { stream, expected, events: vec![event] }];
    Commit { key: Key::now_v7(), meta: Metadata::default(), writes, guard: None, views: Vec::new() }
}

/// What becomes of one commit.
///
/// # Errors
/// As the store's.
///
/// # Panics
/// If there is not one outcome.
pub async fn append(store: &dyn EventStore, commit: Commit) -> Result<Outcome, StoreError> {
    let mut outcomes = store.append(vec![commit]).await?;
    assert_eq!(outcomes.len(), 1);
    Ok(outcomes.remove(0))
}

/// Appends a commit that nothing speaks against.
///
/// # Panics
/// If it is not stored.
pub async fn accepted(store: &dyn EventStore, commit: Commit) -> Receipt {
    append(store, commit).await.unwrap().unwrap()
}

/// Appends a commit under its key until it is stored.
///
/// # Panics
/// If it is refused, fails for good, or takes too long.
pub async fn insist(store: &dyn EventStore, commit: Commit) -> Receipt {
    let begun = Instant::now();
    loop {
        match append(store, commit.clone()).await {
            Ok(outcome) => return outcome.unwrap(),
            Err(error) => {
                assert!(error.is_transient(), "{error}");
                assert!(begun.elapsed() < PATIENCE, "{error}");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
}

/// All that matches.
///
/// # Panics
/// If it cannot be read.
pub async fn read(store: &dyn EventStore, query: &Query) -> Vec<Recorded> {
    let (mut range, mut events) = (Range::ALL, Vec::new());
    loop {
        let page = store.read(query.clone(), range, Direction::Forward, 500).await.unwrap();
        events.extend(page.events);
        if !page.more {
            return events;
        }
        range = Range::since(page.complete_to);
    }
}
