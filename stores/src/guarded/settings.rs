use std::sync::Arc;
use std::time::Duration;

use factum_resilience::{
    BadSettings, BreakerSettings, BulkheadSettings, OpenWait, RetrySettings, Window,
};

use super::Fallback;

/// How a store is guarded. What is left out has a default that suits the backend. With the feature
/// `serde` (an app's feature `guard` has it) it is read from configuration, durations as `30s` or `250ms`. A `breaker`, `retry` or
/// `bulkhead` that is there replaces the default of the backend whole: what is left out of it is as
/// in [`BreakerSettings`], [`RetrySettings`] or [`BulkheadSettings`].
///
/// ```toml
/// [guard.append]
/// time_limit = "2s"
/// [guard.append.retry]
/// attempts = 5
/// [guard.read.breaker]
/// failure_rate = 0.3
/// window = { time = "3s" }
/// minimum_calls = 5
/// [guard.queue]
/// calls = 1000
/// within = "10s"
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct Guard {
    /// Appends.
    pub append: Operation,
    /// Reads, of events, receipts and snapshots.
    pub read: Operation,
    /// Tails. The time limit is that for the first answer; the bulkhead and the number of attempts say
    /// nothing: there may be any number of tails, and they are tried for ever.
    pub tail: Operation,
    /// Where calls wait while a breaker is open. None, so they fail at once.
    pub queue: Option<Waiting>,
    /// How many bytes of events are kept for [`Guarded::last_known`](super::Guarded::last_known), about:
    /// 16 MiB. Only what is read there is kept.
    pub remembered_bytes: usize,
    /// What answers there before what is kept does: nothing.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub fallback: Option<Arc<dyn Fallback>>,
}

impl Default for Guard {
    fn default() -> Self {
        Self {
            append: Operation::default(),
            read: Operation::default(),
            tail: Operation::default(),
            queue: None,
            remembered_bytes: 16 * 1024 * 1024,
            fallback: None,
        }
    }
}

/// How calls of one kind are guarded.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct Operation {
    /// How long one try may take: 5 s with a server, 30 s in the process.
    #[cfg_attr(feature = "serde", serde(with = "factum_resilience::humane::option"))]
    pub time_limit: Option<Duration>,
    /// How many calls may be under way, and how long further ones wait for a place: 4,096 with a server,
    /// 65,536 in the process, and as long as one try may take.
    pub bulkhead: Option<BulkheadSettings>,
    /// How often a call is tried: 4 times with a server, 20 ms after the first try and 1 s after later
    /// ones at the most; twice with a file; once in memory.
    pub retry: Option<RetrySettings>,
    /// How many retries there may be for each call, over a while: 0.2.
    pub retry_share: Option<f64>,
    /// When the breaker opens: when half of the calls of the last 3 s failed, if there were at least 5.
    /// So a connection that is cut under load does not open it, and a store that is gone does. It stays
    /// open for 1 s at first, and 30 s at the most.
    pub breaker: Option<BreakerSettings>,
}

/// A setting of a guard that makes no sense.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{operation}.{part}{problem}")]
pub struct BadGuard {
    /// Of which operation, or `queue`.
    pub operation: &'static str,
    /// Of which part of it, as its setting begins: `breaker.`, or nothing.
    pub part: &'static str,
    /// Which one, and why.
    pub problem: BadSettings,
}

impl BadGuard {
    /// That of this part.
    pub(super) fn of(operation: &'static str, part: &'static str) -> impl Fn(BadSettings) -> Self {
        move |problem| Self { operation, part, problem }
    }
}

/// A queue for calls while a breaker is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Waiting {
    /// How many may wait; further ones fail at once.
    pub calls: usize,
    /// How long each may wait.
    #[cfg_attr(feature = "serde", serde(with = "factum_resilience::humane"))]
    pub within: Duration,
}

impl Waiting {
    /// A queue in which nobody can wait is a mistake: leave it out.
    pub(super) fn check(&self) -> Result<(), BadGuard> {
        let bad = |setting| {
            let (found, wanted) = ("0".to_owned(), "it must be more, or leave out the queue");
            Err(BadGuard::of("queue", "")(BadSettings { setting, found, wanted }))
        };
        match self {
            Self { calls: 0, .. } => bad("calls"),
            Self { within, .. } if within.is_zero() => bad("within"),
            _ => Ok(()),
        }
    }
}

/// What an operation comes to on a backend.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    pub(super) time: Duration,
    pub(super) bulkhead: BulkheadSettings,
    pub(super) retry: RetrySettings,
    pub(super) retry_share: f64,
    pub(super) breaker: BreakerSettings,
}

impl Limits {
    fn of(backend: &str) -> Self {
        let (here, attempts) = match backend {
            "memory" => (true, 1),
            "sqlite" => (true, 2),
            _ => (false, 4),
        };
        let time = Duration::from_secs(if here { 30 } else { 5 });
        let (first, cap) = (Duration::from_millis(20), Duration::from_secs(1));
        Self {
            time,
            bulkhead: BulkheadSettings { concurrent: if here { 65_536 } else { 4096 }, wait: time },
            retry: RetrySettings { attempts, first, cap, ..RetrySettings::default() },
            retry_share: 0.2,
            breaker: usual_breaker(),
        }
    }
}

fn usual_breaker() -> BreakerSettings {
    let (first, cap) = (Duration::from_secs(1), Duration::from_secs(30));
    BreakerSettings {
        window: Window::Time(Duration::from_secs(3)),
        minimum_calls: 5,
        open_wait: OpenWait { first, cap, ..OpenWait::default() },
        ..BreakerSettings::default()
    }
}

impl Operation {
    /// These settings, and for what is left out the defaults of the backend.
    pub(super) fn on(&self, operation: &'static str, backend: &str) -> Result<Limits, BadGuard> {
        let usual = Limits::of(backend);
        let time = self.time_limit.unwrap_or(usual.time);
        if time.is_zero() {
            let (found, wanted) = ("0s".to_owned(), "it must be longer than nothing");
            let problem = BadSettings { setting: "time_limit", found, wanted };
            return Err(BadGuard::of(operation, "")(problem));
        }
        let bulkhead = BulkheadSettings { wait: time, ..usual.bulkhead };
        Ok(Limits {
            time,
            bulkhead: self.bulkhead.unwrap_or(bulkhead),
            retry: self.retry.unwrap_or(usual.retry),
            retry_share: self.retry_share.unwrap_or(usual.retry_share),
            breaker: self.breaker.clone().unwrap_or(usual.breaker),
        })
    }
}
