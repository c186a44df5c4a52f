//! What only the embedded store promises. The contract is tested by the conformance suite.

mod common;
mod crash;
mod damage;
mod index;
mod opening;
mod room;
