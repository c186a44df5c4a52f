//! What consumes the log: projections, and the views that they keep.
//!
//! *Problem.* A read model is only worth having if it is known to be complete up to a position: a
//! skipped event, or one taken twice, is never found again.
//!
//! *Invariant.* Rows and checkpoint change together, or not at all. A projection that meets an event
//! which it cannot take in stops before it, visibly, and never goes round it.
//!
//! *Shape.* A [`Hub`] reads the log once for all. [`Runner::start`] has one projection decode, project
//! and commit what comes, in a task of its own. The rows are kept in memory, or in a
//! [`RowStore`](factum_core::view::RowStore). [`View`] asks for them.

mod backoff;
mod hub;
mod rows;
mod runner;
mod view;

pub use hub::Hub;
pub use runner::{EventProblem, FailedEvent, ProjectionError, Runner};
pub use view::{Find, QueryError, View};
