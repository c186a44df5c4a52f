use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use factum_core::store::StoreError;
use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::Shared;
use super::fault::Fault;
use super::names::lock;
use super::schema::open_reader;
use super::transaction::{Reading, read};

/// How many reads run at once; others wait.
const READERS: u32 = 4;

/// The connections that read. Each has a page cache of 2 MB, SQLite's default.
#[derive(Debug)]
pub(super) struct Pool {
    file: PathBuf,
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

impl Pool {
    pub(super) fn new(file: &Path) -> Self {
        let permits = Arc::new(Semaphore::new(READERS as usize));
        Self { file: file.to_owned(), idle: Mutex::new(Vec::new()), permits }
    }

    /// Waits for the reads under way, refuses further ones, and closes the connections.
    pub(super) async fn close(&self) {
        // An error says that it is closed already.
        let _all = self.permits.acquire_many(READERS).await;
        self.permits.close();
        lock(&self.idle).clear();
    }

    fn take(&self) -> Result<Connection, Fault> {
        let idle = lock(&self.idle).pop();
        idle.map_or_else(|| open_reader(&self.file), Ok)
    }

    pub(super) fn give_back(&self, conn: Connection) {
        let mut idle = lock(&self.idle);
        if !self.permits.is_closed() {
            idle.push(conn);
        }
    }
}

/// Runs `work` in a read transaction on a thread where it may block.
///
/// # Errors
/// [`StoreError::Closed`] once the store is closed, and what `work` fails with.
pub(super) async fn reading<T: Send + 'static>(
    shared: &Arc<Shared>,
    work: impl Fn(&Reading<'_>) -> Result<T, Fault> + Send + 'static,
) -> Result<T, StoreError> {
    let permits = shared.pool.permits.clone();
    let permit = permits.acquire_owned().await.map_err(|_| StoreError::Closed)?;
    let at_work = shared.clone();
    let done = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        let conn = at_work.pool.take()?;
        let value = read(&conn, &at_work, work)?;
        // One that failed is not used again.
        at_work.pool.give_back(conn);
        Ok(value)
    });
    match done.await {
        Ok(result) => result.map_err(|fault: Fault| fault.into_store(&shared.file)),
        // The runtime is shutting down.
        Err(_) => Err(StoreError::Closed),
    }
}
