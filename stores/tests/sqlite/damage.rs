use factum_core::store::{Commit, Direction, EventStore, Position, Query, Range, StoreError};
use factum_stores::SqliteStore;

use crate::common::{Log, append, commit_to, places, stream};

/// Stores three events, damages the second, and checks that it is named and can be passed by.
async fn check(damage: &str) {
    let log = Log::new();
    let store = log.open();
    for n in 0..3 {
        append(&store, commit_to(stream(n % 2), 1)).await;
    }
    append(&store, commit_to(stream(0), 1)).await;
    store.close().await;
    log.tool().execute_batch(damage).unwrap();

    let store = log.open();
    for (query, before, after) in [
        (Query::All, vec![(0, 1)], vec![(1, 3), (2, 4)]),
        (Query::Stream(stream(1)), vec![], vec![]),
        (Query::context("thing"), vec![(0, 1)], vec![(1, 3), (2, 4)]),
    ] {
        let read = |range| store.read(query.clone(), range, Direction::Forward, 100);
        let page = read(Range::ALL).await;
        if !before.is_empty() {
            let page = page.unwrap();
            assert_eq!((places(&page.events), page.more), (before, true), "{damage}");
            assert_eq!(page.complete_to.position, Position::new(1));
        }
        match read(Range::after(Position::new(1))).await.unwrap_err() {
            StoreError::CorruptEvent { stream: named, revision, position, .. } => {
                assert_eq!((named, revision, position), (stream(1), 0, Position::new(2)));
            }
            other => panic!("{damage}: {other:?}"),
        }
        let rest = read(Range::after(Position::new(2))).await.unwrap();
        assert_eq!(places(&rest.events), after, "{damage}");
    }
    // What is damaged is not in the way of what is new.
    append(&store, commit_to(stream(1), 1)).await;
}

#[tokio::test]
async fn a_damaged_event_is_named_and_passed_by() {
    check("UPDATE events SET payload = 7 WHERE position = 2").await;
    check("UPDATE events SET key = x'00' WHERE position = 2").await;
    check("UPDATE events SET time = 'noon' WHERE position = 2").await;
    check("UPDATE events SET name = 99 WHERE position = 2").await;
    check("UPDATE events SET version = -1 WHERE position = 2").await;
    check("UPDATE events SET tags = 'none' WHERE position = 2").await;
    check("UPDATE events SET headers = x'7b7d' WHERE position = 2").await;
    check("UPDATE events SET correlation = x'ff' WHERE position = 2").await;
    check("UPDATE events SET actor = CAST(x'ff' AS TEXT) WHERE position = 2").await;
    check(
        "INSERT INTO names VALUES (50, CAST(x'66ff' AS TEXT));
           UPDATE events SET name = 50 WHERE position = 2",
    )
    .await;
}

/// Three events, each in a stream of its own, that were damaged and opened again.
async fn three_damaged(damage: &str) -> (Log, SqliteStore, Vec<Commit>) {
    let log = Log::new();
    let store = log.open();
    let commits: Vec<Commit> = (0..3).map(|n| commit_to(stream(n), 1)).collect();
    for commit in &commits {
        append(&store, commit.clone()).await;
    }
    store.close().await;
    log.tool().execute_batch(damage).unwrap();
    let store = log.open();
    (log, store, commits)
}

#[tokio::test]
async fn a_damaged_newest_event_is_in_nobodys_way() {
    for damage in ["key = x'00'", "idx = 'x'", "payload = 7"] {
        let damage = format!("UPDATE events SET {damage} WHERE position = 3");
        let (_log, store, _) = three_damaged(&damage).await;
        let head = store.head().await.unwrap();
        assert_eq!(head.position, Position::new(3), "{damage}");
        let forward = |query, range| store.read(query, range, Direction::Forward, 10);
        let first = forward(Query::Stream(stream(0)), Range::ALL).await.unwrap();
        assert_eq!(places(&first.events), [(0, 1)], "{damage}");
        // What has seen the damaged event goes on from there, as what had seen it before.
        let beyond = forward(Query::All, Range::since(head)).await.unwrap();
        assert_eq!((beyond.events.len(), beyond.complete_to), (0, head));
        append(&store, commit_to(stream(2), 1)).await;
        let beyond = forward(Query::All, Range::since(head)).await.unwrap();
        assert_eq!(places(&beyond.events), [(1, 4)], "{damage}");
    }
}

