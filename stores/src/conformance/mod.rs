//! The contract of a store as tests, for whoever writes a store or wraps one.
//!
//! *Problem.* A store that skips an event, loses an update or forgets a key looks sound until the day
//! that it matters; reading its code does not show it.
//!
//! *Invariant.* Each rule of the contract (`docs/decisions/store-contract.md`) is a module here, each
//! thing that it demands a named test. A store that passes is one that the framework can rely on.
//! What a backend says it cannot do is tested to be refused by name.
//!
//! *Shape.* Implement [`Subject`], a log that the tests may use up, write an async function that makes
//! a new one, and hand its name to [`conformance!`](crate::conformance!): every test becomes a
//! `#[test]` of your own, so that one failure does not hide the next.
//!
//! ```
//! use std::sync::Arc;
//! use factum_core::store::EventStore;
//! use factum_stores::MemoryStore;
//!
//! // A store that lives and dies with its log needs no more than this.
//! async fn memory() -> Arc<dyn EventStore> {
//!     Arc::new(MemoryStore::new())
//! }
//!
//! factum_stores::conformance!(memory);
//! # fn main() {}
//! ```
//!
//! The tests need no tokio feature of yours and no server but the store's own. They wait for what
//! they expect and never sleep; one that takes longer than [`LIMIT`] has failed.

// A suite fails by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

pub mod atomicity;
pub mod bad_input;
pub mod capabilities;
pub mod conflicts;
pub mod durability;
pub mod idempotence;
pub mod model;
pub mod odd_input;
pub mod order;
pub mod queries;
pub mod races;
pub mod revisions;
pub mod rewind;
pub mod runs;
pub mod snapshots;
pub mod tags;
pub mod tailing;
pub mod views;

mod following;
mod list;
mod making;
mod subject;

use std::future::Future;
use std::time::Duration;

pub use subject::{Restore, Subject};

/// How long one test may take.
pub const LIMIT: Duration = Duration::from_secs(180);

/// Runs one test on a runtime of its own, with four threads, so that what is said to happen at the
/// same time does.
///
/// # Panics
/// If the test fails, or takes longer than [`LIMIT`].
pub fn run(test: impl Future<Output = ()>) {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(4).enable_all().build().expect("a runtime");
    let ended = runtime.block_on(async { tokio::time::timeout(LIMIT, test).await });
    ended.unwrap_or_else(|_| panic!("the test has not ended after {LIMIT:?}"));
}
