//! A breaker that trips in the middle of an append and of a subscription loses and repeats nothing.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use factum_core::store::Durability;
use factum_guarded_tests::trip;
use factum_stores::{MemoryStore, PostgresStore, RedisStore, SqliteStore};
use factum_test_servers::{Postgres, Redis, required};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_memory() {
    for seed in 0..10 {
        trip(Arc::new(MemoryStore::new()), seed, 100).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_file() {
    for seed in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path().join("log.db")).unwrap();
        trip(Arc::new(store), seed, 100).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_redis() {
    let Some(server) = required(Redis::start()) else { return };
    for seed in 0..5 {
        let options = RedisStore::options().log(format!("log{seed}"));
        trip(Arc::new(options.connect(server.url()).await.unwrap()), seed, 100).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgresql() {
    let Some(server) = required(Postgres::start()) else { return };
    for seed in 0..5 {
        let options = PostgresStore::options().migrate().durability(Durability::Process);
        let options = options.log(format!("log{seed}"));
        trip(Arc::new(options.connect(&server.url()).await.unwrap()), seed, 100).await;
    }
}
