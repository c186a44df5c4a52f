//! What the tests of the PostgreSQL store share.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod raw;
mod view;

use std::fmt::Display;

use factum_core::store::{
    Commit, Direction, EventStore, Expected, Metadata, NewEvent, Outcome, Query, Range, Recorded,
    StoreError, StreamWrite,
};
use factum_core::{EventName, Key, StreamName, Tag, Tags};

pub use raw::stand_still;
pub use view::{VIEW, batch, checkpoint, mark, row, texts};

/// A commit of one event.
///
/// # Panics
/// If the id or a tag is not one.
pub fn one(id: impl Display, tags: &[&str]) -> Commit {
    let tags: Tags = tags.iter().map(|tag| Tag::parse(tag).unwrap()).collect();
    let name = EventName::fixed("thing.happened");
    let event = NewEvent { name, version: 1, tags, payload: "{}".into() };
    let stream = StreamName::of("thing", &id.to_string()).unwrap();
    let write = StreamWrite { stream, expected: Expected::Any, events: vec![event] };
    Commit {
        key: Key::now_v7(),
        meta: Metadata::default(),
        writes: vec![write],
        guard: None,
        views: Vec::new(),
    }
}

/// Appends one commit.
///
/// # Errors
/// As the store.
///
/// # Panics
/// If the store gives another number of outcomes than one.
pub async fn append(store: &dyn EventStore, commit: Commit) -> Result<Outcome, StoreError> {
    let mut outcomes = store.append(vec![commit]).await?;
    assert_eq!(outcomes.len(), 1);
    Ok(outcomes.remove(0))
}

/// Appends one commit as a user does: again under the same key for as long as the store says that it
/// may pass.
///
/// # Panics
/// If the store says anything else.
pub async fn append_surely(store: &dyn EventStore, commit: Commit) -> factum_core::store::Receipt {
    loop {
        match append(store, commit.clone()).await {
            Ok(outcome) => return outcome.unwrap(),
            Err(error) => assert!(error.is_transient(), "{error}"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

/// All events, page by page.
///
/// # Panics
/// If they cannot be read.
pub async fn read_all(store: &dyn EventStore) -> Vec<Recorded> {
    let (mut range, mut events) = (Range::ALL, Vec::new());
    loop {
        let page = store.read(Query::All, range, Direction::Forward, 1000).await.unwrap();
        events.extend(page.events);
        if !page.more {
            return events;
        }
        range = Range::since(page.complete_to);
    }
}
