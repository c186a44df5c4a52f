//! The server is killed, paused, cut off, rewound and filled up.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::HashMap;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use factum_core::Key;
use factum_core::store::{
    Direction, EventStore, Expected, Position, Query, Range, Recorded, Refused, StoreError, Tailed,
};
use factum_redis_tests::{MARK, accepted, append, insist, named, one, read};
use factum_stores::RedisStore;
use factum_test_servers::{Proxy, Redis, RedisSettings, required};
use futures_util::StreamExt;
use tokio::task::JoinSet;

/// Follows a store until it has come to a position that comes later.
async fn follow(store: RedisStore, done: tokio::sync::watch::Receiver<u64>) -> Vec<Recorded> {
    let (mut tail, mut seen) = (store.tail(Query::All, None), Vec::new());
    loop {
        match tail.next().await.unwrap().unwrap() {
            Tailed::Events(events) => seen.extend(events),
            Tailed::Progress(mark) => {
                let end = *done.borrow();
                if end > 0 && mark.position >= Position::new(end) {
                    return seen;
                }
            }
        }
    }
}

/// With `appendfsync always`, killing the server under load loses nothing that was acknowledged, and
/// tails go on without a gap or a repeat.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_killed_server_loses_nothing_acknowledged() {
    let Some(mut server) = required(Redis::start()) else { return };
    let store = RedisStore::connect(server.url()).await.unwrap();
    let (done, watch) = tokio::sync::watch::channel(0);
    let tail = tokio::spawn(follow(store.clone(), watch));
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let mut writers = JoinSet::new();
    for writer in 0..16 {
        let (store, stop) = (store.clone(), Arc::clone(&stop));
        writers.spawn(async move {
            let mut acknowledged = Vec::new();
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let receipt = insist(&store, one(writer, Expected::Any)).await;
                acknowledged.push((receipt.key, receipt.mark));
            }
            acknowledged
        });
    }
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(250)).await;
        server.kill();
        tokio::time::sleep(Duration::from_millis(50)).await;
        server.start_again();
    }
    tokio::time::sleep(Duration::from_millis(250)).await;
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let acknowledged: Vec<_> = writers.join_all().await.into_iter().flatten().collect();
    let all = read(&store, &Query::All).await;
    let stored: HashMap<Key, _> = all.iter().map(|e| (e.at.key, e.at.mark())).collect();
    assert_eq!(stored.len(), all.len(), "each commit is there once");
    assert!(acknowledged.len() > 100);
    for (key, mark) in &acknowledged {
        assert_eq!(stored.get(key), Some(mark), "{key} was acknowledged");
    }
    assert_eq!(stored.len(), acknowledged.len(), "all that is there was acknowledged in the end");
    done.send_replace(all.last().unwrap().at.position.number());
    // Woken by one more event, as it may have come to the end before it was told where that is.
    accepted(&store, one("last", Expected::Any)).await;
    let mut seen = tail.await.unwrap();
    seen.truncate(all.len());
    assert!(seen == all, "the tail saw what is there, each once");
}

/// The tail of the server's file is lost while it is down: who has seen it is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_tail_is_noticed() {
    let Some(mut server) = required(Redis::start()) else { return };
    let store = RedisStore::connect(server.url()).await.unwrap();
    let mut marks = Vec::new();
    for _ in 0..10 {
        marks.push(accepted(&store, one("a", Expected::Any)).await.mark);
    }
    let newest = *marks.last().unwrap();
    let mut tail = store.tail(Query::All, None);
    while !matches!(tail.next().await, Some(Ok(Tailed::Progress(mark))) if mark == newest) {}
    server.kill();
    let growing = fs::read_dir(server.files()).unwrap().map(|file| file.unwrap().path());
    let growing = growing.filter(|file| file.to_string_lossy().ends_with(".incr.aof")).max();
    let file = fs::OpenOptions::new().write(true).open(growing.unwrap()).unwrap();
    file.set_len(file.metadata().unwrap().len() - 100).unwrap();
    server.start_again();
    let rewound = loop {
        match tail.next().await.unwrap() {
            Err(StoreError::Rewound(rewound)) => break rewound,
            Ok(Tailed::Progress(mark)) if mark == newest => {}
            other => panic!("a tail that has seen what is lost says so, not {other:?}"),
        }
    };
    assert_eq!((rewound.seen, rewound.found), (newest, marks[8]), "one commit was lost, whole");
    let since = store.read(Query::All, Range::since(newest), Direction::Forward, 10).await;
    assert!(matches!(since, Err(StoreError::Rewound(_))));
    let since = store.read(Query::All, Range::since(marks[8]), Direction::Forward, 10).await;
    assert!(since.unwrap().events.is_empty());
    assert_eq!(accepted(&store, one("a", Expected::Revision(8))).await.writes[0].first, 9);
}

