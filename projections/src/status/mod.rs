//! How consumers of the log are, for people, dashboards and orchestrators.
//!
//! *Problem.* A consumer that is behind, stuck or dead looks like one that has nothing to do.
//! *Invariant.* What cannot be told is told as unknown, never as zero. Asking costs the consumers
//! nothing, and is answered while stores hang. *Shape.* Consumers count as they commit; a [`Monitor`]
//! makes a plain [`ConsumerStatus`] of that, compared with the [`LogEnd`]; [`Health`] judges it.

mod consumer;
mod end;
mod health;
mod rate;
mod show;

pub(crate) use consumer::reached;
pub use consumer::{
    ConsumerKind, ConsumerStatus, Life, Monitor, Place, RebuildStatus, SliceOwner, SliceStatus,
    SliceWork,
};
pub use end::LogEnd;
pub use health::{Health, HealthBounds, HealthCheck};
pub(crate) use rate::Rate;
