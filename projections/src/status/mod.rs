//! How consumers of the log are, for people, dashboards and orchestrators.
//!
//! *Problem.* A consumer that is behind, stuck or dead looks like one that has nothing to do.
//! *Invariant.* What cannot be told is told as unknown, never as zero. Asking costs the consumers
//! nothing, and is answered while stores hang. *Shape.* Consumers count as they commit; a [`Monitor`]
//! makes a plain [`ConsumerStatus`] of that, compared with the [`LogEnd`]; [`Health`] judges it. What a
//! monitor of whatever kind needs is here: `Done` counts, `slices` compares and says who works on what,
//! `Life::of` says how it ended.

mod consumer;
mod done;
mod end;
mod health;
mod rate;
mod show;
mod slices;

pub(crate) use consumer::reached;
pub use consumer::{
    ConsumerKind, ConsumerStatus, Life, Monitor, Place, RebuildStatus, SliceOwner, SliceStatus,
    SliceWork,
};
pub(crate) use done::Done;
pub use end::LogEnd;
pub use health::{Health, HealthBounds, HealthCheck};
use rate::Rate;
pub(crate) use slices::{SliceNow, place_of, slices};
