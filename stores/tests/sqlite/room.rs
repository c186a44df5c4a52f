use factum_core::store::{EventStore, Query, StoreError};
use factum_stores::SqliteStore;

use crate::common::{Log, append, by_stream, commit_to, read, stream};
use factum_core::store::Direction;

#[tokio::test]
async fn a_full_file_takes_nothing_and_works_again_with_room() {
    let log = Log::new();
    let small = SqliteStore::options().file_bytes(512 * 1024);
    let store = small.clone().open(log.file()).unwrap();
    let mut acknowledged = 0;
    let error = loop {
        let mut commit = commit_to(stream(acknowledged % 7), 2);
        commit.writes[0].events[1].payload = "x".repeat(5000).into();
        match store.append(vec![commit]).await {
            Ok(outcomes) => acknowledged += outcomes.iter().filter(|o| o.is_ok()).count(),
            Err(error) => break error,
        }
        assert!(acknowledged < 1000);
    };
    assert!(
        matches!(&error, StoreError::Full { place, .. } if place.contains("log.db")),
        "{error}"
    );
    assert!(error.is_transient() && !error.outcome_unknown());
    let end = store.head().await.unwrap().position.number();
    assert_eq!(end, 2 * acknowledged as u64);

    // One large commit had no room; a small one in the same open store has.
    let mut big = commit_to(stream("big"), 1);
    big.writes[0].events[0].payload = "x".repeat(900_000).into();
    assert!(matches!(store.append(vec![big]).await, Err(StoreError::Full { .. })));
    let receipt = append(&store, commit_to(stream("small"), 1)).await;
    assert_eq!(receipt.mark.position.number(), end + 1);
    assert_eq!(receipt.writes[0].first, 0);
    store.close().await;

    let store = log.open();
    let receipt = append(&store, commit_to(stream(0), 1)).await;
    assert_eq!(receipt.mark.position.number(), end + 2);
    let all = read(&store, Query::All, Direction::Forward, 1000).await.unwrap();
    for (name, places) in by_stream(&all) {
        let revisions: Vec<u64> = places.iter().map(|(revision, _)| *revision).collect();
        let expected: Vec<u64> = (0..places.len() as u64).collect();
        assert_eq!(revisions, expected, "{name}");
    }
}
