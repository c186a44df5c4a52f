//! The documents of an app: what is in them, and that payloads fit the schemas.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod app;
mod asyncapi;
mod checker;
mod forms;
mod goldens;
mod model;
mod schemas;
mod tags;
