//! What a guard does for a store, seen from both of its sides.

mod appends;
mod breakers;
mod common;
mod full;
mod last_known;
mod limits;
mod settings;
mod tails;
