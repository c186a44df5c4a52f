use std::collections::HashMap;
use std::fmt::Display;

use factum_core::store::{
    CommandMark, Commit, Direction, EventStore, Expected, Mark, Metadata, NewEvent, Query, Range,
    Recorded, StreamWrite,
};
use factum_core::{EventName, Key, StreamName, Tag, Timestamp};

pub(crate) fn stream(id: impl Display) -> StreamName {
    StreamName::of("thing", &id.to_string()).unwrap()
}

/// The commit with this number: all that a commit can have, and what a copy must not assume, as
/// several streams and keys that do not grow.
pub(crate) fn commit(number: u64) -> Commit {
    let mut random = fastrand::Rng::with_seed(number);
    let mut write = |id: String| {
        let events = (0..random.usize(1..4)).map(|event| NewEvent {
            name: EventName::fixed(["thing.happened", "thing.ended"][event % 2]),
            version: random.u32(1..4),
            tags: (0..event)
                .map(|tag| Tag::new("tag", &format!("{tag} {number}")).unwrap())
                .collect(),
            payload: format!("{{\"n\":{number},\"event\":{event}}}").into(),
        });
        let events = events.collect();
        StreamWrite { stream: stream(id), expected: Expected::Any, events }
    };
    let mut writes = vec![write(format!("own-{}", number % 7))];
    if number.is_multiple_of(3) {
        writes.insert(0, write("shared".to_owned()));
    }
    if number.is_multiple_of(5) {
        writes.push(write(format!("once-{number}")));
    }
    Commit { key: key(number), meta: metadata(number), writes, guard: None, views: Vec::new() }
}

pub(crate) fn key(number: u64) -> Key {
    Key::from_bytes(
        u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).to_be_bytes(),
    )
}

fn metadata(number: u64) -> Metadata {
    let full = number.is_multiple_of(2);
    let header = ("trace".to_owned(), number.to_string());
    Metadata {
        time: Timestamp::from_micros(number as i64 * 1000),
        correlation: full.then(|| key(number + 1).uuid()),
        causation: number.is_multiple_of(4).then(|| key(number + 2).uuid()),
        actor: full.then(|| "Zoë".into()),
        command: full.then(|| CommandMark { name: "thing.do".into(), digest: u64::MAX - number }),
        headers: full.then_some(header).into_iter().collect(),
    }
}

/// A commit of one event with a payload of so many bytes.
pub(crate) fn plain(number: u64, id: impl Display, bytes: usize) -> Commit {
    let payload = format!("{{\"n\":{number},\"text\":\"{}\"}}", "x".repeat(bytes)).into();
    let (name, tags) = (EventName::fixed("thing.happened"), Default::default());
    let events = vec![NewEvent { name, version: 1, tags, payload }];
    let writes = vec![StreamWrite { stream: stream(id), expected: Expected::Any, events }];
    Commit { key: key(number), meta: Metadata::default(), writes, guard: None, views: Vec::new() }
}

pub(crate) async fn append(store: &dyn EventStore, commits: impl IntoIterator<Item = Commit>) {
    for outcome in store.append(commits.into_iter().collect()).await.unwrap() {
        assert!(!outcome.unwrap().repeated);
    }
}

pub(crate) async fn events_of(store: &dyn EventStore) -> Vec<Recorded> {
    let (mut events, mut range) = (Vec::new(), Range::ALL);
    loop {
        let page = store.read(Query::All, range, Direction::Forward, 1000).await.unwrap();
        events.extend(page.events);
        range = Range::since(page.complete_to);
        if !page.more {
            return events;
        }
    }
}

/// Checks that both logs have the same events, all that belongs to the log itself aside.
pub(crate) async fn assert_same(from: &dyn EventStore, to: &dyn EventStore) {
    let (source, mut target) = (events_of(from).await, events_of(to).await);
    assert_eq!(source.len(), target.len());
    let mut newest: HashMap<StreamName, u64> = HashMap::new();
    for (theirs, ours) in source.iter().zip(&mut target) {
        assert_eq!(theirs.at.event_id(), ours.at.event_id());
        let at = &theirs.at;
        (ours.at.log, ours.at.position, ours.at.stamp) = (at.log, at.position, at.stamp);
        assert_eq!(theirs, ours);
        let next = newest.entry(at.stream.clone()).or_default();
        assert_eq!(at.revision, *next);
        *next += 1;
    }
}

pub(crate) async fn head(store: &dyn EventStore) -> Mark {
    store.head().await.unwrap()
}
