//! The lock file of an app's schema: what breaks, what passes, and what is told.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

mod aggregates;
mod app;
mod boundaries;
mod commands;
mod events;
mod fields;
mod file;
mod kinds;
mod names;
mod nested;
mod pairs;
mod random;
mod report;
mod sagas;
mod samples;
mod snapshots;
mod soundness;
mod tags;
mod values;
mod versions;
mod views;
