//! A circuit breaker, and what stands beside it: retries with a budget, a bulkhead, a time limit, a rate
//! limiter. It depends on no other part of factum.
//!
//! *The problem.* A backend that is down or slow takes down who calls it: callers pile up behind calls
//! that will fail, and when the backend comes back they overrun it. A breaker looks at how calls end,
//! stops making them when too many fail or are slow, and lets a few through from time to time to see
//! whether the backend is back. Breakers have a history of getting that wrong where it is hard to see:
//! windows that do not slide, probes that are not counted, a lost probe that leaves the breaker half-open
//! for ever, a late outcome that opens it again.
//!
//! *What holds.* The rates are of exactly the last so many calls, or of those of the last while. A
//! half-open breaker admits as many calls as its settings say, however many ask at once. An outcome
//! counts for the stay in a state that its call was admitted in, and never for a later one. A permit
//! comes back when its call is cancelled or panics, and a probe that never comes back counts as failed
//! when its lease ends. Nothing is allocated for a call, and nothing runs in the background. Time comes
//! from a clock that tests can move.
//!
//! *The shape.* [`Breaker::call`] is all that most callers need; [`Breaker::call_judged`] tells apart what
//! is a failure and what is not; [`Breaker::admit`] is for code whose calls are not one future.
//! [`Breaker::ready`] lets a dispatcher pause while the breaker is open. The others take a call in the
//! same way, so they nest:
//!
//! ```
//! use std::time::Duration;
//!
//! use factum_resilience::{
//!     Again, Breaker, BreakerSettings, Called, Retry, RetrySettings, TimeLimit, Verdict,
//! };
//!
//! # async fn charge(order: u32) -> Result<u32, &'static str> { Ok(order + 1) }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let payments = Breaker::new("payments", BreakerSettings::default())?;
//! let limit = TimeLimit::new("payments", Duration::from_secs(2));
//! let retry = Retry::new(RetrySettings::default())?.unless_open(&payments);
//!
//! let attempt = || async {
//!     // A call that took too long is a failure; a card that was declined is an answer.
//!     let call = limit.call(charge(7));
//!     payments
//!         .call_judged(call, |answer| match answer {
//!             Err(_) | Ok(Err("unavailable")) => Verdict::Failure,
//!             Ok(_) => Verdict::Success,
//!         })
//!         .await
//! };
//! match retry.call(attempt, |_| Again::Yes).await {
//!     Ok(Ok(receipt)) => assert_eq!(receipt, 8),
//!     Ok(Err(answer)) => println!("answered: {answer}"),
//!     Err(Called::Denied(denied)) => println!("not tried: {denied}"),
//!     Err(Called::Failed(late)) => println!("{late}"),
//! }
//! # Ok(()) }
//! ```
//!
//! `docs/resilience.md` has the table of features beside Resilience4j's; `docs/decisions/breaker.md` says
//! why it is built like this.

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
mod wait;
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
