//! A disk that is full.
#![allow(clippy::unwrap_used)]

use factum_core::store::{Durability, StoreError};
use factum_postgres_tests::{append, one, read_all};
use factum_stores::PostgresStore;
use factum_test_servers::{Postgres, required};

/// Far more appends than fit into what the tables have left of their last pages.
const MANY: usize = 10_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_told_and_passes() {
    let Some(server) = required(Postgres::start_on_a_disk()) else { return };
    let options = PostgresStore::options().durability(Durability::Process).migrate();
    let store = options.connect(&server.url()).await.unwrap();
    let mut stored = 0;
    append(&store, one("a", &["a:1"])).await.unwrap().unwrap();
    stored += 1;

    server.set_full(true);
    let mut refused = None;
    for _ in 0..MANY {
        let commit = one("a", &["a:1"]);
        match append(&store, commit.clone()).await {
            Ok(outcome) => {
                outcome.unwrap();
                stored += 1;
            }
            Err(error) => {
                refused = Some((commit, error));
                break;
            }
        }
    }
    let (commit, error) = refused.unwrap();
    assert!(matches!(error, StoreError::Full { .. }), "{error}");
    assert!(error.to_string().contains("53100"), "{error}");
    assert!(!error.outcome_unknown(), "nothing of it was stored, for certain");
    assert_eq!(read_all(&store).await.len(), stored, "what is there can be read");

    server.set_full(false);
    assert!(!append(&store, commit).await.unwrap().unwrap().repeated);
    assert_eq!(read_all(&store).await.len(), stored + 1);
    store.close().await;
}
