//! Servers that are killed, paused or full, and connections that are cut.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use factum_core::store::{Durability, EventStore, Position, Query, Receipt, StoreError, Tailed};
use factum_postgres_tests::{append, append_surely, one, read_all, stand_still};
use factum_stores::PostgresStore;
use factum_stores::postgres::PostgresOptions;
use factum_test_servers::{Postgres, Proxy, required};
use futures_util::StreamExt;

/// A server that keeps what it promises, also when it is killed.
const SAFE: [&str; 2] = ["fsync=on", "full_page_writes=on"];
const LIMIT: Duration = Duration::from_secs(1);

fn options() -> PostgresOptions {
    PostgresStore::options().durability(Durability::Process).migrate()
}

async fn open(server: &Postgres) -> PostgresStore {
    options().connect(&server.url()).await.unwrap()
}

fn url(port: u16) -> String {
    format!("postgres://postgres@127.0.0.1:{port}/postgres")
}

/// Follows the log from the beginning until it has come to the position that is told at the end.
async fn follow(
    store: Arc<PostgresStore>,
    mut end: tokio::sync::watch::Receiver<Option<Position>>,
) -> Vec<(u64, factum_core::Key)> {
    let mut tail = store.tail(Query::All, None);
    let mut seen = Vec::new();
    let mut at = Position::START;
    loop {
        tokio::select! {
            next = tail.next() => match next.unwrap().unwrap() {
                Tailed::Events(events) => for event in events {
                    at = event.at.position;
                    seen.push((at.number(), event.at.key));
                },
                Tailed::Progress(mark) => at = mark.position,
            },
            _ = end.changed() => {}
        }
        if end.borrow().is_some_and(|end| at >= end) {
            return seen;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_killed_server_loses_nothing_and_tails_go_on() {
    let Some(mut server) = required(Postgres::start_with(&SAFE)) else { return };
    let options = PostgresStore::options().migrate();
    let store = Arc::new(options.connect(&server.url()).await.unwrap());
    assert_eq!(store.capabilities().durability, Durability::Synced);
    let (end, told) = tokio::sync::watch::channel(None);
    let tails: Vec<_> =
        (0..3).map(|_| tokio::spawn(follow(Arc::clone(&store), told.clone()))).collect();
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..16)
        .map(|writer| {
            let (store, stop) = (Arc::clone(&store), Arc::clone(&stop));
            tokio::spawn(async move {
                let mut receipts: Vec<Receipt> = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    receipts.push(append_surely(&*store, one(writer, &[])).await);
                }
                receipts
            })
        })
        .collect();
    let kills = if std::env::var_os("FACTUM_SOAK").is_some() { 100 } else { 4 };
    for _ in 0..kills {
        tokio::time::sleep(Duration::from_millis(300)).await;
        server = tokio::task::spawn_blocking(move || {
            server.kill();
            server.restart();
            server
        })
        .await
        .unwrap();
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    stop.store(true, Ordering::Relaxed);
    let mut receipts = Vec::new();
    for writer in writers {
        receipts.extend(writer.await.unwrap());
    }
    let events = read_all(&*store).await;
    let stored: HashSet<_> = events.iter().map(|event| event.at.key).collect();
    assert_eq!(stored.len(), events.len(), "each commit once");
    assert_eq!(receipts.len(), events.len(), "each commit was acknowledged in the end");
    assert!(receipts.iter().all(|receipt| stored.contains(&receipt.key)));
    end.send_replace(events.last().map(|event| event.at.position));
    let wanted: Vec<_> = events.iter().map(|e| (e.at.position.number(), e.at.key)).collect();
    for tail in tails {
        assert_eq!(tail.await.unwrap(), wanted, "a tail misses and repeats nothing");
    }
    store.close().await;
}

/// The request comes through, the reply does not: the outcome is unknown, and trying again finds out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_between_request_and_reply_is_unknown() {
    let Some(server) = required(Postgres::start()) else { return };
    let proxy = Proxy::to(server.port());
    let store = options().connect(&url(proxy.port())).await.unwrap();
    append(&store, one("warm", &[])).await.unwrap().unwrap();
    let mut unknown = 0;
    for round in 0..20 {
        let commit = one(round, &[]);
        proxy.cut_replies(true);
        let cut = append(&store, commit.clone()).await;
        proxy.cut_replies(false);
        match cut {
            Err(error) if error.outcome_unknown() => unknown += 1,
            Err(error) => assert!(error.is_transient(), "{error}"),
            Ok(outcome) => panic!("nothing came back, but {outcome:?}"),
        }
        let receipt = append_surely(&store, commit.clone()).await;
        assert_eq!(receipt.key, commit.key);
    }
    assert_eq!(unknown, 20);
    assert_eq!(read_all(&store).await.len(), 21, "each commit once");
    store.close().await;
}

/// Cuts at any time under load.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn cuts_under_load_store_each_batch_once() {
    let Some(server) = required(Postgres::start()) else { return };
    let proxy = Proxy::to(server.port());
    let store = Arc::new(options().connect(&url(proxy.port())).await.unwrap());
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for _ in 0..60 {
                    append_surely(&*store, one(writer, &[])).await;
                }
            })
        })
        .collect();
    let cutter = tokio::spawn(async move {
        for _ in 0..15 {
            tokio::time::sleep(Duration::from_millis(20)).await;
            proxy.cut();
        }
        proxy
    });
    for writer in writers {
        writer.await.unwrap();
    }
    let _proxy = cutter.await.unwrap();
    let direct = open(&server).await;
    let events = read_all(&direct).await;
    let keys: HashSet<_> = events.iter().map(|event| event.at.key).collect();
    assert_eq!((events.len(), keys.len()), (480, 480));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_server_ends_calls_at_their_limit() {
    let Some(server) = required(Postgres::start()) else { return };
    let store = options().answer_within(LIMIT).connect_within(LIMIT).connect(&server.url()).await;
    let store = store.unwrap();
    let first = one("a", &[]);
    append(&store, first).await.unwrap().unwrap();
    store.head().await.unwrap();
    server.pause();
    let begun = Instant::now();
    let commit = one("b", &[]);
    let (appended, read) = tokio::join!(append(&store, commit.clone()), store.head());
    let took = begun.elapsed();
    assert!(took < LIMIT * 3, "{took:?}");
    let appended = appended.unwrap_err();
    assert!(
        appended.outcome_unknown() && appended.to_string().contains("answer_within"),
        "{appended}"
    );
    let read = read.unwrap_err().to_string();
    assert!(read.contains("answer_within") || read.contains("connect_within"), "{read}");
    // A connection that has to be made first ends at its own limit.
    let error = append(&store, one("c", &[])).await.unwrap_err().to_string();
    assert!(error.contains("connect_within"), "{error}");
    server.resume();
    append_surely(&store, commit).await;
    assert_eq!(
        read_all(&store).await.iter().filter(|event| event.at.stream.id() == "b").count(),
        1
    );
    store.close().await;
}

