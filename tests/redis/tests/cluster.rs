//! A log in a cluster is in one slot: the store goes on to the node that has it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::time::{Duration, Instant};

use factum_core::store::{EventStore, Expected, Query};
use factum_core::view::RowStore;
use factum_redis_tests::rows::{VIEW, all, batch, checkpoint, mark, row};
use factum_redis_tests::{accepted, one, read};
use factum_stores::RedisStore;
use factum_test_servers::{Missing, Redis, RedisSettings, free_port, required};

fn node() -> Result<Redis, Missing> {
    let bus = free_port().to_string();
    Redis::with(RedisSettings::new().set("cluster-enabled", "yes").set("cluster-port", &bus))
}

/// A cluster of two, each with half of the slots.
fn cluster() -> Result<[Redis; 2], Missing> {
    let nodes = [node()?, node()?];
    let [low, high] = &nodes;
    assert_eq!(low.ask(&["CLUSTER", "ADDSLOTSRANGE", "0", "8191"]), "+OK");
    assert_eq!(high.ask(&["CLUSTER", "ADDSLOTSRANGE", "8192", "16383"]), "+OK");
    let bus = low.setting("cluster-port");
    let port = low.port().to_string();
    assert_eq!(high.ask(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus]), "+OK");
    let begun = Instant::now();
    // One key in each half.
    while nodes.iter().any(|node| ["a", "b"].iter().any(|key| is_down(node, key))) {
        assert!(begun.elapsed() < Duration::from_secs(60), "the cluster does not come up");
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(nodes)
}

fn is_down(node: &Redis, key: &str) -> bool {
    node.ask(&["EXISTS", key]).starts_with("-CLUSTERDOWN")
}

/// Whichever node is named, all processes come to the one log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_node_leads_to_the_log() {
    let Some(nodes) = required(cluster()) else { return };
    let mut logs = Vec::new();
    for (round, node) in nodes.iter().enumerate() {
        let store = RedisStore::connect(node.url()).await.unwrap();
        let receipt = accepted(&store, one("a", Expected::Any)).await;
        assert_eq!(receipt.writes[0].first, round as u64);
        assert_eq!(read(&store, &Query::All).await.len(), round + 1);
        logs.push(store.head().await.unwrap().log);
        store.close().await;
    }
    assert_eq!(logs[0], logs[1]);
}

/// Views are where their log is, whichever node is named.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_node_leads_to_the_rows() {
    let Some(nodes) = required(cluster()) else { return };
    let mut from = None;
    for (number, node) in (1..).zip(&nodes) {
        let store = RedisStore::connect(node.url()).await.unwrap();
        store.open(VIEW).await.unwrap();
        assert_eq!(checkpoint(&store).await, from);
        store.commit(batch(from, number, [row("a", number)])).await.unwrap();
        from = Some(mark(number));
        assert_eq!(
            store.load(VIEW, vec!["a".to_owned()]).await.unwrap(),
            [Some(row("a", number).body)]
        );
        assert_eq!(all(&store).await, [number]);
        store.close().await;
    }
}
