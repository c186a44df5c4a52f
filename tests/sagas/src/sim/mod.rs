//! Simulated lives of processes that run sagas.
//!
//! *Problem.* What a crash, a lost answer or a conflict does to a saga between any two of its steps is
//! seen in production first. *Invariant.* What happens is drawn from a seed, the time is simulated, and
//! all runs in one thread: the same seed has the same history. *Shape.* A [`Plan`] says what clients
//! want and how the processes end; a [`World`] outlives them; [`simulate`] runs the plan until nothing
//! goes on by itself any more, and checks what is in the log and at the provider of payments.

mod check;
mod client;
mod history;
mod life;
mod plan;
mod rows;
mod run;
mod seeds;
mod store;
mod time;
mod world;

pub use check::check;
pub use client::{Client, Wish};
pub use history::History;
pub use life::{Death, Life, Side};
pub use plan::{Care, Ending, Plan};
pub use rows::MortalRows;
pub use run::{Cared, Lived, simulate};
pub use seeds::each_seed;
pub use store::MortalStore;
pub use time::{SimClock, SimIds};
pub use world::{Place, World};
