#![allow(clippy::unwrap_used, reason = "a helper of a test fails by panicking")]

use std::path::Path;
use std::process::Stdio;

use factum::store::{Commit, Durability, EventStore, Expected, Metadata, NewEvent, StreamWrite};
use factum::stores::{MemoryStore, SqliteStore, copy};
use factum::{EventName, Key, StreamName, Tag};

use crate::process::{example, run};
use crate::watched::Watched;

const EVENTS: i64 = 40_000;
const STREAMS: i64 = 100;

/// A log with so many events, and what is told of a copy of it.
async fn log(file: &Path, events: i64) -> String {
    let from = SqliteStore::options().durability(Durability::Process).open(file).unwrap();
    let commits: Vec<_> = (0..events).map(commit).collect();
    for run in commits.chunks(1000) {
        let outcomes = from.append(run.to_vec()).await.unwrap();
        assert!(outcomes.iter().all(Result::is_ok));
    }
    let copied = copy(&from, &MemoryStore::new()).await.unwrap();
    from.close().await;
    let (events, streams) = (copied.events, copied.streams);
    format!("events {events}\ncommits {events}\nstreams {streams}\nchecksum {}\n", copied.checksum)
}

fn commit(number: i64) -> Commit {
    let tags = [Tag::new("number", &number.to_string()).unwrap()].into_iter().collect();
    let payload = format!("{{\"number\":{number}}}").into();
    let event = NewEvent { name: EventName::fixed("thing.happened"), version: 1, tags, payload };
    let stream = StreamName::of("thing", &(number % STREAMS).to_string()).unwrap();
    let write = StreamWrite { stream, expected: Expected::Any, events: vec![event] };
    Commit {
        key: Key::now_v7(),
        meta: Metadata::default(),
        writes: vec![write],
        guard: None,
        views: Vec::new(),
    }
}

#[tokio::test]
async fn a_copy_that_is_killed_half_way_goes_on_when_run_again() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from.db"), folder.path().join("to.db"));
    let expected = log(&from, EVENTS).await;
    SqliteStore::open(&to).unwrap().close().await;
    let mut target = Watched::open(&to);
    let mut child =
        example("copy", [&from, &to]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    target.until(EVENTS / 4).await;
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().code(), None, "it ended before it was killed");
    let stored = target.stored().await;
    assert!((EVENTS / 4..EVENTS).contains(&stored), "not in the middle: {stored}");
    for _ in 0..2 {
        let ran = run("copy", [&from, &to]);
        assert_eq!((ran.status, ran.err.as_str()), (Some(0), ""));
        assert_eq!(ran.out, expected);
    }
    assert_eq!(target.stored().await, EVENTS);
}

#[tokio::test]
async fn a_source_that_an_app_writes_to_is_copied() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from.db"), folder.path().join("to.db"));
    let expected = log(&from, STREAMS).await;
    let writer = SqliteStore::open(&from).unwrap();
    let ran = run("copy", [&from, &to]);
    assert_eq!((ran.status, ran.out, ran.err.as_str()), (Some(0), expected, ""));
    writer.close().await;
}

#[tokio::test]
async fn what_cannot_be_copied_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from.db"), folder.path().join("to.db"));
    let ran = run("copy", [&from]);
    assert_eq!(
        (ran.status, ran.err.as_str()),
        (Some(2), "copy: usage: copy FROM TO, each a file or a URL\n")
    );
    let ran = run("copy", [&from, &to]);
    assert_eq!(ran.status, Some(2));
    assert!(ran.err.contains("from.db") && !to.exists(), "{}", ran.err);
    log(&from, 10).await;
    log(&to, 10).await;
    let ran = run("copy", [&from, &to]);
    assert_eq!((ran.status, ran.out.as_str()), (Some(2), ""));
    assert!(ran.err.contains("the target is not a copy of the source"), "{}", ran.err);
}
