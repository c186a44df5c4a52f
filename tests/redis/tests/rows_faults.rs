//! Rows and checkpoint stay together while the server is killed, cut off and filled up.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use factum_core::store::{Durability, Mark, StoreError};
use factum_core::view::{Row, RowBatch, RowStore, ViewError};
use factum_redis_tests::MARK;
use factum_redis_tests::rows::{VIEW, all, batch, checkpoint, mark, row};
use factum_stores::RedisStore;
use factum_test_servers::{Proxy, Redis, RedisSettings, required};

/// How long a test waits for what has to come.
const PATIENCE: Duration = Duration::from_secs(60);
const ROWS: u64 = 50;

/// A batch after which all rows tell its number.
fn whole(from: Option<Mark>, number: u64) -> RowBatch {
    batch(from, number, (0..ROWS).map(|key| row(key, number)))
}

fn source(error: ViewError) -> StoreError {
    match error {
        ViewError::Store { source, .. } => source,
        other => panic!("{other}"),
    }
}

/// All rows are those of the batch that the checkpoint names; the checkpoint.
async fn consistent(rows: &dyn RowStore) -> Option<Mark> {
    let found = checkpoint(rows).await;
    let expected = found.map_or(vec![], |mark| vec![mark.position.number(); ROWS as usize]);
    assert_eq!(all(rows).await, expected);
    found
}

/// The connection is cut between a request and its reply, or before the request got through: the store
/// finds out itself, and the batch is done once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_connection_leaves_a_batch_done_once() {
    let Some(server) = required(Redis::start()) else { return };
    let proxy = Proxy::to(server.port());
    let store = RedisStore::connect(format!("redis://127.0.0.1:{}", proxy.port())).await.unwrap();
    store.open(VIEW).await.unwrap();
    let mut from = None;
    for number in 1..=20 {
        if number % 2 == 0 {
            proxy.cut_reply_to(MARK)
        } else {
            proxy.cut_request_with(MARK)
        }
        let mut batch = whole(from, number);
        // In the request, and gone with the batch.
        batch.rows.deletes.push(MARK.to_owned());
        store.commit(batch).await.unwrap();
        assert!(proxy.has_cut());
        from = Some(mark(number));
        assert_eq!(consistent(&store).await, from);
    }
}

/// No reply comes at all: the error says that nobody knows, and the checkpoint tells.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_replies_the_outcome_is_unknown_and_whole() {
    let Some(server) = required(Redis::start()) else { return };
    let proxy = Proxy::to(server.port());
    let store = RedisStore::connect(format!("redis://127.0.0.1:{}", proxy.port())).await.unwrap();
    store.open(VIEW).await.unwrap();
    let mut from = None;
    for number in 1..=5 {
        // So that there is a connection.
        assert_eq!(consistent(&store).await, from);
        store.commit(RowBatch::new(VIEW, from, mark(100 * number))).await.unwrap();
        from = Some(mark(100 * number));
        store.commit(whole(from, 100 * number + 1)).await.unwrap();
        from = Some(mark(100 * number + 1));
        proxy.cut_replies(true);
        let error = source(store.commit(whole(from, 100 * number + 2)).await.unwrap_err());
        assert!(error.outcome_unknown() && error.is_transient(), "{error}");
        proxy.cut_replies(false);
        // The request came through.
        from = Some(mark(100 * number + 2));
        assert_eq!(patiently(&store).await, from);
    }
}

/// The checkpoint, once the store is there again.
async fn patiently(store: &RedisStore) -> Option<Mark> {
    let begun = Instant::now();
    while let Err(error) = store.slices(VIEW).await {
        assert!(source(error).is_transient() && begun.elapsed() < PATIENCE);
    }
    consistent(store).await
}

/// With `appendfsync always`, killing the server between and within batches loses none that was
/// acknowledged, and leaves no part of one that was not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_keeps_rows_and_checkpoint_together() {
    let Some(mut server) = required(Redis::start()) else { return };
    let store = RedisStore::connect(server.url()).await.unwrap();
    store.open(VIEW).await.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let (writing, stopped) = (store.clone(), Arc::clone(&stop));
    let writer = tokio::spawn(async move {
        let (mut from, mut number) = (None, 0);
        while !stopped.load(Ordering::Relaxed) {
            number += 1;
            loop {
                match writing.commit(whole(from, number)).await {
                    Ok(()) => break,
                    // One whose outcome was unknown went through.
                    Err(ViewError::Fenced(fenced)) if fenced.found == Some(mark(number)) => break,
                    Err(error) => assert!(source(error).is_transient()),
                }
            }
            from = Some(mark(number));
        }
        from
    });
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        server.kill();
        server.start_again();
        assert!(patiently_of_another(&server).await.is_some(), "batches were acknowledged");
    }
    stop.store(true, Ordering::Relaxed);
    let acknowledged = writer.await.unwrap();
    assert_eq!(consistent(&store).await, acknowledged);
}

