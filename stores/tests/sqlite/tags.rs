//! The index of tags lags behind, its numbers are shared, older files have none; nobody may notice.

use factum_core::store::{
    Clause, Commit, Conflict, Direction, EventStore, Guard, Position, Query, Range, Recorded,
    Refused, StoreError,
};
use factum_core::{Key, Tag, Tags};
use factum_stores::SqliteStore;

use crate::common::{Log, append, commit_to, places, read, stream};

/// Enough for one batch of the index and most of another.
const EVENTS: usize = 50_000;

fn tags(tags: &[String]) -> Tags {
    tags.iter().map(|tag| Tag::parse(tag).unwrap()).collect()
}

fn tagged(n: usize) -> Commit {
    let mut commit = commit_to(stream(n % 13), 1);
    commit.writes[0].events[0].tags =
        tags(&[format!("course:{}", n % 97), format!("student:{}", n * n % 1009)]);
    commit
}

async fn fill(store: &SqliteStore, from: usize, to: usize) {
    for start in (from..to).step_by(500) {
        let run: Vec<Commit> = (start..to.min(start + 500)).map(tagged).collect();
        for outcome in store.append(run).await.unwrap() {
            outcome.unwrap();
        }
    }
}

fn any_of(clauses: &[&[&str]]) -> Query {
    let clause = |with: &&[&str]| Clause {
        tags: tags(&with.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>()),
        ..Clause::default()
    };
    Query::AnyOf(clauses.iter().map(clause).collect())
}

/// Compares what is read by tags with what stands in the log.
async fn check(store: &SqliteStore) -> Vec<Recorded> {
    let all = read(store, Query::All, Direction::Forward, 5000).await.unwrap();
    for query in [
        any_of(&[&["course:5"]]),
        any_of(&[&["course:5"], &["student:16"]]),
        any_of(&[&["course:5", "student:25"]]),
        any_of(&[&["course:96", "student:1"], &["student:1"], &["course:7", "student:49"]]),
        any_of(&[&["course:97"]]),
    ] {
        let wanted: Vec<_> = all.iter().filter(|event| query.matches(event)).cloned().collect();
        for limit in [70, 5000] {
            let forward = read(store, query.clone(), Direction::Forward, limit).await.unwrap();
            assert_eq!(places(&forward), places(&wanted), "{query}");
            let mut backward =
                read(store, query.clone(), Direction::Backward, limit).await.unwrap();
            backward.reverse();
            assert_eq!(places(&backward), places(&wanted), "{query}");
        }
        let half = Position::new(all.len() as u64 / 2);
        for range in [Range::after(half), Range::ALL.through(half)] {
            let page = store.read(query.clone(), range, Direction::Forward, 5000).await.unwrap();
            let in_range = |e: &&Recorded| range.contains(e.at.position, e.at.revision);
            let wanted: Vec<_> = wanted.iter().filter(in_range).cloned().collect();
            assert_eq!(places(&page.events), places(&wanted), "{query} {range:?}");
        }
    }
    all
}

fn guarded(commit: Commit, query: &Query, after: u64) -> Commit {
    let guard = Some(Guard { query: query.clone(), after: Position::new(after) });
    Commit { guard, ..commit }
}

/// Where the guard finds what it forbids; nothing is stored where it holds.
async fn found(store: &SqliteStore, query: &Query, after: u64) -> Option<u64> {
    let mut run = vec![guarded(commit_to(stream("none"), 1), query, after)];
    run[0].writes[0].expected = factum_core::store::Expected::Any;
    match store.append(run).await.unwrap().remove(0) {
        Ok(_) => None,
        Err(Refused::Conflict(Conflict::Guard { found, .. })) => Some(found.number()),
        Err(other) => panic!("{other}"),
    }
}

/// Compares what guards find with what stands in the log.
async fn check_guards(store: &SqliteStore, all: &[Recorded]) {
    let both = any_of(&[&["course:5", "student:25"]]);
    for query in [any_of(&[&["course:5"], &["student:16"]]), both] {
        let matching: Vec<u64> = all
            .iter()
            .filter(|event| query.matches(event))
            .map(|event| event.at.position.number())
            .collect();
        let spread = matching.iter().step_by(1 + matching.len() / 20).chain(matching.last());
        for after in spread.flat_map(|position| [position - 1, *position]) {
            let first = matching.iter().copied().find(|position| *position > after);
            assert_eq!(found(store, &query, after).await, first, "{query} after {after}");
        }
    }
}

