//! A circuit breaker, and what belongs beside it.

mod breaker;
mod calling;
mod clock;
mod error;
mod events;
#[cfg(feature = "serde")]
mod humane;
mod locked;
mod machine;
mod metrics;
mod permit;
mod registry;
mod rules;
mod settings;
mod state;
mod sync;
mod verdict;
mod window;

pub use breaker::Breaker;
pub use clock::{Clock, Sleep, TestClock};
pub use error::{Called, Denied};
pub use events::{BreakerEvent, Cause, Change};
pub use metrics::{MetricTotals, Metrics};
pub use permit::Permit;
pub use registry::{Registry, UnknownSettings};
pub use settings::{
    BadSettings, BreakerSettings, Dropped, HalfOpenLimit, OpenWait, SlowCalls, Window,
};
pub use state::State;
pub use verdict::Verdict;
