//! The embedded store keeps the contract.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use factum_core::store::EventStore;
use factum_stores::SqliteStore;
use factum_stores::conformance::{Restore, Subject};
use tempfile::TempDir;

/// A log in a folder of its own.
struct OnDisk {
    folder: TempDir,
    store: SqliteStore,
}

async fn on_disk() -> OnDisk {
    OnDisk::open(TempDir::new().unwrap())
}

impl OnDisk {
    fn open(folder: TempDir) -> Self {
        let store = SqliteStore::open(file_in(&folder)).unwrap();
        Self { folder, store }
    }
}

fn file_in(folder: &TempDir) -> PathBuf {
    folder.path().join("log.db")
}

/// A copy of all files as they are.
fn copy(folder: &Path) -> TempDir {
    let copy = TempDir::new().unwrap();
    for file in fs::read_dir(folder).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    copy
}

impl Subject for OnDisk {
    fn store(&self) -> Arc<dyn EventStore> {
        Arc::new(self.store.clone())
    }

    async fn reopen(self) -> Option<Self> {
        self.store.close().await;
        Some(Self::open(self.folder))
    }

    /// What a killed process leaves behind: the files as they are at that moment.
    async fn crash(self) -> Option<Self> {
        Some(Self::open(copy(self.folder.path())))
    }

    async fn reader(&self) -> Option<Arc<dyn EventStore>> {
        let reader = SqliteStore::options().read_only().open(file_in(&self.folder));
        Some(Arc::new(reader.unwrap()))
    }

    /// A copy as SQLite makes it, put in the place of the file as one does beside readers: by name.
    async fn back_up(&self) -> Option<Restore<Self>> {
        let copied = self.folder.path().join("copy.db");
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let conn = rusqlite::Connection::open_with_flags(file_in(&self.folder), flags).unwrap();
        conn.execute("VACUUM INTO ?1", [copied.to_str().unwrap()]).unwrap();
        Some(Box::new(move |log: Self| {
            Box::pin(async move {
                log.store.close().await;
                let file = file_in(&log.folder);
                fs::remove_file(&file).unwrap();
                for beside in ["log.db-wal", "log.db-shm"] {
                    // They are there only if a reader has kept them.
                    let _ = fs::remove_file(file.with_file_name(beside));
                }
                fs::rename(copied, file).unwrap();
                Self::open(log.folder)
            })
        }))
    }
}

factum_stores::conformance!(on_disk);
