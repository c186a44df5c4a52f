//! A saga on each store that needs a server, with a restart of the app amid its payments.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use eventstoredb_test_server::{Faults, Server, Settings};
use factum::App;
use factum::store::EventStore;
use factum::stores::{PostgresStore, SqliteStore};
use factum_saga_tests::payments::{start, through_a_restart, with_payments};
use factum_test_servers::{Postgres, Redis, required};

#[tokio::test(flavor = "multi_thread")]
async fn payments_are_made_on_postgres() {
    let Some(server) = required(Postgres::start_with(&[])) else { return };
    PostgresStore::migrate(&server.url()).await.unwrap();
    through_a_restart(async || start(&server.url()).await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_are_made_on_redis() {
    let Some(server) = required(Redis::start()) else { return };
    through_a_restart(async || start(&server.url()).await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_are_made_on_eventstoredb_with_timers_in_a_file() {
    let server = Server::start(Settings::default(), Faults::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = SqliteStore::open(folder.path().join("views.db")).unwrap();
    through_a_restart(async || {
        let app = App::connect(&server.url()).await.unwrap().views_in(file.rows().unwrap());
        with_payments(app, |_| ()).start().await.unwrap()
    })
    .await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_on_eventstoredb_without_a_place_for_timers_does_not_start() {
    let server = Server::start(Settings::default(), Faults::default()).await.unwrap();
    let app = with_payments(App::connect(&server.url()).await.unwrap(), |_| ());
    let error = app.start().await.unwrap_err().to_string();
    let wanted = "saga payment needs a place for its timers and for how far it has heard, as the ";
    assert!(
        error.starts_with(wanted) && error.ends_with("name one, with `.views_in(…)`"),
        "{error}"
    );
    server.stop().await;
}
