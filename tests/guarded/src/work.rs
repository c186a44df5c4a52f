use std::time::{Duration, Instant};

use factum_core::store::{
    Commit, Conflict, Direction, EventStore, Expected, Metadata, NewEvent, Query, Range, Refused,
    StreamWrite, Tail, Tailed,
};
use factum_core::{EventName, Key, StreamName, Tags};
use factum_stores::guarded::Guarded;
use futures_util::StreamExt;

/// How long a commit may take to get through.
const PATIENCE: Duration = Duration::from_secs(120);

/// An event's position, and the key of its commit.
pub(crate) type Seen = (u64, Key);

/// Appends so many commits, one after the other, each until it is stored; their keys.
pub(crate) async fn write(store: Guarded, writer: usize, commits: usize) -> Vec<Key> {
    let mut keys = Vec::new();
    for revision in 0..commits as u64 {
        let expected = revision.checked_sub(1).map_or(Expected::NoStream, Expected::Revision);
        let commit = one(writer, expected);
        keys.push(commit.key);
        insist(&store, commit, revision).await;
    }
    keys
}

fn one(writer: usize, expected: Expected) -> Commit {
    let stream = StreamName::of("thing", &writer.to_string()).unwrap();
    let (name, payload) = (EventName::fixed("thing.happened"), "{}".into());
    let event = NewEvent { name, version: 1, tags: Tags::none(), payload };
    let writes = vec![StreamWrite { stream, expected, events: vec![event] }];
    Commit { key: Key::now_v7(), meta: Metadata::default(), writes, guard: None, views: Vec::new() }
}

/// Appends a commit under its key until it is stored as this revision.
async fn insist(store: &Guarded, commit: Commit, revision: u64) {
    let begun = Instant::now();
    loop {
        assert!(begun.elapsed() < PATIENCE, "{}", commit.key);
        match store.append(vec![commit.clone()]).await.map(|mut outcomes| outcomes.remove(0)) {
            Ok(Ok(receipt)) => {
                let written = receipt.writes.first().unwrap();
                assert_eq!((receipt.key, written.first), (commit.key, revision));
                return;
            }
            // Others do not write to this stream: the conflict is one of the storm's.
            Ok(Err(Refused::Conflict(Conflict::Stream { .. }))) => {}
            Ok(Err(refused)) => unreachable!("{refused}"),
            Err(error) => {
                assert!(error.is_transient(), "{error}");
                let pause = error.retry_after().unwrap_or(Duration::from_millis(1));
                tokio::time::sleep(pause).await;
            }
        }
    }
}

/// The first so many events of a tail.
pub(crate) async fn follow(mut tail: Tail, events: usize) -> Vec<Seen> {
    let mut seen = Vec::new();
    while seen.len() < events {
        if let Tailed::Events(events) = tail.next().await.unwrap().unwrap() {
            seen.extend(events.iter().map(|event| (event.at.position.number(), event.at.key)));
        }
    }
    seen
}

/// All events of a log.
pub(crate) async fn read_all(store: &dyn EventStore) -> Vec<Seen> {
    let (mut range, mut seen) = (Range::ALL, Vec::new());
    loop {
        let page = store.read(Query::All, range, Direction::Forward, 500).await.unwrap();
        seen.extend(page.events.iter().map(|event| (event.at.position.number(), event.at.key)));
        if !page.more {
            return seen;
        }
        range = Range::since(page.complete_to);
    }
}
