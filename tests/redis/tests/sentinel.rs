//! A primary that dies, and the replica that takes its place.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::time::Duration;

use factum_core::store::{EventStore, Expected, Query, StoreError};
use factum_redis_tests::{insist, one, read};
use factum_stores::RedisStore;
use factum_test_servers::{Redis, RedisSettings, Sentinel, free_port, required};

/// The store goes on at the server that the sentinel names next, in the same log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failover_is_followed() {
    let settings = RedisSettings::new().set("repl-diskless-sync-delay", "0");
    let Some(mut primary) = required(Redis::with(settings.clone())) else { return };
    let of = format!("127.0.0.1 {}", primary.port());
    let Some(_replica) = required(Redis::with(settings.set("replicaof", &of))) else { return };
    let waiting = RedisStore::options().replicas(1, Duration::from_secs(1));
    let first =
        insist(&waiting.connect(primary.url()).await.unwrap(), one("a", Expected::Any)).await;
    let Some(sentinel) = required(Sentinel::of(&primary, "bank")) else { return };
    // The first of the two is away.
    let hosts = format!("127.0.0.1:{},127.0.0.1:{}", free_port(), sentinel.port());
    let url = |name: &str| format!("redis-sentinel://{hosts}/{name}?db=0");
    let store = RedisStore::connect(url("bank")).await.unwrap();
    assert_eq!(store.head().await.unwrap(), first.mark);
    primary.kill();
    let second = insist(&store, one("a", Expected::Revision(0))).await;
    assert_eq!((second.mark.log, second.writes[0].first), (first.mark.log, 1));
    let keys = read(&store, &Query::All).await.into_iter().map(|event| event.at.key);
    assert!(keys.eq([first.key, second.key]));
    // Who does not know where the primary is says who was asked.
    let error = RedisStore::connect(url("shop")).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    assert!(error.to_string().contains("\"shop\""), "{error}");
}
