//! Consumers in processes of their own, which are killed, paused and stopped while others write.
//!
//! *Problem.* What a killed process leaves behind, and what one does that was asleep for too long, is seen
//! only with real processes on real servers. *Invariant.* A row tells which events it has taken, in which
//! order, and is compared with one that is computed from the log alone. *Shape.* The program of this
//! package is what is killed: see `main.rs`. [`Child`] is a running one, [`Servers`] are the stores,
//! [`Known`] is the log as the test reads it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod depot;
mod known;
mod places;
mod ticks;
mod views;
mod watched;

pub use depot::{Depot, DepotEvent, Load, Lose, work};
pub use known::{Folded, Known};
pub use places::{Kind, Servers, open, start};
pub use ticks::{EVENTS, Lane, Spread, Tick, commits};
pub use views::{GoodsRow, Seen, ShipmentRow};
pub use watched::Watched;

pub use factum_test_servers::Child;

use std::time::Duration;

/// Far more than any wait of a test needs.
pub const LONG: Duration = Duration::from_secs(120);

/// How long a process may be silent before others take its slices: short, so that a test sees it.
pub const LEASE: Duration = Duration::from_millis(800);

/// Into how many slices the view is split that several processes share.
pub const NODE_SLICES: u16 = 8;

/// Whether the tests are to go on for long.
pub fn soak() -> bool {
    std::env::var_os("FACTUM_SOAK").is_some()
}
