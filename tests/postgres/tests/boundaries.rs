//! Boundaries of tags, decided by several processes on one log in a PostgreSQL server.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use factum_boundary_tests::{race_for_the_last_seat, rush, states_by_tags, university};
use factum_core::store::Durability;
use factum_stores::PostgresStore;
use factum_test_servers::{Postgres, required};

const ROUNDS: usize = 1000;

async fn open(url: &str) -> PostgresStore {
    let options = PostgresStore::options().durability(Durability::Process);
    options.migrate().connect(url).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_gets_the_last_seat() {
    let Some(server) = required(Postgres::start()) else { return };
    let (one, other) = (open(&server.url()).await, open(&server.url()).await);
    race_for_the_last_seat(&[university(one).await, university(other).await], ROUNDS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_course_is_oversold() {
    let Some(server) = required(Postgres::start()) else { return };
    let (one, other) = (open(&server.url()).await, open(&server.url()).await);
    rush(&[university(one).await, university(other).await]).await;
}

#[tokio::test]
async fn states_are_those_of_their_tags() {
    let Some(server) = required(Postgres::start()) else { return };
    let store = open(&server.url()).await;
    states_by_tags(&university(store).await).await;
}