/// A client that stands still in the middle of an append holds nobody up: it is cut into at each byte
/// of what it sends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_stands_still_holds_nobody_up() {
    let Some(server) = required(Postgres::start()) else { return };
    let store = open(&server).await;
    append(&store, one("a", &[])).await.unwrap().unwrap();
    for kept_back in [0, 1, 4, 5, 6, 10, 15, 40] {
        let _still = stand_still(server.port(), &an_append(), kept_back);
        std::thread::sleep(Duration::from_millis(100));
        let begun = Instant::now();
        append(&store, one("a", &[])).await.unwrap().unwrap();
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(2), "{kept_back} bytes kept back: {took:?}");
    }
    store.close().await;
}

/// An append of one commit.
fn an_append() -> String {
    let key = factum_core::Key::now_v7();
    format!(
        "call factum.append(1, 1, 'x', '{{1}}', array['{key}'::uuid], '{{0}}', '{{f}}', '{{null}}', \
         '{{1}}', '{{1}}', '{{thing-raw}}', '{{1}}', '{{-3}}', '{{1}}', '{{1}}', '{{1}}', \
         array['{key}'::uuid], '{{0}}', '{{null}}', '{{null}}', '{{null}}', '{{null}}', '{{null}}', \
         '{{null}}', '{{thing-raw}}', '{{a.b}}', '{{1}}', \
         '{{null}}', array[''::bytea], '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', \
         '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', null, null, null, null)"
    )
}

