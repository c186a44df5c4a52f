//! The memory store keeps the contract.

use std::sync::Arc;

use factum_core::store::EventStore;
use factum_stores::MemoryStore;

async fn memory() -> Arc<dyn EventStore> {
    Arc::new(MemoryStore::new())
}

factum_stores::conformance!(memory);
