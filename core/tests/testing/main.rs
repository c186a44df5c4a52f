//! The test kit: what passes, and what a failure looks like.

mod aggregates;
mod blame;
mod failures;
mod projections;
mod purse;
mod saga_failures;
mod sagas;
mod shop;
