use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use factum_core::StreamName;
use factum_core::snapshot::{Snapshot, SnapshotStore};
use factum_core::store::{BoxFuture, StoreError};

/// The newest snapshot for each stream and shape.
#[derive(Default)]
pub(super) struct MemorySnapshots(Mutex<HashMap<(StreamName, u64), Snapshot>>);

impl MemorySnapshots {
    fn kept(&self) -> MutexGuard<'_, HashMap<(StreamName, u64), Snapshot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SnapshotStore for MemorySnapshots {
    fn load(
        &self,
        stream: StreamName,
        shape: u64,
    ) -> BoxFuture<'_, Result<Option<Snapshot>, StoreError>> {
        Box::pin(async move { Ok(self.kept().get(&(stream, shape)).cloned()) })
    }

    fn save(&self, snapshot: Snapshot) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            let mut kept = self.kept();
            let key = (snapshot.stream.clone(), snapshot.shape);
            if kept.get(&key).is_none_or(|before| before.revision <= snapshot.revision) {
                kept.insert(key, snapshot);
            }
            Ok(())
        })
    }
}

impl fmt::Debug for MemorySnapshots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemorySnapshots").field("kept", &self.kept().len()).finish()
    }
}
