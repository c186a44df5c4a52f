//! The indexes in the file lag behind; nobody may notice.

use factum_core::Key;
use factum_core::store::{Direction, EventStore, Expected, Query, Range, Refused};
use factum_stores::SqliteStore;

use crate::common::{Log, append, by_stream, commit_to, places, read, stream};

/// Enough for one batch of the index and most of another.
const COMMITS: usize = 30_000;
const STREAMS: usize = 97;

/// Fills a log; the keys of its commits.
async fn fill(store: &SqliteStore, commits: usize) -> Vec<Key> {
    let mut keys = Vec::new();
    for start in (0..commits).step_by(500) {
        let run: Vec<_> =
            (start..start + 500).map(|n| commit_to(stream(n * n % STREAMS), 1 + n % 2)).collect();
        keys.extend(run.iter().map(|commit| commit.key));
        for outcome in store.append(run).await.unwrap() {
            outcome.unwrap();
        }
    }
    keys
}

/// Compares what the indexes say with what stands in the log.
async fn check(store: &SqliteStore, keys: &[Key]) {
    let all = read(store, Query::All, Direction::Forward, 5000).await.unwrap();
    for (name, expected) in by_stream(&all) {
        let query = Query::Stream(name.clone());
        let forward = read(store, query.clone(), Direction::Forward, 300).await.unwrap();
        assert_eq!(places(&forward), expected, "{name}");
        let mut backward = read(store, query.clone(), Direction::Backward, 300).await.unwrap();
        backward.reverse();
        assert_eq!(places(&backward), expected, "{name}");

        let middle = expected[expected.len() / 2];
        let ranges = [
            Range::from_revision(middle.0),
            Range::after(factum_core::Position::new(middle.1 - 1)),
            Range::ALL.through(factum_core::Position::new(middle.1)),
        ];
        for range in ranges {
            let page = store.read(query.clone(), range, Direction::Forward, 300).await.unwrap();
            let wanted: Vec<_> = expected
                .iter()
                .copied()
                .filter(|(r, p)| range.contains(factum_core::Position::new(*p), *r))
                .take(300)
                .collect();
            assert_eq!(places(&page.events), wanted, "{name} {range:?}");
        }
    }
    for key in keys.iter().step_by(1 + keys.len() / 200) {
        let receipt = store.find(*key, &stream(0)).await.unwrap().unwrap();
        assert!(receipt.repeated && receipt.key == *key);
    }
    assert_eq!(store.find(Key::now_v7(), &stream(0)).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_stay_exact_while_it_lags() {
    let log = Log::new();
    let store = log.open();
    let keys = fill(&store, COMMITS).await;
    let covered: u64 = log
        .tool()
        .query_row("SELECT value FROM meta WHERE name = 'indexed_to'", [], |row| row.get(0))
        .map(i64::cast_unsigned)
        .unwrap();
    let end = store.head().await.unwrap().position.number();
    assert!(covered > 0 && covered < end, "covered {covered} of {end}");
    check(&store, &keys).await;

    // A reader in another process has only the file.
    let reader = log.open_read_only();
    check(&reader, &keys).await;
    append(&store, commit_to(stream("late"), 3)).await;
    let late = read(&reader, Query::Stream(stream("late")), Direction::Forward, 10).await.unwrap();
    assert_eq!(places(&late), [(0, end + 1), (1, end + 2), (2, end + 3)]);
    // The writer completes the index beneath the reader.
    let more = fill(&store, COMMITS / 2).await;
    check(&reader, &more).await;

    // One that opens the file after a crash.
    let copy = log.crashed_copy();
    let reopened = copy.open();
    check(&reopened, &keys).await;
    // One that opens it after it was closed: nothing lags then.
    reopened.close().await;
    let (covered, events): (i64, i64) = copy
        .tool()
        .query_row(
            "SELECT value, (SELECT max(position) FROM events) FROM meta WHERE name = 'indexed_to'",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!(covered, events);
    check(&copy.open(), &more).await;
}

#[tokio::test]
async fn the_expected_revision_holds_when_heads_were_forgotten() {
    let log = Log::new();
    // Room for a handful of heads.
    let store = SqliteStore::options().cache_bytes(1000).open(log.file()).unwrap();
    for round in 0..3 {
        for n in 0..50 {
            let mut commit = commit_to(stream(n), 1);
            commit.writes[0].expected = match round {
                0 => Expected::NoStream,
                _ => Expected::Revision(round - 1),
            };
            append(&store, commit.clone()).await;
            commit.key = Key::now_v7();
            let outcome = store.append(vec![commit]).await.unwrap().remove(0);
            assert!(matches!(outcome, Err(Refused::Conflict(_))), "{outcome:?}");
        }
    }
}

#[tokio::test]
async fn keys_of_every_kind_are_known_for_ever() {
    let log = Log::new();
    let store = log.open();
    let old = fill(&store, 500).await;
    let own: Key = "6ba7b810-9dad-11d1-80b4-00c04fd430c8".parse().unwrap();
    let first = append(&store, {
        let mut c = commit_to(stream("own"), 2);
        c.key = own;
        c
    })
    .await;
    store.close().await;

    let store = log.open();
    let mut again = commit_to(stream("own"), 2);
    again.key = own;
    let receipt = append(&store, again.clone()).await;
    assert!(receipt.repeated);
    assert_eq!((receipt.mark, receipt.writes), (first.mark, first.writes));
    again.writes[0].events[1].payload = "{}".into();
    let outcome = store.append(vec![again]).await.unwrap().remove(0);
    assert!(matches!(outcome, Err(Refused::KeyReused { key, .. }) if key == own), "{outcome:?}");
    let mut reused = commit_to(stream("own"), 1);
    reused.key = old[7];
    let outcome = store.append(vec![reused]).await.unwrap().remove(0);
    assert!(matches!(outcome, Err(Refused::KeyReused { .. })), "{outcome:?}");
}
