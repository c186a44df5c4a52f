use std::time::Duration;

use factum_core::store::{BadCommit, EventStore, KeyMemory, Limits, Position, StoreError};
use factum_stores::copy::{CopyError, Difference, Differing, Unfit};
use factum_stores::{MemoryStore, SqliteStore, copy};

use crate::common::{append, assert_same, commit, events_of, head, key, plain, stream};
use crate::wrapped::Wrapped;

/// The number of a commit that no source has.
const FOREIGN: u64 = 1_000_000;

async fn source(commits: u64) -> MemoryStore {
    let from = MemoryStore::new();
    append(&from, (0..commits).map(commit)).await;
    from
}

async fn difference(from: &dyn EventStore, to: &dyn EventStore) -> Difference {
    let before = head(to).await;
    let difference = match copy(from, to).await.unwrap_err() {
        CopyError::Differs(difference) => *difference,
        other => panic!("{other}"),
    };
    assert_eq!(head(to).await, before, "something was written");
    difference
}

/// Also where the log is empty, and where its file is open twice.
#[tokio::test]
async fn a_log_is_not_copied_onto_itself() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.db");
    let to = SqliteStore::open(&file).unwrap();
    let from = SqliteStore::options().read_only().open(&file).unwrap();
    for commits in [0, 3] {
        append(&to, (0..commits).map(commit)).await;
        let end = head(&to).await;
        for source in [&from, &to] {
            let error = copy(source, &to).await.unwrap_err();
            assert!(matches!(error, CopyError::Itself { log } if log == end.log), "{error}");
            assert!(error.to_string().contains("the same log"), "{error}");
        }
        assert_eq!(head(&to).await, end);
    }
}

#[tokio::test]
async fn a_target_with_other_events() {
    let (from, to) = (source(10).await, MemoryStore::new());
    append(&to, [plain(FOREIGN, "foreign", 1)]).await;
    let found = difference(&from, &to).await;
    assert_eq!(found.what, Differing::Event);
    assert_eq!(found.target.unwrap().key, key(FOREIGN));
    assert_eq!(found.source.unwrap().key, key(0));
}

#[tokio::test]
async fn the_first_difference_is_named() {
    for foreign in ["foreign", "own-3"] {
        let (from, to) = (source(3000).await, MemoryStore::new());
        copy(&from, &to).await.unwrap();
        let end = head(&to).await.position;
        append(&to, (0..2000).map(|n| plain(100_000 + n, foreign, 1))).await;
        append(&from, (3000..3010).map(commit)).await;
        let found = difference(&from, &to).await;
        let (theirs, ours) = (found.source.clone().unwrap(), found.target.clone().unwrap());
        assert_eq!((theirs.key, ours.key), (key(3000), key(100_000)));
        assert!(ours.position > end && ours.stream == stream(foreign));
        let said = found.to_string();
        assert!(said.contains(&format!("at {}", ours.position)), "{said}");
        assert!(said.contains("copy into an empty store"), "{said}");
    }
}

/// A target that has more than the source is no copy of it.
#[tokio::test]
async fn a_source_that_lost_its_end() {
    let (from, to) = (source(10).await, MemoryStore::new());
    append(&to, (0..11).map(commit)).await;
    let found = difference(&from, &to).await;
    assert_eq!((found.source, found.what), (None, Differing::Missing));
    assert_eq!(found.target.unwrap().key, key(10));
}

/// Somebody writes to the target between two runs, to a stream of the log or to another.
#[tokio::test]
async fn foreign_writes_meanwhile() {
    for id in ["foreign", "own-3"] {
        let from = source(3000).await;
        let to = Wrapped::new(MemoryStore::new()).then(move |appends| {
            if appends == 2 { vec![plain(FOREIGN, id, 1)] } else { Vec::new() }
        });
        let error = copy(&from, &to).await.unwrap_err();
        let CopyError::Differs(found) = &error else { panic!("{error}") };
        assert_eq!(found.target.as_ref().unwrap().key, key(FOREIGN));
        // Nothing went behind it, and the next call is refused at the same place.
        assert_eq!(events_of(&to).await.last().unwrap().at.key, key(FOREIGN));
        assert_eq!(difference(&from, &to).await, **found);
    }
}

#[tokio::test]
async fn a_foreign_write_at_the_end() {
    let from = source(20).await;
    let to = Wrapped::new(MemoryStore::new()).then(|_| vec![plain(FOREIGN, "foreign", 1)]);
    let error = copy(&from, &to).await.unwrap_err();
    let CopyError::Differs(found) = error else { panic!("{error}") };
    assert_eq!((found.source, found.target.unwrap().key), (None, key(FOREIGN)));
}

#[tokio::test]
async fn a_store_that_lies() {
    let from = source(1000).await;
    let lying = events_of(&from).await;
    let event = lying.iter().rfind(|event| !event.at.tags.is_empty()).unwrap();
    let to = Wrapped::new(MemoryStore::new()).without_tags(event.at.key);
    for _ in 0..2 {
        let error = copy(&from, &to).await.unwrap_err();
        let CopyError::Differs(found) = error else { panic!("{error}") };
        assert_eq!(found.what, Differing::Tags);
        let (theirs, ours) = (found.source.unwrap(), found.target.unwrap());
        assert_eq!((theirs.key, ours.key), (event.at.key, event.at.key));
        assert_eq!((theirs.index, theirs.position), (ours.index, ours.position));
    }
}

