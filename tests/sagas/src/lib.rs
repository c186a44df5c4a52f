//! What the tests of sagas share: domains, a program that they kill, and what they judge it by.

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
pub mod books;
pub mod payments;
pub mod program;
pub mod shop;
pub mod sim;
