//! The event-sourced CQRS framework for Rust.

pub use factum_core as core;
