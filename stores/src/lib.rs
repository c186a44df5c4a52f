//! Event stores.

#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(feature = "conformance")]
pub mod conformance_rows;
#[cfg(feature = "conformance")]
pub mod gated;
pub mod memory;
#[cfg(feature = "sqlite")]
pub mod sqlite;

pub use memory::{MemoryRowStore, MemoryStore};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;
