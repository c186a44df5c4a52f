//! Apps on EventStoreDB: what the test files need.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::time::Duration;

use eventstoredb_test_server::{Faults, Server, Settings};
use tempfile::TempDir;

/// How long a test waits for what has to come.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A server whose log is in a file.
#[derive(Debug)]
pub struct Place {
    folder: TempDir,
    server: Server,
}

impl Place {
    /// A server on a free port, without events.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = serve(&folder, 0).await;
        Self { folder, server }
    }

    /// What an app connects to. Stays the same.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Cuts all connections, and starts the server again on its file.
    pub async fn restart(self) -> Self {
        let Self { folder, server } = self;
        let port = server.address().port();
        server.stop().await;
        let server = serve(&folder, port).await;
        Self { folder, server }
    }
}

async fn serve(folder: &TempDir, port: u16) -> Server {
    let file = Some(folder.path().join("log"));
    Server::start(Settings { port, file, ..Settings::default() }, Faults::default()).await.unwrap()
}

/// What has to come in time.
pub async fn soon<T>(coming: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, coming).await.expect("it does not come")
}
