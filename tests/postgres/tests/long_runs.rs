//! Long runs of guarded commits on tables that have no statistics yet, as a copy appends them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use factum_core::store::{Commit, Durability, EventStore, Guard, Query};
use factum_postgres_tests::one;
use factum_stores::PostgresStore;
use factum_test_servers::{Postgres, required};

/// How many commits a run has: as many as one call takes.
const RUN: usize = 512;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_run_of_guarded_commits_does_not_depend_on_statistics() {
    // Statistics would come of themselves after a while.
    let Some(server) = required(Postgres::start_with(&["autovacuum=off"])) else { return };
    let options = PostgresStore::options().durability(Durability::Process).migrate();
    let store = options.connect(&server.url()).await.unwrap();
    for run in 0..4 {
        let after = store.head().await.unwrap().position;
        let guarded =
            |commit: Commit| Commit { guard: Some(Guard { query: Query::All, after }), ..commit };
        let commits =
            (0..RUN).map(|at| guarded(one(format!("{run}-{at}"), &["course:1", "all:1"])));
        let outcomes = store.append(commits.collect()).await.unwrap();
        assert!(outcomes.iter().all(Result::is_ok), "run {run}");
    }
    assert_eq!(store.head().await.unwrap().position.number(), 4 * RUN as u64);
}
