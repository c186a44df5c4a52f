//! The Redis store keeps the contract of rows.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use factum_core::view::RowStore;
use factum_stores::RedisStore;
use factum_stores::conformance_rows::RowSubject;
use factum_test_servers::{Redis, required};

/// Rows in a server of their own.
struct InServer {
    server: Redis,
    store: RedisStore,
}

async fn in_server() -> InServer {
    let Some(server) = required(Redis::start()) else {
        // Nothing has failed, and there is nothing more to see.
        std::process::exit(0);
    };
    InServer::open(server).await
}

impl InServer {
    async fn open(server: Redis) -> Self {
        let store = RedisStore::connect(server.url()).await.unwrap();
        Self { server, store }
    }
}

impl RowSubject for InServer {
    fn rows(&self) -> Arc<dyn RowStore> {
        Arc::new(self.store.clone())
    }

    async fn reopen(mut self) -> Option<Self> {
        self.store.close().await;
        // Killed, so that what comes back was on the disk.
        self.server.start_again();
        Some(Self::open(self.server).await)
    }
}

factum_stores::rows_conformance!(in_server);
