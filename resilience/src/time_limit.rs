//! So long and no longer.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// Ends calls that take too long.
///
/// A call that was ended may have had its effect all the same: only what is idempotent should be tried
/// again.
///
/// ```
/// # use factum_resilience::TimeLimit;
/// # use std::time::Duration;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let lookup = TimeLimit::new("lookup", Duration::from_millis(5));
/// assert_eq!(lookup.call(async { 7 }).await, Ok(7));
/// let late = lookup.call(std::future::pending::<()>()).await.unwrap_err();
/// assert_eq!(late.to_string(), "lookup did not answer within 5ms: it may have had its effect");
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TimeLimit {
    name: Arc<str>,
    limit: Duration,
}

/// A call was ended because it took too long. Whether it had its effect is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} did not answer within {limit:?}: it may have had its effect")]
pub struct TimedOut {
    /// What was called.
    pub name: Arc<str>,
    /// How long it had.
    pub limit: Duration,
}

impl TimeLimit {
    /// A limit for calls of this name, which is in its errors.
    pub fn new(name: &str, limit: Duration) -> Self {
        Self { name: name.into(), limit }
    }

    /// Makes a call; cancels it, by dropping it, when the limit is reached.
    ///
    /// # Errors
    /// It took too long.
    pub async fn call<T>(&self, call: impl Future<Output = T>) -> Result<T, TimedOut> {
        let mut call = pin!(call);
        // A timer costs more than a call that is answered at once: it is set for the others.
        let at_once = poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await;
        let result = match at_once {
            Poll::Ready(result) => return Ok(result),
            // In a box, so that the others stay small.
            Poll::Pending => Box::pin(tokio::time::timeout(self.limit, call)).await,
        };
        result.map_err(|_| TimedOut { name: self.name.clone(), limit: self.limit })
    }
}
