//! Boundaries of tags, decided by several processes on one log in a Redis server.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use factum_boundary_tests::{race_for_the_last_seat, rush, states_by_tags, university};
use factum_stores::RedisStore;
use factum_test_servers::{Redis, required};

const ROUNDS: usize = 1000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_gets_the_last_seat() {
    let Some(server) = required(Redis::start()) else { return };
    let (one, other) = (
        RedisStore::connect(server.url()).await.unwrap(),
        RedisStore::connect(server.url()).await.unwrap(),
    );
    race_for_the_last_seat(&[university(one).await, university(other).await], ROUNDS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_course_is_oversold() {
    let Some(server) = required(Redis::start()) else { return };
    let (one, other) = (
        RedisStore::connect(server.url()).await.unwrap(),
        RedisStore::connect(server.url()).await.unwrap(),
    );
    rush(&[university(one).await, university(other).await]).await;
}

#[tokio::test]
async fn states_are_those_of_their_tags() {
    let Some(server) = required(Redis::start()) else { return };
    let store = RedisStore::connect(server.url()).await.unwrap();
    states_by_tags(&university(store).await).await;
}
