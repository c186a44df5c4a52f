//! Servers for tests.
//!
//! *Problem.* A test against a shared server sees what others do, and cannot kill it. *Invariant.* Each
//! server is the test's own: a free port of the loopback, a temporary folder, and gone with the value
//! that stands for it. Only processes that were started here are ever stopped, by their id. *Shape.*
//! One module for each kind of server; [`Missing`] says what is not installed. [`Child`] is a program of
//! the tests' own.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod child;
mod full_disk;
mod missing;
mod postgres;
mod process;
mod proxy;
mod redis;

pub use child::Child;
pub use missing::{Missing, required};
pub use postgres::Postgres;
pub use process::{Process, free_port};
pub use proxy::Proxy;
pub use redis::{Redis, RedisSettings, Sentinel};
