//! An outage of a store that ends by itself is waited out.

use std::time::{Duration, Instant};

use factum_core::store::{BoxFuture, StoreError};

/// For how long at a time a store may be away, if nothing else is said.
const USUAL: Duration = Duration::from_secs(60);
/// How long the first pause is; each one after it is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
/// No pause is longer, so that a store that is back is soon noticed.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// For how long at a time a store may be away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Patience(pub(super) Duration);

impl Default for Patience {
    fn default() -> Self {
        Self(USUAL)
    }
}

impl Patience {
    /// Calls again, after longer and longer pauses, until it is over: while the error is one that may
    /// pass. Where the outcome of an append is unknown, its keys tell whether it is stored already.
    pub(super) async fn call<'a, T>(
        self,
        call: impl Fn() -> BoxFuture<'a, Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let (begun, mut pause) = (Instant::now(), FIRST_PAUSE);
        loop {
            let error = match call().await {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            let left = self.0.saturating_sub(begun.elapsed());
            if left.is_zero() || !error.is_transient() {
                return Err(error);
            }
            tokio::time::sleep(pause.min(left)).await;
            pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
        }
    }
}
