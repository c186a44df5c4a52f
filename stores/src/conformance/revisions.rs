//! Rule 6: revisions count 0, 1, 2 … without gaps, positions only grow; and an event comes back as it
//! was appended.

use std::collections::HashMap;
use std::sync::Arc;

use factum_core::store::{CommandMark, Commit, Direction, Expected, Metadata, Query, Range};
use factum_core::{Key, StreamName, Timestamp};

use super::Subject;
use super::following::{assert_grow, at_once};
use super::making::{accepted, append, commit, of_stream, one, read, tagged, write};

/// Writers who conflict, repeat themselves and succeed leave no gap.
pub async fn revisions_have_no_gaps<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    at_once(32, |writer| {
        let store = Arc::clone(&store);
        async move {
            for round in 0..12_u64 {
                let id = (writer as u64 + round) % 5;
                let commit = match round % 3 {
                    0 => one(id, Expected::Any),
                    1 => one(id, Expected::Revision(round * 3)),
                    _ => commit([write(id, Expected::Any, 3)]),
                };
                if append(&*store, commit.clone()).await.is_ok() && round % 2 == 0 {
                    assert!(accepted(&*store, commit).await.repeated);
                }
            }
        }
    })
    .await;
    let events = read(&*store, &Query::All).await;
    assert_grow("a reader", &events);
    let mut next: HashMap<StreamName, u64> = HashMap::new();
    for event in &events {
        let next = next.entry(event.at.stream.clone()).or_default();
        assert_eq!(event.at.revision, *next, "of stream {}", event.at.stream);
        *next += 1;
    }
    for id in 0..5 {
        let own = read(&*store, &of_stream(id)).await;
        assert!(own.iter().map(|event| event.at.revision).eq(0..own.len() as u64));
    }
}

/// A later commit stands at a later position, within a run and between runs, and the receipt says
/// where.
pub async fn positions_only_grow<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let mut newest = store.head().await.unwrap();
    assert_eq!(newest.event, None, "a new log has no events");
    for round in 0..10 {
        let run = (0..10).map(|_| commit([write("a", Expected::Any, 1 + round % 3)])).collect();
        for outcome in store.append(run).await.unwrap() {
            let mark = outcome.unwrap().mark;
            assert!(mark.position > newest.position);
            assert_eq!(mark.log, newest.log);
            newest = mark;
        }
        assert_eq!(store.head().await.unwrap(), newest);
    }
}

/// Everything that is said about an event comes back.
pub async fn an_event_comes_back_as_it_was<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let full = Metadata {
        time: Timestamp::from_micros(1_795_370_400_123_456),
        correlation: Some(Key::from_bytes([1; 16]).uuid()),
        causation: Some(Key::from_bytes([0xff; 16]).uuid()),
        actor: Some("Zoë \"the\" admin\n'; --".into()),
        command: Some(CommandMark { name: "thing.do".into(), digest: u64::MAX }),
        headers: [("trace", "a=b"), ("", ""), ("x-ü", "\u{1F980}\0")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into_iter()
            .collect(),
    };
    let early = Metadata { time: Timestamp::from_micros(-1), ..Metadata::default() };
    let named = Metadata {
        command: Some(CommandMark { name: "thing.undo".into(), digest: 1 << 63 }),
        actor: Some("".into()),
        ..Metadata::default()
    };
    let mut event = tagged("thing.happened", &["b:2", "a:1", "ü:\u{1F980} x:y"]);
    event.version = u32::MAX;
    event.payload = r#"{"text":"Zoë \u0000 🦀","n":18446744073709551615,"f":1.10}"#.into();
    for meta in [full, early, named, Metadata::default()] {
        let mut write = write("a", Expected::Any, 2);
        write.events.insert(1, event.clone());
        let commit = Commit { meta, ..commit([write]) };
        let receipt = accepted(&*store, commit.clone()).await;
        let back = store.read(Query::All, Range::ALL, Direction::Backward, 3).await.unwrap();
        for (index, recorded) in back.events.iter().rev().enumerate() {
            let new = &commit.writes[0].events[index];
            assert_eq!(recorded.name, new.name);
            assert_eq!(recorded.version, new.version);
            assert_eq!(recorded.payload, new.payload);
            assert_eq!(recorded.at.tags, new.tags);
            assert_eq!(recorded.at.meta, commit.meta);
            assert_eq!(recorded.at.stream, commit.writes[0].stream);
            assert_eq!((recorded.at.key, recorded.at.index as usize), (commit.key, index));
            assert_eq!(recorded.at.revision, receipt.writes[0].first + index as u64);
            assert_eq!(recorded.at.log, receipt.mark.log);
        }
    }
}

/// A stream may be long: more events than 16 bits count.
pub async fn a_stream_may_be_long<S: Subject>(fresh: impl AsyncFn() -> S) {
    const EVENTS: u64 = 70_000;
    let subject = fresh().await;
    let store = subject.store();
    let size = store.capabilities().limits.commit_events.min(5000) as u64;
    let mut next = 0;
    while next < EVENTS {
        let expected = next.checked_sub(1).map_or(Expected::NoStream, Expected::Revision);
        let receipt = accepted(&*store, commit([write("a", expected, size as usize)])).await;
        assert_eq!(receipt.writes[0].last, next + size - 1);
        next += size;
    }
    let range = Range::from_revision(next - 3);
    let page = store.read(of_stream("a"), range, Direction::Forward, 10).await.unwrap();
    assert!(page.events.iter().map(|event| event.at.revision).eq(next - 3..next));
}
