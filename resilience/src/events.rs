//! What a breaker tells those who listen.

use std::sync::OnceLock;
use std::time::Duration;

use tokio::sync::broadcast;

use crate::{Denied, State, Verdict};

/// How many events a listener may be behind before it misses the oldest.
const BACKLOG: usize = 256;

/// What happened to a breaker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BreakerEvent {
    /// It went from one state to another.
    Changed(Change),
    /// It refused a call.
    Denied(Denied),
    /// It took the outcome of a call.
    Recorded {
        /// What the call was worth.
        verdict: Verdict,
        /// How long it took, where that is measured: with
        /// [`slow_calls`](crate::BreakerSettings::slow_calls).
        took: Option<Duration>,
        /// Whether that was slow.
        slow: bool,
        /// Whether it came too late to count: it was admitted before the last change.
        stale: bool,
    },
}

/// A change of state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// From what.
    pub from: State,
    /// To what.
    pub to: State,
    /// Why.
    pub cause: Cause,
    /// How many changes there have been.
    pub generation: u64,
}

/// Why a breaker changed its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Too many calls failed.
    FailureRate,
    /// Too many calls were slow.
    SlowCallRate,
    /// A call's outcome asked for it: [`Verdict::Open`].
    Verdict,
    /// The wait was over.
    Waited,
    /// Enough probes did well.
    Probed,
    /// It had been half-open for too long.
    HalfOpenLimit,
    /// Somebody asked for the state.
    Asked,
    /// Somebody reset it.
    Reset,
}

/// The channel to the listeners, made for the first one.
#[derive(Debug, Default)]
pub(crate) struct Listeners(OnceLock<broadcast::Sender<BreakerEvent>>);

impl Listeners {
    pub(crate) fn subscribe(&self) -> broadcast::Receiver<BreakerEvent> {
        self.0.get_or_init(|| broadcast::Sender::new(BACKLOG)).subscribe()
    }

    /// Whether anybody has ever listened.
    #[inline]
    pub(crate) fn any(&self) -> bool {
        self.0.get().is_some()
    }

    /// Tells an event, which is built only if somebody listens.
    pub(crate) fn tell(&self, event: impl FnOnce() -> BreakerEvent) {
        if let Some(channel) = self.0.get().filter(|channel| channel.receiver_count() > 0) {
            // The last listener may have left just now.
            let _ = channel.send(event());
        }
    }
}
