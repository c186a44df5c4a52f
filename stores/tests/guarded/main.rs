//! What a guard does for a store, seen from both of its sides.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod appends;
mod breakers;
mod common;
mod full;
mod last_known;
mod limits;
mod settings;
mod tails;