/// What another process sees while the writer goes on: rows of one batch.
async fn patiently_of_another(server: &Redis) -> Option<Mark> {
    let store = RedisStore::connect(server.url()).await.unwrap();
    let mut seen = all(&store).await;
    assert_eq!(seen.len() as u64, ROWS);
    seen.dedup();
    assert_eq!(seen.len(), 1, "rows of several batches: {seen:?}");
    let found = checkpoint(&store).await;
    store.close().await;
    found
}

/// A server without memory left refuses whole batches, by name, and takes them once it has memory.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_server_refuses_whole_batches() {
    let settings = RedisSettings::new().set("maxmemory", "6mb");
    let Some(server) = required(Redis::with(settings)) else { return };
    let store = RedisStore::connect(server.url()).await.unwrap();
    store.open(VIEW).await.unwrap();
    let large = |key: u64, number| Row { body: vec![b'x'; 5_000].into(), ..row(key, number) };
    let (mut from, mut number) = (None, 0);
    let error = loop {
        let puts = (number * 100..number * 100 + 100).map(|key| large(key, number));
        match store.commit(batch(from, number + 1, puts)).await {
            Ok(()) => number += 1,
            Err(error) => break source(error),
        }
        from = Some(mark(number));
    };
    assert!(matches!(error, StoreError::Full { .. }), "{error}");
    assert!(error.to_string().contains("`maxmemory`") && error.is_transient(), "{error}");
    assert_eq!(checkpoint(&store).await, from);
    assert_eq!(store.count(VIEW, vec![]).await.unwrap() as u64, number * 100);
    assert_eq!(server.ask(&["CONFIG", "SET", "maxmemory", "0"]), "+OK");
    store.commit(batch(from, number + 1, [large(u64::MAX, 1)])).await.unwrap();
    assert_eq!(store.count(VIEW, vec![]).await.unwrap() as u64, number * 100 + 1);
}

/// A key of another program in the place of an index: nothing of the batch is written.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_key_refuses_whole_batches() {
    let Some(server) = required(Redis::start()) else { return };
    let store = RedisStore::connect(server.url()).await.unwrap();
    store.open(VIEW).await.unwrap();
    store.commit(whole(None, 1)).await.unwrap();
    let index = "{factum}:v:numbers:1:0:parked:2";
    assert_eq!(server.ask(&["SET", index, "mine"]), "+OK");
    let error = source(store.commit(whole(Some(mark(1)), 2)).await.unwrap_err());
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    assert_eq!(consistent(&store).await, Some(mark(1)));
    assert_eq!(server.ask(&["DEL", index]), ":1");
    store.commit(whole(Some(mark(1)), 2)).await.unwrap();
    assert_eq!(consistent(&store).await, Some(mark(2)));
}

/// A user who may not do all that a batch or a lease needs is told what, and nothing of it is done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_are_told_what_they_lack() {
    let Some(server) = required(Redis::start()) else { return };
    let rights = "on >secret ~{factum}:* -@all +@read +@write +@scripting";
    let user: Vec<&str> = ["ACL", "SETUSER", "ann"].into_iter().chain(rights.split(' ')).collect();
    assert_eq!(server.ask(&user), "+OK");
    let url = server.url().replace("redis://", "redis://ann:secret@");
    let options = RedisStore::options().stated_durability(Durability::Synced);
    let store = options.connect(url).await.unwrap();
    let error = source(store.open(VIEW).await.unwrap_err());
    assert!(error.to_string().contains("`time`"), "{error}");
    assert_eq!(server.ask(&["ACL", "SETUSER", "ann", "+time"]), "+OK");
    store.open(VIEW).await.unwrap();
    store.commit(whole(None, 1)).await.unwrap();
    assert_eq!(server.ask(&["ACL", "SETUSER", "ann", "-zrem"]), "+OK");
    let error = source(store.commit(whole(Some(mark(1)), 2)).await.unwrap_err());
    assert!(error.to_string().contains("ZREM") && !error.is_transient(), "{error}");
    assert_eq!(consistent(&store).await, Some(mark(1)));
}
