//! The Redis store keeps the contract.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use factum_core::store::EventStore;
use factum_stores::RedisStore;
use factum_stores::conformance::{Restore, Subject};
use factum_test_servers::{Redis, required};

/// A log in a server of its own.
struct InServer {
    server: Arc<Mutex<Redis>>,
    store: RedisStore,
}

async fn in_server() -> InServer {
    let Some(server) = required(Redis::start()) else {
        // Nothing has failed, and there is nothing more to see.
        std::process::exit(0);
    };
    InServer::open(Arc::new(Mutex::new(server))).await
}

impl InServer {
    async fn open(server: Arc<Mutex<Redis>>) -> Self {
        let url = server.lock().unwrap().url();
        Self { server, store: RedisStore::connect(url).await.unwrap() }
    }
}

impl Subject for InServer {
    fn store(&self) -> Arc<dyn EventStore> {
        Arc::new(self.store.clone())
    }

    async fn reopen(self) -> Option<Self> {
        self.store.close().await;
        Some(Self::open(self.server).await)
    }

    /// The server is killed, and the process with it.
    async fn crash(self) -> Option<Self> {
        drop(self.store);
        self.server.lock().unwrap().start_again();
        Some(Self::open(self.server).await)
    }

    async fn reader(&self) -> Option<Arc<dyn EventStore>> {
        let url = self.server.lock().unwrap().url();
        Some(Arc::new(RedisStore::connect(url).await.unwrap()))
    }

    async fn back_up(&self) -> Option<Restore<Self>> {
        let copied = self.server.lock().unwrap().copy();
        Some(Box::new(move |log: Self| {
            Box::pin(async move {
                log.store.close().await;
                log.server.lock().unwrap().restore(copied.path());
                Self::open(log.server).await
            })
        }))
    }
}

factum_stores::conformance!(in_server);
