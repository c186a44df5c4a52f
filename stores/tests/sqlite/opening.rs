use std::time::Duration;

use factum_core::store::{EventStore, Query, StoreError, Tailed};
use factum_stores::SqliteStore;
use futures_util::StreamExt;

use crate::common::{Log, append, commit_to, stream};

#[tokio::test]
async fn a_second_writer_learns_who_holds_the_file() {
    let log = Log::new();
    let store = log.open();
    match SqliteStore::open(log.file()) {
        Err(StoreError::Locked { path, holder }) => {
            assert_eq!(path.file_name(), log.file().file_name());
            assert!(holder.contains("this process"), "{holder}");
        }
        other => panic!("{other:?}"),
    }
    store.close().await;
    log.open();
}

#[tokio::test]
async fn closing_answers_what_is_queued_and_frees_the_file() {
    let log = Log::new();
    let store = log.open();
    let mut tail = store.tail(Query::All, None);
    let queued: Vec<_> = (0..100)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.append(vec![commit_to(stream(n), 1)]).await })
        })
        .collect();
    tokio::task::yield_now().await;
    store.close().await;
    let mut stored = 0_u64;
    for answer in queued {
        match answer.await.unwrap() {
            Ok(outcomes) => {
                stored += outcomes.iter().filter(|outcome| outcome.is_ok()).count() as u64
            }
            Err(error) => assert!(matches!(error, StoreError::Closed), "{error}"),
        }
    }
    assert!(matches!(store.head().await, Err(StoreError::Closed)));
    while let Some(tailed) = tail.next().await {
        if let Err(error) = tailed {
            assert!(matches!(error, StoreError::Closed), "{error}");
        }
    }
    let reopened = log.open();
    assert_eq!(reopened.head().await.unwrap().position.number(), stored);
    reopened.close().await;
    reopened.close().await;
}

#[tokio::test]
async fn a_close_after_one_that_was_dropped_frees_the_file_too() {
    let log = Log::new();
    for round in 0..20 {
        let store = log.open();
        store.append(vec![commit_to(stream(round), 200)]).await.unwrap();
        // Each step further than the one before.
        let mut dropped = Box::pin(store.close());
        for _ in 0..round {
            let mut nobody = std::task::Context::from_waker(std::task::Waker::noop());
            if dropped.as_mut().poll(&mut nobody).is_ready() {
                break;
            }
        }
        drop(dropped);
        store.close().await;
        log.open().close().await;
    }
}

#[tokio::test]
async fn the_writer_ends_with_the_last_handle() {
    let log = Log::new();
    let store = log.open();
    let mut tail = store.tail(Query::All, None);
    append(&store, commit_to(stream(1), 1)).await;
    drop(store);
    let mut last = None;
    while let Some(tailed) = tail.next().await {
        last = Some(tailed);
    }
    assert!(matches!(last, Some(Err(StoreError::Closed))), "{last:?}");
}

#[tokio::test]
async fn a_reader_follows_a_writer_but_does_not_write() {
    let log = Log::new();
    let store = log.open();
    let reader = log.open_read_only();
    assert!(!reader.capabilities().single_writer && store.capabilities().single_writer);
    let mut tail = reader.tail(Query::All, None);
    let (seen, _) = tokio::join!(
        async {
            loop {
                match tail.next().await.unwrap().unwrap() {
                    Tailed::Events(events) => break events,
                    Tailed::Progress(_) => {}
                }
            }
        },
        append(&store, commit_to(stream(1), 2)),
    );
    assert_eq!(seen.len(), 2);
    let refused = reader.append(vec![commit_to(stream(1), 1)]).await;
    assert!(matches!(refused, Err(StoreError::ReadOnly { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_reader_needs_a_log() {
    let log = Log::new();
    let missing = SqliteStore::options().read_only().open(log.file());
    assert!(matches!(missing, Err(StoreError::Open { .. })), "{missing:?}");
}

#[test]
fn what_cannot_have_a_write_ahead_log_is_refused() {
    // For SQLite, no files at all.
    for place in [":memory:", ""] {
        let error = SqliteStore::open(place).unwrap_err();
        assert!(matches!(error, StoreError::Open { .. }), "{error}");
        let _ = std::fs::remove_file(format!("{place}.lock"));
    }
}

#[test]
fn other_files_are_refused_and_left_alone() {
    let log = Log::new();
    std::fs::write(log.file(), "not a database, but long enough to be taken for one. ".repeat(99))
        .unwrap();
    let before = std::fs::read(log.file()).unwrap();
    let error = SqliteStore::open(log.file()).unwrap_err();
    assert!(matches!(error, StoreError::Open { .. }), "{error}");
    assert_eq!(std::fs::read(log.file()).unwrap(), before);

    let log = Log::new();
    log.tool().execute_batch("CREATE TABLE theirs (x)").unwrap();
    let error = SqliteStore::open(log.file()).unwrap_err();
    assert!(error.to_string().contains("another program"), "{error}");

    let log = Log::new();
    drop(log.open());
    let newer = log.tool();
    newer.busy_timeout(Duration::from_secs(30)).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    let error = SqliteStore::options().read_only().open(log.file()).unwrap_err();
    assert!(error.to_string().contains("format 99"), "{error}");
}
