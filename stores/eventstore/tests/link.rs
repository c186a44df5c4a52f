//! A process that has chosen how its TLS is to encrypt. A test of its own, as that is chosen once.

use std::sync::Arc;

use eventstoredb_test_server::{Faults, Server, Settings};
use factum_core::store::EventStore;
use factum_eventstore::EventStoreDb;
use rustls::crypto::{CryptoProvider, ring};

#[tokio::test]
async fn the_users_choice_of_a_crypto_provider_is_kept() {
    ring::default_provider().install_default().unwrap();
    let chosen = Arc::clone(CryptoProvider::get_default().unwrap());
    let server = Server::start(Settings::default(), Faults::default()).await.unwrap();
    let store = EventStoreDb::connect(server.url()).await.unwrap();
    store.head().await.unwrap();
    let encrypted = format!("esdb://{}?defaultDeadline=500", server.address());
    let error = EventStoreDb::connect(encrypted).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    assert!(Arc::ptr_eq(&chosen, CryptoProvider::get_default().unwrap()));
}
