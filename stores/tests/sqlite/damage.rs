use factum_core::store::{Direction, EventStore, Position, Query, Range, StoreError};

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
    let error = match factum_stores::SqliteStore::open(log.file()) {
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
