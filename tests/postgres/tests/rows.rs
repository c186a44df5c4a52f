//! The PostgreSQL store keeps the contract of row stores.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use factum_core::store::Durability;
use factum_core::view::RowStore;
use factum_stores::PostgresStore;
use factum_stores::conformance_rows::RowSubject;
use factum_test_servers::{Postgres, required};

/// Rows on a server of their own.
struct OnServer {
    store: PostgresStore,
    server: Arc<Postgres>,
}

impl OnServer {
    async fn on(server: Arc<Postgres>) -> Self {
        let options = PostgresStore::options().durability(Durability::Process).migrate();
        Self { store: options.connect(&server.url()).await.unwrap(), server }
    }
}

impl RowSubject for OnServer {
    fn rows(&self) -> Arc<dyn RowStore> {
        Arc::new(self.store.clone())
    }

    async fn reopen(self) -> Option<Self> {
        self.store.close().await;
        Some(Self::on(self.server).await)
    }
}

async fn on_server() -> OnServer {
    let Some(server) = required(Postgres::start()) else { std::process::exit(0) };
    OnServer::on(Arc::new(server)).await
}

factum_stores::rows_conformance!(on_server);