/// What went wrong long ago is found by who asks for it.
#[tokio::test]
async fn compare_all_looks_at_everything() {
    let from = source(3000).await;
    let first = events_of(&from).await.into_iter().find(|event| !event.at.tags.is_empty()).unwrap();
    let lying = Wrapped::new(MemoryStore::new()).without_tags(first.at.key);
    append(&lying, (0..3000).map(commit)).await;
    copy(&from, &lying).await.unwrap();
    let error = copy(&from, &lying).compare_all().await.unwrap_err();
    let CopyError::Differs(found) = error else { panic!("{error}") };
    assert_eq!((found.what, found.source.unwrap().position), (Differing::Tags, first.at.position));
}

/// A call that was killed before it compared its last run leaves that to the next.
#[tokio::test]
async fn a_run_that_was_never_compared() {
    let from = source(1000).await;
    for victim in [0, 150, 298] {
        let mut commits: Vec<_> = (0..300).map(commit).collect();
        commits[victim].meta.time = commits[victim].meta.time.plus(Duration::from_micros(1));
        let to = MemoryStore::new();
        append(&to, commits).await;
        let found = difference(&from, &to).await;
        assert_eq!(found.what, Differing::Metadata);
        assert_eq!(found.source.unwrap().key, key(victim as u64));
    }
}

#[tokio::test]
async fn a_target_with_half_a_commit() {
    let from = source(10).await;
    let to = MemoryStore::new();
    let mut half = commit(0);
    half.writes.truncate(1);
    append(&to, [half]).await;
    let before = head(&to).await;
    match copy(&from, &to).await.unwrap_err() {
        CopyError::Torn { key: torn, index, wanted: 0, .. } => {
            assert_eq!((torn, u64::from(index)), (key(0), before.position.number()));
        }
        other => panic!("{other}"),
    }
    assert_eq!(head(&to).await, before);
}

async fn unfit(from: &dyn EventStore, to: &dyn EventStore) -> Unfit {
    match copy(from, to).await.unwrap_err() {
        CopyError::Unfit { backend: "memory", why } => {
            assert_eq!(head(to).await.position, Position::START, "something was written");
            *why
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_target_that_cannot_hold_the_log() {
    let from = source(10).await;
    let mut to = Wrapped::new(MemoryStore::new());
    to.capabilities.keys = KeyMemory::Window(Duration::from_secs(60));
    assert!(matches!(unfit(&from, &to).await, Unfit::Keys(KeyMemory::Window(_))));

    let mut to = Wrapped::new(MemoryStore::new());
    to.capabilities.multi_stream = false;
    match unfit(&from, &to).await {
        Unfit::Streams { key: first, streams, .. } => assert_eq!((first, streams), (key(0), 3)),
        other => panic!("{other}"),
    }
    let small = MemoryStore::with_limits(Limits { commit_events: 1, ..Limits::default() });
    match unfit(&from, &small).await {
        Unfit::Commit { bad: BadCommit::TooMany { limit: 1, .. }, .. } => {}
        other => panic!("{other}"),
    }
}

/// What counts is what the log has, not what it might have.
#[tokio::test]
async fn a_smaller_target_that_is_large_enough() {
    let from = MemoryStore::new();
    append(&from, (0..10).map(|n| plain(n, n, 10))).await;
    let limits = Limits { event_bytes: 100, commit_events: 1, commit_bytes: 100 };
    let mut to = Wrapped::new(MemoryStore::with_limits(limits));
    to.capabilities.multi_stream = false;
    copy(&from, &to).await.unwrap();
    assert_same(&from, &to).await;
}

#[tokio::test]
async fn a_damaged_source() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.db");
    let from = SqliteStore::open(&file).unwrap();
    append(&from, (0..600).map(commit)).await;
    let events = events_of(&from).await;
    from.close().await;
    // The second event of a commit.
    let damaged = events.iter().skip(700).find(|event| event.at.index == 1).unwrap();
    let position = damaged.at.position;
    let tool = rusqlite::Connection::open(&file).unwrap();
    let damage = "UPDATE events SET payload = 7 WHERE position = ?1";
    tool.execute(damage, [position.number() as i64]).unwrap();
    drop(tool);

    let (from, to) = (SqliteStore::open(&file).unwrap(), MemoryStore::new());
    for _ in 0..2 {
        match copy(&from, &to).await.unwrap_err() {
            CopyError::Damaged(StoreError::CorruptEvent {
                stream, revision, position: at, ..
            }) => {
                assert_eq!(
                    (stream, revision, at),
                    (damaged.at.stream.clone(), damaged.at.revision, position)
                );
            }
            other => panic!("{other}"),
        }
        // All whole commits before it, and nothing of its own.
        assert_eq!(head(&to).await.position.number(), position.number() - 2);
    }
}