/// The connection is cut between a request and its reply, or before the request got through: the error
/// says that nobody knows, and the same keys find out. Each commit has one effect.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_connection_leaves_each_commit_once() {
    let Some(server) = required(Redis::start()) else { return };
    let proxy = Proxy::to(server.port());
    let url = format!("redis://127.0.0.1:{}", proxy.port());
    let store = RedisStore::connect(url).await.unwrap();
    for round in 0..20_u64 {
        let before = round.checked_sub(1);
        let expected = before.map_or(Expected::NoStream, Expected::Revision);
        let commit = named("a", expected, MARK);
        let reply = round % 2 == 0;
        if reply {
            proxy.cut_reply_to(MARK)
        } else {
            proxy.cut_request_with(MARK)
        }
        let error = append(&store, commit.clone()).await.unwrap_err();
        assert!(error.outcome_unknown(), "{error}");
        assert!(proxy.has_cut());
        let receipt = insist(&store, commit).await;
        assert_eq!((receipt.repeated, receipt.writes[0].first), (reply, round));
    }
    assert_eq!(read(&store, &Query::All).await.len(), 20);
}

/// A server that is stopped but keeps its connections: calls end at the time limit that they name, and
/// work again once it goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_to_a_paused_server_end_in_time() {
    let Some(server) = required(Redis::start()) else { return };
    let limit = Duration::from_millis(300);
    let options = || RedisStore::options().answer_within(limit).connect_within(limit);
    let store = options().connect(server.url()).await.unwrap();
    accepted(&store, one("a", Expected::NoStream)).await;
    server.process().pause();
    let begun = Instant::now();
    let lost = one("a", Expected::Any);
    let (appended, read_, connected) =
        tokio::join!(append(&store, lost.clone()), store.head(), options().connect(server.url()));
    assert!(begun.elapsed() < limit * 5, "{:?}", begun.elapsed());
    let error = appended.unwrap_err();
    assert!(error.outcome_unknown() && error.to_string().contains("`answer_within`"), "{error}");
    let error = read_.unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("_within`"), "{error}");
    let error = connected.unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("`connect_within`"), "{error}");
    // Many more than go into one round.
    let begun = Instant::now();
    let mut many = JoinSet::new();
    for writer in 0..2000 {
        let store = store.clone();
        many.spawn(async move { append(&store, one(writer, Expected::Any)).await });
    }
    assert!(many.join_all().await.iter().all(Result::is_err));
    assert!(begun.elapsed() < limit * 10, "{:?}", begun.elapsed());
    server.process().resume();
    insist(&store, lost).await;
    assert_eq!(accepted(&store, one("a", Expected::Exists)).await.writes[0].first, 2);
}

