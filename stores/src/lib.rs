//! Event stores.

/// What backends in packages of their own share with those here. Not for anybody else.
#[cfg(feature = "backend")]
#[doc(hidden)]
pub mod backend;
#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(feature = "conformance")]
pub mod conformance_rows;
pub mod copy;
#[cfg(any(feature = "backend", feature = "redis"))]
mod digest;
#[cfg(feature = "faulty")]
pub mod faulty;
#[cfg(feature = "conformance")]
pub mod gated;
#[cfg(feature = "guarded")]
pub mod guarded;
pub mod memory;
#[cfg(any(feature = "postgres", feature = "redis"))]
mod own;
#[cfg(any(feature = "backend", feature = "postgres", feature = "redis"))]
mod partly;
#[cfg(feature = "redis")]
mod plain;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod recorded;
#[cfg(feature = "redis")]
pub mod redis;
mod repeat;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod rows;
#[cfg(feature = "sqlite")]
pub mod sqlite;

pub use copy::copy;
pub use memory::{MemoryRowStore, MemoryStore};
#[cfg(feature = "postgres")]
pub use postgres::PostgresStore;
#[cfg(feature = "redis")]
pub use redis::RedisStore;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;
