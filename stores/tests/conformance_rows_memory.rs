//! The row store in memory keeps the contract.

use std::sync::Arc;

use factum_core::view::RowStore;
use factum_stores::MemoryRowStore;
use factum_stores::conformance_rows::RowSubject;

/// What outlives a store that is closed: another handle of the same rows.
struct Kept(MemoryRowStore);

impl RowSubject for Kept {
    fn rows(&self) -> Arc<dyn RowStore> {
        Arc::new(self.0.clone())
    }

    async fn reopen(self) -> Option<Self> {
        Some(self)
    }
}

async fn memory() -> Kept {
    Kept(MemoryRowStore::new())
}

factum_stores::rows_conformance!(memory);
