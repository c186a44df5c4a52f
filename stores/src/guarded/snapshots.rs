use std::sync::Arc;

use factum_core::StreamName;
use factum_core::snapshot::{Snapshot, SnapshotStore};
use factum_core::store::{BoxFuture, StoreError};

use super::Shared;
use super::lane::Lost;

/// Snapshots that are loaded as events are read. What is saved goes straight to the store: nobody waits
/// for it, and nothing is lost with it.
#[derive(Debug)]
pub(super) struct Snapshots {
    pub(super) inner: Arc<dyn SnapshotStore>,
    pub(super) shared: Arc<Shared>,
}

impl SnapshotStore for Snapshots {
    fn load(
        &self,
        stream: StreamName,
        shape: u64,
    ) -> BoxFuture<'_, Result<Option<Snapshot>, StoreError>> {
        Box::pin(async move {
            let load = || self.inner.load(stream.clone(), shape);
            self.shared.read.run(load, Lost::Nothing).await
        })
    }

    fn save(&self, snapshot: Snapshot) -> BoxFuture<'_, Result<(), StoreError>> {
        self.inner.save(snapshot)
    }
}