#[tokio::test]
async fn who_saw_an_event_before_it_was_damaged_goes_on() {
    let log = Log::new();
    let store = log.open();
    let seen = append(&store, commit_to(stream(1), 1)).await.mark;
    store.close().await;
    log.tool().execute_batch("UPDATE events SET key = x'00'").unwrap();
    let store = log.open();
    let page = store.read(Query::All, Range::since(seen), Direction::Forward, 10).await.unwrap();
    assert_eq!(page.events.len(), 0);
}

#[tokio::test]
async fn a_repeat_before_a_damaged_event_gets_its_receipt() {
    let damage = "UPDATE events SET key = x'00' WHERE position = 2";
    let (_log, store, commits) = three_damaged(damage).await;
    let (again, stranger) = tokio::join!(
        store.append(vec![commits[0].clone()]),
        store.append(vec![commit_to(stream(7), 1)])
    );
    let receipt = again.unwrap().remove(0).unwrap();
    assert!(receipt.repeated);
    assert_eq!(receipt.mark.position, Position::new(1));
    stranger.unwrap().remove(0).unwrap();
    // The damaged one is still known by its key, but nobody can say what it was.
    let error = store.append(vec![commits[1].clone()]).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
}

/// Damages events that the indexes in the file do not have yet; the store on them.
async fn damaged_before_indexing(damage: &str) -> (Log, SqliteStore) {
    let log = Log::new();
    let store = log.open();
    for n in [1, 2, 1, 2] {
        append(&store, commit_to(stream(n), 1)).await;
    }
    let copy = log.crashed_copy();
    copy.tool().execute_batch(damage).unwrap();
    let store = copy.open();
    (copy, store)
}

#[tokio::test]
async fn an_unreadable_revision_follows_from_those_before_it() {
    for damage in ["'x'", "-7", "'x', stream = 'x'"] {
        let damage = format!("UPDATE events SET revision = {damage} WHERE position > 2");
        let (log, store) = damaged_before_indexing(&damage).await;
        let written = append(&store, commit_to(stream(1), 1)).await.writes[0].first;
        assert_eq!(written, if damage.contains("stream") { 1 } else { 2 }, "{damage}");
        append(&store, commit_to(stream(3), 1)).await;
        store.close().await;
        let indexed = "SELECT value FROM meta WHERE name = 'indexed_to'";
        let indexed: i64 = log.tool().query_row(indexed, [], |row| row.get(0)).unwrap();
        assert_eq!(indexed, 6, "{damage}");
    }
}

#[tokio::test]
async fn a_stream_at_its_last_revision_takes_no_more_and_the_others_do() {
    let damage = format!("UPDATE events SET revision = {} WHERE position = 3", i64::MAX);
    let (_log, store) = damaged_before_indexing(&damage).await;
    let (full, other) = tokio::join!(
        store.append(vec![commit_to(stream(1), 1)]),
        store.append(vec![commit_to(stream(2), 1)])
    );
    match full.unwrap_err() {
        StoreError::CorruptEvent { stream: named, position, .. } => {
            assert_eq!((named, position), (stream(1), Position::new(3)));
        }
        other => panic!("{other:?}"),
    }
    other.unwrap().remove(0).unwrap();
}

#[tokio::test]
async fn a_stream_without_a_readable_name_has_a_number() {
    let log = Log::new();
    let store = log.open();
    append(&store, commit_to(stream(1), 1)).await;
    append(&store, commit_to(stream(2), 1)).await;
    store.close().await;
    log.tool().execute_batch("UPDATE streams SET name = CAST(x'ff' AS TEXT) WHERE id = 1").unwrap();
    let store = log.open();
    let error = store.read(Query::All, Range::ALL, Direction::Forward, 9).await.unwrap_err();
    assert!(error.to_string().contains("unknown-1"), "{error}");
    let rest = Range::after(Position::new(1));
    let page = store.read(Query::All, rest, Direction::Forward, 9).await.unwrap();
    assert_eq!(page.events.len(), 1);
}

#[tokio::test]
async fn a_damaged_page_is_an_error_that_names_the_file() {
    let log = Log::new();
    let store = log.open();
    for _ in 0..20 {
        append(&store, commit_to(stream(1), 50)).await;
    }
    store.close().await;
    let mut bytes = std::fs::read(log.file()).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..].fill(0xA5);
    std::fs::write(log.file(), bytes).unwrap();
    let error = match SqliteStore::open(log.file()) {
        Err(error) => error,
        Ok(store) => {
            store.read(Query::All, Range::ALL, Direction::Forward, 10_000).await.unwrap_err()
        }
    };
    match error {
        StoreError::Corrupt { place, .. } => assert!(place.contains("log.db"), "{place}"),
        other => panic!("{other:?}"),
    }
}
