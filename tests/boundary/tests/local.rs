//! Races on the stores that need no server.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use factum::stores::{MemoryStore, SqliteStore};
use factum_boundary_tests::{race_for_the_last_seat, rush, states_by_tags, university};

const ROUNDS: usize = 1000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_gets_the_last_seat_in_memory() {
    let store = MemoryStore::new();
    let apps = [university(store.clone()).await, university(store).await];
    race_for_the_last_seat(&apps, ROUNDS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_gets_the_last_seat_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("log.db")).unwrap();
    race_for_the_last_seat(&[university(store.clone()).await], ROUNDS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_course_is_oversold_in_memory() {
    let store = MemoryStore::new();
    rush(&[university(store.clone()).await, university(store).await]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_course_is_oversold_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("log.db")).unwrap();
    rush(&[university(store).await]).await;
}

#[tokio::test]
async fn states_are_those_of_their_tags() {
    states_by_tags(&university(MemoryStore::new()).await).await;
}
