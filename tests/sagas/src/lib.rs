//! The domains that the tests of sagas share.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_debug_implementations,
    missing_docs,
    reason = "test code"
)]

pub mod bank;
pub mod shop;
pub mod sim;
