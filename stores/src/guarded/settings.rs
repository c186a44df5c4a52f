use std::sync::Arc;
use std::time::Duration;

use factum_resilience::{BadSettings, BreakerSettings, OpenWait, Window};

use super::Fallback;

/// How a store is guarded. What is left out has a default that suits the backend; with the feature
/// `serde` it is read from configuration, durations as `30s` or `250ms`:
///
/// ```toml
/// [guard.append]
/// time_limit = "2s"
/// tries = 5
/// [guard.read.breaker]
/// failure_rate = 0.3
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
    /// Tails. The time limit is that for the first answer; `concurrent` and `tries` say nothing: there
    /// may be any number, and they are tried for ever.
    pub tail: Operation,
    /// Where calls wait while a breaker is open. None, so they fail at once.
    pub queue: Option<Waiting>,
    /// How many events are kept for [`Guarded::last_known`](super::Guarded::last_known): 10,000. Only
    /// what is read there is kept.
    pub remembered_events: usize,
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
            remembered_events: 10_000,
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
    /// How many calls may be under way: 4,096 with a server, 65,536 in the process.
    pub concurrent: Option<usize>,
    /// How long further ones wait for their turn: as long as one try may take.
    #[cfg_attr(feature = "serde", serde(with = "factum_resilience::humane::option"))]
    pub wait: Option<Duration>,
    /// How often a call is tried, at the least once: 4 times with a server, once in memory, twice in a
    /// file.
    pub tries: Option<u32>,
    /// How long it waits before the second try, with a jitter of up to as much: 20 ms. Each further
    /// time it waits twice as long.
    #[cfg_attr(feature = "serde", serde(with = "factum_resilience::humane::option"))]
    pub pause: Option<Duration>,
    /// The longest that it waits: 1 s.
    #[cfg_attr(feature = "serde", serde(with = "factum_resilience::humane::option"))]
    pub longest_pause: Option<Duration>,
    /// How many retries there may be for a hundred calls, over a while: 20.
    pub retry_percent: Option<u32>,
    /// When the breaker opens: when half of the calls of the last 3 s failed, if there were at least 5.
    /// So a connection that is cut under load does not open it, and a store that is gone does. It stays
    /// open for 1 s at first, and 30 s at the most.
    pub breaker: Option<BreakerSettings>,
}

/// A setting of a guard that makes no sense.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{operation}.{problem}")]
pub struct BadGuard {
    /// Of which operation.
    pub operation: &'static str,
    /// Which one, and why.
    pub problem: BadSettings,
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

/// What an operation comes to on a backend, its breaker aside.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) time: Duration,
    pub(super) concurrent: usize,
    pub(super) wait: Duration,
    pub(super) tries: u32,
    pub(super) pause: Duration,
    pub(super) longest_pause: Duration,
    pub(super) retry_percent: u32,
}

/// What a guard comes to on a backend.
pub(super) struct Resolved {
    pub(super) append: (Limits, BreakerSettings),
    pub(super) read: (Limits, BreakerSettings),
    pub(super) tail: (Limits, BreakerSettings),
}

impl Guard {
    /// These settings, and for what is left out the defaults of the backend.
    pub(super) fn for_backend(&self, backend: &str) -> Result<Resolved, BadGuard> {
        let usual = Limits::of(backend);
        let over = |operation, settings: &Operation| {
            settings.over(usual).map_err(|problem| BadGuard { operation, problem })
        };
        Ok(Resolved {
            append: over("append", &self.append)?,
            read: over("read", &self.read)?,
            tail: over("tail", &self.tail)?,
        })
    }
}

impl Limits {
    fn of(backend: &str) -> Self {
        let server = Self {
            time: Duration::from_secs(5),
            concurrent: 4096,
            wait: Duration::from_secs(5),
            tries: 4,
            pause: Duration::from_millis(20),
            longest_pause: Duration::from_secs(1),
            retry_percent: 20,
        };
        let time = Duration::from_secs(30);
        let here = Self { time, wait: time, concurrent: 65_536, ..server };
        match backend {
            "memory" => Self { tries: 1, ..here },
            "sqlite" => Self { tries: 2, ..here },
            _ => server,
        }
    }
}

impl Operation {
    fn over(&self, usual: Limits) -> Result<(Limits, BreakerSettings), BadSettings> {
        let time = self.time_limit.unwrap_or(usual.time);
        let limits = Limits {
            time,
            concurrent: self.concurrent.unwrap_or(usual.concurrent),
            wait: self.wait.or(self.time_limit).unwrap_or(usual.wait),
            tries: self.tries.unwrap_or(usual.tries),
            pause: self.pause.unwrap_or(usual.pause),
            longest_pause: self.longest_pause.unwrap_or(usual.longest_pause),
            retry_percent: self.retry_percent.unwrap_or(usual.retry_percent),
        };
        limits.check()?;
        let breaker = self.breaker.clone().unwrap_or_else(usual_breaker);
        breaker.check()?;
        Ok((limits, breaker))
    }
}

impl Limits {
    fn check(&self) -> Result<(), BadSettings> {
        let positive = [
            ("tries", self.tries == 0),
            ("concurrent", self.concurrent == 0),
            ("time_limit", self.time.is_zero()),
        ];
        match positive.into_iter().find(|(_, zero)| *zero) {
            Some((setting, _)) => {
                let (found, wanted) = ("0".to_owned(), "it must be more");
                Err(BadSettings { setting, found, wanted })
            }
            None => Ok(()),
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
