//! Event stores.

#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(feature = "conformance")]
pub mod conformance_rows;
pub mod copy;
#[cfg(feature = "conformance")]
pub mod gated;
pub mod memory;
#[cfg(feature = "sqlite")]
pub mod sqlite;

pub use copy::copy;
pub use memory::{MemoryRowStore, MemoryStore};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;
