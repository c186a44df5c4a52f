//! The store on EventStoreDB keeps the contract, with a server that speaks its protocol.
#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::sync::Arc;

use eventstoredb_test_server::{Faults, Server, Settings};
use factum_core::store::EventStore;
use factum_eventstore::EventStoreDb;
use factum_stores::conformance::{Restore, Subject};
use tempfile::TempDir;

/// A log in a server of its own.
struct OnServer {
    folder: TempDir,
    server: Server,
    store: EventStoreDb,
}

async fn start(folder: &TempDir, port: u16) -> Server {
    let file = Some(folder.path().join("log"));
    Server::start(Settings { port, file, ..Settings::default() }, Faults::default()).await.unwrap()
}

async fn connect(address: SocketAddr) -> EventStoreDb {
    EventStoreDb::connect(format!("esdb://{address}?tls=false")).await.unwrap()
}

async fn on_server() -> OnServer {
    let folder = tempfile::tempdir().unwrap();
    let server = start(&folder, 0).await;
    let store = connect(server.address()).await;
    OnServer { folder, server, store }
}

impl OnServer {
    /// Cuts all connections, and starts the server again at the same address.
    async fn restart(self) -> Self {
        let Self { folder, server, store } = self;
        drop(store);
        let address = server.address();
        server.stop().await;
        let server = start(&folder, address.port()).await;
        Self { folder, server, store: connect(address).await }
    }
}

impl Subject for OnServer {
    fn store(&self) -> Arc<dyn EventStore> {
        Arc::new(self.store.clone())
    }

    async fn reopen(self) -> Option<Self> {
        self.store.close().await;
        let store = connect(self.server.address()).await;
        Some(Self { store, ..self })
    }

    async fn crash(self) -> Option<Self> {
        Some(self.restart().await)
    }

    async fn reader(&self) -> Option<Arc<dyn EventStore>> {
        Some(Arc::new(connect(self.server.address()).await))
    }

    async fn back_up(&self) -> Option<Restore<Self>> {
        let copied = std::fs::read(self.folder.path().join("log")).unwrap();
        Some(Box::new(move |log: Self| {
            Box::pin(async move {
                let Self { folder, server, store } = log;
                store.close().await;
                let address = server.address();
                server.stop().await;
                std::fs::write(folder.path().join("log"), copied).unwrap();
                let server = start(&folder, address.port()).await;
                Self { folder, server, store: connect(address).await }
            })
        }))
    }
}

factum_stores::conformance!(on_server);