fn number(log: &Log, sql: &str) -> i64 {
    log.tool().query_row(sql, [], |row| row.get(0)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_and_guards_stay_exact_while_it_lags() {
    let log = Log::new();
    let store = log.open();
    fill(&store, 0, EVENTS).await;
    let covered = number(&log, "SELECT max(position) FROM tag_index");
    assert!(covered > 0 && covered < EVENTS as i64, "covered {covered}");
    let all = check(&store).await;
    check_guards(&store, &all).await;

    // A reader in another process has only the file.
    let reader = log.open_read_only();
    check(&reader).await;
    fill(&store, EVENTS, EVENTS + 20_000).await;
    check(&reader).await;

    // One that opens the file after a crash, and after it was closed.
    let copy = log.crashed_copy();
    let reopened = copy.open();
    let all = check(&reopened).await;
    check_guards(&reopened, &all).await;
    reopened.close().await;
    let behind = "SELECT (SELECT max(position) FROM events) - max(position) FROM tag_index";
    let unmarked = number(&copy, "SELECT count(*) FROM events WHERE tags IS NULL");
    assert!(number(&copy, behind) <= unmarked, "nothing lags");
    check_guards(&copy.open(), &all).await;
}

#[tokio::test]
async fn guards_hold_when_tag_heads_were_forgotten() {
    let log = Log::new();
    // Room for a handful of tags.
    let store = SqliteStore::options().cache_bytes(2000).open(log.file()).unwrap();
    let mut newest = vec![0; 50];
    for round in 0..4 {
        for (n, newest) in newest.iter_mut().enumerate() {
            let query = any_of(&[&[&format!("course:{n}")], &[&format!("student:{n}")]]);
            let own = || {
                let mut own = commit_to(stream(1), 1);
                own.writes[0].events[0].tags = tags(&[format!("student:{n}")]);
                guarded(own, &query, *newest)
            };
            let position = append(&store, own()).await.mark.position.number();
            let outcome = store.append(vec![own()]).await.unwrap().remove(0);
            match outcome {
                Err(Refused::Conflict(Conflict::Guard { found, .. })) => {
                    assert_eq!(found.number(), position, "round {round}");
                }
                other => panic!("{other:?}"),
            }
            *newest = position;
        }
    }
}

/// Makes the file what the first version would have left.
fn make_older(log: &Log) {
    log.without_slices();
    log.tool().execute_batch("DROP TABLE tag_index; PRAGMA user_version = 1").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_file_gets_the_index() {
    let log = Log::new();
    let store = log.open();
    fill(&store, 0, EVENTS).await;
    store.close().await;
    make_older(&log);

    // Read as it is, and on while it gets the index.
    let reader = log.open_read_only();
    check(&reader).await;
    let store = log.open();
    assert_eq!(number(&log, "PRAGMA user_version"), 3);
    let all = check(&store).await;
    check_guards(&store, &all).await;
    check(&reader).await;
    fill(&store, EVENTS, EVENTS + 1000).await;
    check(&reader).await;
    store.close().await;
    let whole = "SELECT count(*) - 2 * (SELECT count(*) FROM events WHERE tags IS NOT NULL)
                 FROM tag_index";
    assert_eq!(number(&log, whole), 0, "two tags an event");
}

#[tokio::test]
async fn an_older_file_left_by_a_crash_gets_the_index() {
    let log = Log::new();
    let store = log.open();
    fill(&store, 0, 3000).await;
    let copy = log.crashed_copy();
    make_older(&copy);
    let store = copy.open();
    let all = check(&store).await;
    assert_eq!(all.len(), 3000);
    check_guards(&store, &all).await;
}

/// The tags of these two have one number.
#[tokio::test]
async fn tags_that_share_a_number_are_told_apart() {
    let log = Log::new();
    let store = log.open();
    let with = |text: &str| {
        let mut commit = commit_to(stream(1), 1);
        commit.writes[0].events[0].tags = tags(&[text.to_owned()]);
        commit
    };
    append(&store, with("course:1")).await;
    append(&store, with("course:2")).await;
    store.close().await;
    // As if they did.
    let sql = "UPDATE tag_index SET tag = (SELECT tag FROM tag_index WHERE position = 1)";
    log.tool().execute_batch(sql).unwrap();
    let store = log.open();
    let one = any_of(&[&["course:1"]]);
    let page = read(&store, one.clone(), Direction::Forward, 10).await.unwrap();
    assert_eq!(places(&page), [(0, 1)]);
    assert_eq!(found(&store, &one, 1).await, None);
    assert_eq!(found(&store, &one, 0).await, Some(1));
}

#[tokio::test]
async fn unreadable_tags_may_be_any() {
    let log = Log::new();
    let store = log.open();
    fill(&store, 0, 10).await;
    let query = any_of(&[&["course:50"]]);
    assert_eq!(found(&store, &query, 0).await, None);
    let copy = log.crashed_copy();
    copy.tool().execute_batch("UPDATE events SET tags = '[7' WHERE position = 4").unwrap();
    for reopened in [false, true] {
        let store = copy.open();
        assert_eq!(found(&store, &query, 0).await, Some(4), "reopened: {reopened}");
        assert_eq!(found(&store, &query, 4).await, None);
        let error = read(&store, query.clone(), Direction::Forward, 10).await.unwrap_err();
        match error {
            StoreError::CorruptEvent { position, .. } => assert_eq!(position, Position::new(4)),
            other => panic!("{other:?}"),
        }
        let beyond = Range::after(Position::new(4));
        let page = store.read(query.clone(), beyond, Direction::Forward, 10).await.unwrap();
        assert_eq!(page.events.len(), 0);
        store.close().await;
    }
}

#[tokio::test]
async fn a_failed_transaction_leaves_no_tags() {
    let log = Log::new();
    let small = SqliteStore::options().file_bytes(512 * 1024);
    let store = small.open(log.file()).unwrap();
    let query = any_of(&[&["room:1"]]);
    assert_eq!(found(&store, &query, 0).await, None);
    let mut big = commit_to(stream("big"), 2);
    big.writes[0].events[0].tags = tags(&["room:1".to_owned()]);
    big.writes[0].events[1].payload = "x".repeat(900_000).into();
    assert!(matches!(store.append(vec![big.clone()]).await, Err(StoreError::Full { .. })));
    assert_eq!(found(&store, &query, 0).await, None);
    big.key = Key::now_v7();
    big.writes[0].events.truncate(1);
    let position = append(&store, guarded(big, &query, 0)).await.mark.position.number();
    assert_eq!(found(&store, &query, 0).await, Some(position));
    let page = read(&store, query, Direction::Forward, 10).await.unwrap();
    assert_eq!(page.len(), 1);
}
