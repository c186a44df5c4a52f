//! What only the embedded store promises. The contract is tested by the conformance suite.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]
#![allow(clippy::print_stdout, reason = "how the killed child says what was acknowledged")]

mod common;
mod crash;
mod damage;
mod groups;
mod index;
mod opening;
mod room;
mod rows;
mod snapshots;
mod tags;
