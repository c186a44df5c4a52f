//! Event stores.

#[cfg(feature = "conformance")]
pub mod gated;
pub mod memory;

pub use memory::{MemoryRowStore, MemoryStore};
