//! A log is copied whole, in order and once, or the copy says where it stopped.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]
#![allow(clippy::print_stdout, reason = "how the killed child says how far it is")]

mod common;
mod killed;
mod outages;
mod refused;
mod resumed;
mod whole;
mod wrapped;
