//! The test kit: what passes, and what a failure looks like.

mod aggregates;
mod failures;
mod projections;
mod purse;