/// Another program that holds the log's row: the append ends at its limit, by name.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_of_another_program_ends_at_its_limit() {
    let Some(server) = required(Postgres::start()) else { return };
    let store = options().lock_within(Duration::from_millis(300)).connect(&server.url()).await;
    let store = store.unwrap();
    let (client, connection) =
        tokio_postgres::connect(&server.url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute("begin; select * from factum.logs for update").await.unwrap();
    let commit = one("a", &[]);
    let error = append(&store, commit.clone()).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    assert!(error.to_string().contains("lock_within"), "{error}");
    client.batch_execute("rollback").await.unwrap();
    assert!(!append(&store, commit).await.unwrap().unwrap().repeated);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_stores_share_a_log() {
    let Some(server) = required(Postgres::start()) else { return };
    let mut stores = Vec::new();
    for _ in 0..3 {
        stores.push(Arc::new(open(&server).await));
    }
    let (end, told) = tokio::sync::watch::channel(None);
    let tails: Vec<_> =
        stores.iter().map(|store| tokio::spawn(follow(Arc::clone(store), told.clone()))).collect();
    let writers: Vec<_> = (0..24)
        .map(|writer| {
            let store = Arc::clone(&stores[writer % 3]);
            tokio::spawn(async move {
                for _ in 0..40 {
                    append(&*store, one(writer % 5, &["a:1"])).await.unwrap().unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let events = read_all(&*stores[0]).await;
    assert!(events.iter().map(|event| event.at.position.number()).eq(1..=960));
    end.send_replace(Some(Position::new(960)));
    for tail in tails {
        assert!(tail.await.unwrap().iter().map(|seen| seen.0).eq(1..=960));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn out_of_connections_is_told() {
    let few = [
        "fsync=off",
        "full_page_writes=off",
        "max_connections=4",
        "superuser_reserved_connections=0",
        "max_wal_senders=0",
    ];
    let Some(server) = required(Postgres::start_with(&few)) else { return };
    let mut held = Vec::new();
    options().connect(&server.url()).await.unwrap().close().await;
    while let Ok((client, connection)) =
        tokio_postgres::connect(&server.url(), tokio_postgres::NoTls).await
    {
        held.push((client, tokio::spawn(connection)));
    }
    let error = PostgresStore::connect(&server.url()).await.unwrap_err();
    assert!(matches!(&error, StoreError::Unavailable { .. }) && error.is_transient(), "{error}");
    assert!(error.to_string().contains("53300"), "{error}");
    drop(held);
}

/// Connections do not grow with consumers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_tails_need_six_connections() {
    let Some(server) = required(Postgres::start()) else { return };
    let store = open(&server).await;
    let mut tails: Vec<_> = (0..100).map(|_| store.tail(Query::All, None)).collect();
    append(&store, one("a", &[])).await.unwrap().unwrap();
    for tail in &mut tails {
        while !matches!(tail.next().await, Some(Ok(Tailed::Events(_)))) {}
    }
    let (client, connection) =
        tokio_postgres::connect(&server.url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let sql = "select count(*) from pg_stat_activity where application_name = 'factum'";
    let connections: i64 = client.query_one(sql, &[]).await.unwrap().get(0);
    assert!(connections <= 6, "{connections}");
    store.close().await;
    // The server takes a moment to end its side.
    let begun = Instant::now();
    while client.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) > 0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "close gives them back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
