//! What a call was worth to a breaker.

use std::time::Duration;

/// What the outcome of a call means to a [`Breaker`](crate::Breaker).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The other side did its work, be the answer welcome or not.
    Success,
    /// The other side did not do its work.
    Failure,
    /// The outcome says nothing about the other side; the permit comes back.
    Ignored,
    /// The other side asks to be left alone, for this long or for what the settings say: the breaker
    /// opens at once. Such an answer counts as a failure.
    Open(Option<Duration>),
}

impl Verdict {
    /// The verdict that [`Breaker::call`](crate::Breaker::call) passes: an error is a failure.
    pub fn of<T, E>(result: &Result<T, E>) -> Self {
        if result.is_ok() { Self::Success } else { Self::Failure }
    }
}
