//! A server for tests that speaks EventStoreDB's gRPC protocol.
//!
//! *Problem.* An adapter has to be proved against what it talks to, and EventStoreDB is neither
//! small nor everywhere. *Invariant.* What a client sees is what the real server would say, as far
//! as the README names it; it is judged by clients that were not written here. *Shape.* [`model`] is
//! the log and its rules, `services` are the RPCs over it, [`Faults`] make it fail on demand.
#![allow(
    clippy::result_large_err,
    reason = "errors are statuses, as the traits of tonic have them"
)]

mod connection;
mod errors;
mod fault_layer;
mod faults;
mod filter;
mod groups;
pub mod model;
mod persistence;
mod server;
mod services;
mod store;
mod wire;

pub use faults::Faults;
pub use server::{Server, Settings};
