//! A circuit breaker, and what belongs beside it.

mod breaker;
mod budget;
mod bulkhead;
mod calling;
mod clock;
mod error;
mod events;
#[cfg(feature = "metrics")]
mod export;
#[cfg(feature = "serde")]
pub mod humane;
#[cfg(feature = "tower")]
mod layer;
mod locked;
mod machine;
mod metrics;
mod permit;
#[cfg(feature = "rate")]
mod rate;
mod registry;
mod retry;
mod rules;
mod settings;
mod state;
mod sync;
mod time_limit;
mod verdict;
mod window;

pub use breaker::Breaker;
pub use budget::RetryBudget;
pub use bulkhead::{Bulkhead, BulkheadSettings, Full, Place};
pub use clock::{Clock, Sleep, TestClock};
pub use error::{Called, Denied};
pub use events::{BreakerEvent, Cause, Change};
#[cfg(feature = "tower")]
pub use layer::{Answer, BreakerLayer, BreakerService};
pub use metrics::{MetricTotals, Metrics};
pub use permit::Permit;
#[cfg(feature = "rate")]
pub use rate::{RateLimited, RateLimiter, RateSettings};
pub use registry::{Registry, UnknownSettings};
pub use retry::{Again, Retry, RetrySettings};
pub use settings::{
    BadSettings, BreakerSettings, Dropped, HalfOpenLimit, OpenWait, SlowCalls, Window,
};
pub use state::State;
pub use time_limit::{TimeLimit, TimedOut};
pub use verdict::Verdict;
