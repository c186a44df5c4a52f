//! Queries of more rows than come with one trip, up to the bound of one query.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use factum_core::store::StoreError;
use factum_core::view::{
    Comparison, Condition, Row, RowChanges, RowStore, Select, Sort, Value, ViewError,
};
use factum_redis_tests::rows::{VIEW, all, batch, checkpoint, mark, row, selected};
use factum_stores::RedisStore;
use factum_test_servers::{Redis, required};
use tokio::task::JoinSet;

fn compare(column: usize, comparison: Comparison, value: Value) -> Condition {
    Condition::Compare { column, comparison, value }
}

fn sort(column: usize, descending: bool) -> Sort {
    Sort { column, descending }
}

/// Walks of many pages give what a look at every row does: up and down, along many ranges, with and without
/// a limit, also where a few rows fill a page.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn walks_of_many_pages_are_whole() {
    let Some(server) = required(Redis::start()) else { return };
    let store = RedisStore::connect(server.url()).await.unwrap();
    store.open(VIEW).await.unwrap();
    // Each number twice, and some bodies of which 20 fill a page.
    let large = |number: u64| {
        let blanks = if number % 100 == 7 { 50_000 } else { 0 };
        Row { body: format!("{number}{}", " ".repeat(blanks)).into(), ..row("", number) }
    };
    let keyed = |key: u64| Row { key: format!("{:05}", key * 37 % 3000), ..large(key / 2) };
    let rows: Vec<Row> = (0..3000).map(keyed).collect();
    store.commit(batch(None, 1, rows.clone())).await.unwrap();

    let digits = |digits: &str| Value::Text(digits.to_owned());
    let every_third = (0..500).map(|n| compare(0, Comparison::Eq, Value::Uint(n * 3)));
    let every_third = Condition::Any(every_third.collect());
    let common = compare(1, Comparison::Ge, digits("5"));
    let few = compare(1, Comparison::Eq, digits("7"));
    let high = compare(0, Comparison::Gt, Value::Uint(1_250));
    // Of two columns: no index has it.
    let either = Condition::Any(vec![few.clone(), compare(0, Comparison::Lt, Value::Uint(1))]);
    let conditions: [&[&Condition]; 7] = [
        &[],
        &[&every_third],
        &[&common],
        &[&few],
        &[&few, &high],
        &[&every_third, &common],
        &[&every_third, &either],
    ];
    let sorts = [
        vec![],
        vec![sort(0, false)],
        vec![sort(0, true)],
        vec![sort(1, true)],
        vec![sort(1, true), sort(0, true)],
    ];
    for conditions in conditions {
        for sorts in &sorts {
            for limit in [None, Some(30), Some(1_500)] {
                let conditions = conditions.iter().copied().cloned().collect();
                let select = Select { conditions, sorts: sorts.clone(), limit };
                let mut sorted: Vec<&Row> = rows.iter().collect();
                sorted.sort_by(|a, b| a.key.cmp(&b.key));
                let wanted = select.apply(sorted);
                let bodies: Vec<_> = wanted.iter().map(|row| &row.body).collect();
                let found = store.select(VIEW, select.clone()).await.unwrap();
                assert!(found.iter().eq(bodies), "{:?} {:?}", select.sorts, select.limit);
                if limit.is_none() {
                    let counted = store.count(VIEW, select.conditions).await.unwrap();
                    assert_eq!(counted, found.len());
                }
            }
        }
    }
}

/// A query of several trips beside a writer sees whole batches.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn long_queries_see_no_part() {
    const ROWS: u64 = 3000;
    let Some(server) = required(Redis::start()) else { return };
    let store = RedisStore::connect(server.url()).await.unwrap();
    store.open(VIEW).await.unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let mut readers = JoinSet::new();
    for column in [None, Some(0)] {
        let (store, done) = (store.clone(), Arc::clone(&done));
        readers.spawn(async move {
            let mut seen = 0;
            while !done.load(Ordering::Relaxed) {
                let sorts = column.map(|column| sort(column, true)).into_iter().collect();
                let mut numbers = selected(&store, Select { sorts, ..Select::default() }).await;
                assert!(numbers.is_empty() || numbers.len() as u64 == ROWS, "{}", numbers.len());
                numbers.dedup();
                assert!(numbers.len() <= 1, "rows of several batches: {numbers:?}");
                seen += 1;
            }
            seen
        });
    }
    let mut from = None;
    for number in 1..=40 {
        let puts = (0..ROWS).map(|key| row(key, number));
        store.commit(batch(from, number, puts)).await.unwrap();
        from = Some(mark(number));
    }
    done.store(true, Ordering::Relaxed);
    assert!(readers.join_all().await.into_iter().all(|seen: u32| seen > 0));
}