/// Two stores on one log, each with what it knows of it: no update is lost, and each sees the other's.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_stores_share_a_log() {
    let Some(server) = required(Redis::start()) else { return };
    let (one_, other) = (
        RedisStore::connect(server.url()).await.unwrap(),
        RedisStore::connect(server.url()).await.unwrap(),
    );
    let mut writers = JoinSet::new();
    for store in [&one_, &other] {
        for _ in 0..4 {
            let store = store.clone();
            writers.spawn(async move {
                let (mut won, mut expected) = (0, Expected::NoStream);
                while won < 25 {
                    match append(&store, one("shared", expected)).await.unwrap() {
                        Ok(receipt) => {
                            won += 1;
                            expected = Expected::Revision(receipt.writes[0].last);
                        }
                        Err(Refused::Conflict(factum_core::store::Conflict::Stream {
                            actual: factum_core::store::Actual::Revision(newest),
                            ..
                        })) => expected = Expected::Revision(newest),
                        Err(other) => panic!("{other}"),
                    }
                }
            });
        }
    }
    writers.join_all().await;
    let all = read(&one_, &Query::All).await;
    assert!(all.iter().map(|event| event.at.revision).eq(0..200));
    assert_eq!(read(&other, &Query::All).await, all);
    // News travel between processes.
    let mut tail = other.tail(Query::All, Some(all.last().unwrap().at.mark()));
    let receipt = accepted(&one_, one("news", Expected::NoStream)).await;
    loop {
        match tail.next().await.unwrap().unwrap() {
            Tailed::Events(events) => break assert_eq!(events[0].at.mark(), receipt.mark),
            Tailed::Progress(_) => {}
        }
    }
}

/// A server without memory left refuses whole commits, by name, and takes them once it has memory.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_server_refuses_whole_commits() {
    let settings = RedisSettings::new().set("maxmemory", "4mb");
    let Some(server) = required(Redis::with(settings)) else { return };
    let store = RedisStore::connect(server.url()).await.unwrap();
    let (mut stored, refused) = (0, loop_until_full(&store).await);
    stored += refused.0;
    let error = refused.1;
    assert!(matches!(error, StoreError::Full { .. }) && !error.outcome_unknown(), "{error}");
    assert!(error.to_string().contains("`maxmemory`"), "{error}");
    assert_eq!(read(&store, &Query::All).await.len() as u64, stored);
    assert_eq!(server.ask(&["CONFIG", "SET", "maxmemory", "0"]), "+OK");
    let receipt = accepted(&store, one("a", Expected::Revision(stored - 1))).await;
    assert_eq!(receipt.mark.position, Position::new(stored + 1));
    assert!(read(&store, &Query::All).await.iter().map(|e| e.at.revision).eq(0..=stored));
}

async fn loop_until_full(store: &RedisStore) -> (u64, StoreError) {
    let mut stored = 0;
    loop {
        let run = (0..10).map(|_| {
            let mut commit = one("a", Expected::Any);
            commit.writes[0].events[0].payload = vec![b'x'; 10_000].into();
            commit
        });
        match store.append(run.collect()).await {
            Ok(outcomes) => stored += outcomes.into_iter().filter(Result::is_ok).count() as u64,
            Err(error) => return (stored, error),
        }
    }
}

/// The log is deleted under a live store: nothing is made up, and who has seen it is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_log_is_noticed() {
    let Some(server) = required(Redis::start()) else { return };
    let store = RedisStore::connect(server.url()).await.unwrap();
    let mark = accepted(&store, one("a", Expected::NoStream)).await.mark;
    assert_eq!(server.ask(&["FLUSHALL"]), "+OK");
    assert!(matches!(store.head().await, Err(StoreError::Corrupt { .. })));
    let error = append(&store, one("a", Expected::Any)).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    let since = store.read(Query::All, Range::since(mark), Direction::Forward, 1).await;
    assert!(matches!(since, Err(StoreError::Rewound(_))));
    // Another process makes a new log in its place; this one was not opened on that.
    let new = RedisStore::connect(server.url()).await.unwrap();
    accepted(&new, one("a", Expected::NoStream)).await;
    let error = append(&store, one("a", Expected::Any)).await.unwrap_err();
    assert!(matches!(error, StoreError::Rewound(_)), "{error}");
}
