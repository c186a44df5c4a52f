//! The PostgreSQL store keeps the contract.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used)]

use std::sync::{Arc, Mutex};

use factum_core::store::{Durability, EventStore};
use factum_stores::PostgresStore;
use factum_stores::conformance::{Restore, Subject};
use factum_test_servers::{Postgres, required};

/// A log on a server of its own.
struct OnServer {
    store: PostgresStore,
    server: Arc<Mutex<Postgres>>,
}

async fn open(server: &Mutex<Postgres>) -> PostgresStore {
    let url = server.lock().unwrap().url();
    let options = PostgresStore::options().durability(Durability::Process);
    options.migrate().connect(&url).await.unwrap()
}

impl OnServer {
    async fn on(server: Arc<Mutex<Postgres>>) -> Self {
        Self { store: open(&server).await, server }
    }
}

async fn on_server() -> OnServer {
    let Some(server) = required(Postgres::start()) else { std::process::exit(0) };
    OnServer::on(Arc::new(Mutex::new(server))).await
}

impl Subject for OnServer {
    fn store(&self) -> Arc<dyn EventStore> {
        Arc::new(self.store.clone())
    }

    async fn reopen(self) -> Option<Self> {
        self.store.close().await;
        Some(Self::on(self.server).await)
    }

    /// The server is killed, too.
    async fn crash(self) -> Option<Self> {
        let Self { store, server } = self;
        drop(store);
        {
            let mut server = server.lock().unwrap();
            server.kill();
            server.restart();
        }
        Some(Self::on(server).await)
    }

    async fn reader(&self) -> Option<Arc<dyn EventStore>> {
        Some(Arc::new(open(&self.server).await))
    }

    /// A copy of all of the server's data.
    async fn back_up(&self) -> Option<Restore<Self>> {
        let copied = self.server.lock().unwrap().back_up();
        Some(Box::new(move |log: Self| {
            Box::pin(async move {
                log.store.close().await;
                log.server.lock().unwrap().restore(&copied);
                Self::on(log.server).await
            })
        }))
    }
}

factum_stores::conformance!(on_server);