/// Beyond the bound a query is refused with what to do; where an index leaves fewer rows it is answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_looks_at_no_more_rows_than_it_may() {
    let Some(server) = required(Redis::start()) else { return };
    let options = RedisStore::options().rows_per_query(1_000);
    let store = options.connect(server.url()).await.unwrap();
    store.open(VIEW).await.unwrap();
    store.commit(batch(None, 1, (0..1_000).map(|key| row(key, key)))).await.unwrap();
    assert_eq!(all(&store).await.len(), 1_000);
    store.commit(batch(Some(mark(1)), 2, [row("more", 1_000)])).await.unwrap();

    let even = Condition::Any(vec![
        compare(0, Comparison::Eq, Value::Uint(77)),
        compare(1, Comparison::Eq, Value::Text("78".to_owned())),
    ]);
    let too_far = |sorts, limit| Select { conditions: vec![even.clone()], sorts, limit };
    let ordered = vec![sort(0, true)];
    for select in [
        Select::default(),
        too_far(vec![], None),
        too_far(ordered.clone(), Some(20)),
        Select { limit: Some(1_001), ..Select::default() },
    ] {
        let refused = store.select(VIEW, select.clone()).await;
        let Err(error @ ViewError::TooManyRows { limit: 1_000, .. }) = refused else {
            panic!("{select:?}: {refused:?}")
        };
        assert!(error.to_string().contains("more than 1000 rows"), "{error}");
    }
    let counted = store.count(VIEW, vec![even.clone()]).await;
    assert!(matches!(counted, Err(ViewError::TooManyRows { .. })), "{counted:?}");

    assert_eq!(store.count(VIEW, vec![]).await.unwrap(), 1_001);
    let first = Select { limit: Some(1_000), ..Select::default() };
    assert_eq!(store.select(VIEW, first).await.unwrap().len(), 1_000);
    assert_eq!(selected(&store, too_far(ordered.clone(), Some(3))).await, [978, 878, 778]);
    let narrow = compare(1, Comparison::Eq, Value::Text("5".to_owned()));
    let narrow = Select { conditions: vec![narrow, even], sorts: ordered, limit: Some(20) };
    assert!(selected(&store, narrow).await.is_empty());
}

/// A store that only reads is asked like another, and changes nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_only_reads_changes_nothing() {
    let Some(server) = required(Redis::start()) else { return };
    let store = RedisStore::connect(server.url()).await.unwrap();
    let reading = RedisStore::options().read_only().connect(server.url()).await.unwrap();
    let is_refused =
        |error| matches!(error, Err(ViewError::Store { source: StoreError::ReadOnly { .. }, .. }));
    assert!(is_refused(reading.open(VIEW).await));
    store.open(VIEW).await.unwrap();
    store.commit(batch(None, 1, [row("a", 1)])).await.unwrap();
    reading.open(VIEW).await.unwrap();
    assert_eq!(all(&reading).await, [1]);
    assert!(is_refused(reading.commit(batch(Some(mark(1)), 2, [row("a", 2)])).await));
    assert!(is_refused(reading.drop_view(VIEW.id).await));
    assert_eq!((all(&store).await, checkpoint(&store).await), (vec![1], Some(mark(1))));
}

/// Two logs in one server have views of their own, and nothing is left of one that was dropped.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logs_are_apart_and_what_is_dropped_is_gone() {
    let Some(server) = required(Redis::start()) else { return };
    let one = RedisStore::connect(server.url()).await.unwrap();
    let keys = server.ask(&["DBSIZE"]);
    let other = RedisStore::options().log("other").connect(server.url()).await.unwrap();
    for (number, store) in (1..).zip([&one, &other]) {
        store.open(VIEW).await.unwrap();
        let parked = vec![Value::Text("a".to_owned()), Value::Uint(1), Value::Uint(0)];
        let parked =
            RowChanges { puts: vec![Row { values: parked, ..row("a", number) }], deletes: vec![] };
        let mut batch = batch(None, number, [row("a", number)]);
        batch.parked = parked;
        store.commit(batch).await.unwrap();
        store.promote(VIEW.id).await.unwrap();
    }
    assert_eq!((all(&one).await, all(&other).await), (vec![1], vec![2]));
    for store in [&one, &other] {
        store.drop_view(VIEW.id).await.unwrap();
    }
    let left = |answer: String| answer.trim_start_matches(':').parse::<u64>().unwrap();
    // The other log's own key.
    assert_eq!(left(server.ask(&["DBSIZE"])), left(keys) + 1);
}
