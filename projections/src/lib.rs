//! What consumes the log: projections, with the views that they keep, and subscribers.
//!
//! *Problem.* A read model is only worth having if it is known to be complete up to a position: a
//! skipped event, or one taken twice, is never found again.
//!
//! *Invariant.* Rows and checkpoint change together, or not at all. An event that cannot be taken in is
//! parked in the same commit, and what comes behind it for its rows waits: it is never passed over.
//!
//! *Shape.* A [`Hub`] reads the log once for all. [`Runner::start`] has one projection decode, project
//! and commit what comes, in a task of its own. The rows are kept in memory, or in a
//! [`RowStore`](factum_core::view::RowStore). [`View`] asks for them.
//! A [`Subscriber`] does something outside instead: at least once, and in order.

mod backoff;
mod hub;
mod meter;
pub mod metrics;
mod parking;
mod rows;
mod runner;
pub mod saga;
pub mod status;
mod subscriber;
mod view;

pub use hub::Hub;
pub use parking::ParkedEvent;
pub use runner::{EventProblem, FailedEvent, Placement, ProjectionError, Retried, Runner};
pub use saga::{SagaError, SagaRow, SagaSettings, Sagas};
pub use status::{ConsumerStatus, Health, HealthBounds, LogEnd, Monitor};
pub use subscriber::{
    FailedDelivery, ParkedDeliveries, Subscribe, Subscriber, SubscriberError, SubscriberRunner,
    Subscription, Verdict,
};
pub use view::{Find, Parked, QueryError, Rebuild, Rebuilding, View, Watch};
