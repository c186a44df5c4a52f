//! A store behind an open gate keeps the contract.

use std::sync::Arc;

use factum_core::store::EventStore;
use factum_stores::MemoryStore;
use factum_stores::gated::Gated;

async fn gated() -> Arc<dyn EventStore> {
    Arc::new(Gated::new(Arc::new(MemoryStore::new())).0)
}

factum_stores::conformance!(gated);
