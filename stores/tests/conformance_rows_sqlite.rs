//! The embedded store keeps the contract of row stores.
#![allow(clippy::expect_used)]

use std::sync::Arc;

use factum_core::view::RowStore;
use factum_stores::SqliteStore;
use factum_stores::conformance_rows::RowSubject;
use tempfile::TempDir;

/// A file in a folder of its own.
struct OnDisk {
    store: SqliteStore,
    folder: TempDir,
}

impl OnDisk {
    fn open(folder: TempDir) -> Self {
        let store = SqliteStore::open(folder.path().join("rows.db")).expect("a store");
        Self { store, folder }
    }
}

impl RowSubject for OnDisk {
    fn rows(&self) -> Arc<dyn RowStore> {
        Arc::new(self.store.clone())
    }

    async fn reopen(self) -> Option<Self> {
        self.store.close().await;
        Some(Self::open(self.folder))
    }
}

async fn on_disk() -> OnDisk {
    OnDisk::open(tempfile::tempdir().expect("a folder"))
}

factum_stores::rows_conformance!(on_disk);
