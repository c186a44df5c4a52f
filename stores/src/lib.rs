//! Event stores.

pub mod memory;

pub use memory::MemoryStore;
