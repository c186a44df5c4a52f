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
//!     Again, Breaker, BreakerSettings, Bulkhead, BulkheadSettings, Called, Full, Retry, RetrySettings,
//!     TimeLimit, TimedOut, Verdict,
//! };
//!
//! /// Why a rate was not told.
//! #[derive(Debug)]
//! enum Failure {
//!     Unavailable,
//!     UnknownCurrency,
//!     Late(TimedOut),
//!     Full(Full),
//! }
//!
//! # async fn rate(currency: &str) -> Result<f64, Failure> { Ok(1.07) }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let rates = Breaker::new("rates", BreakerSettings::default())?;
//! let places = Bulkhead::new("rates", BulkheadSettings::default())?;
//! let limit = TimeLimit::new("rates", Duration::from_secs(2));
//! let retry = Retry::new(RetrySettings::default())?.unless_open(&rates);
//!
//! let attempt = || async {
//!     let call = async {
//!         let _place = places.enter().await.map_err(Failure::Full)?;
//!         limit.call(rate("EUR")).await.map_err(Failure::Late)?
//!     };
//!     // A currency that there is not is an answer; that there was no place says nothing of the others.
//!     rates
//!         .call_judged(call, |answer| match answer {
//!             Ok(_) | Err(Failure::UnknownCurrency) => Verdict::Success,
//!             Err(Failure::Full(_)) => Verdict::Ignored,
//!             Err(Failure::Unavailable | Failure::Late(_)) => Verdict::Failure,
//!         })
//!         .await
//! };
//! // To ask for a rate twice does no harm; a payment would need an id that makes it one.
//! let again = |failed: &Called<Failure>| match failed {
//!     Called::Failed(Failure::Unavailable | Failure::Late(_)) => Again::Yes,
//!     _ => Again::No,
//! };
//! match retry.call(attempt, again).await {
//!     Ok(rate) => assert!(rate > 1.0),
//!     Err(Called::Denied(denied)) => println!("not asked: {denied}"),
//!     Err(Called::Failed(failure)) => println!("no rate: {failure:?}"),
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
