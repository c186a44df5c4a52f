//! What a breaker goes by.

use std::time::Duration;

use crate::State;

/// What a [`Breaker`](crate::Breaker) goes by. With the feature `serde` it is read from configuration,
/// durations as `30s` or `1m 30s`; what is left out has its default.
///
/// ```
/// # use factum_resilience::{BreakerSettings, SlowCalls, Window};
/// # use std::time::Duration;
/// let settings = BreakerSettings {
///     window: Window::Time(Duration::from_secs(10)),
///     slow_calls: Some(SlowCalls { over: Duration::from_millis(200), rate: 0.8 }),
///     ..BreakerSettings::default()
/// };
/// assert!(settings.check().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct BreakerSettings {
    /// Which calls the rates are of: the last 100.
    pub window: Window,
    /// How many calls the window must have before a rate means anything: 20.
    pub minimum_calls: u32,
    /// The share of failures, above 0 and up to 1, at which the breaker opens: 0.5. It opens on a failure,
    /// never on a call that went well.
    pub failure_rate: f64,
    /// At which share of slow calls the breaker opens: none. With it each call reads the clock twice.
    pub slow_calls: Option<SlowCalls>,
    /// How long the breaker stays open.
    pub open_wait: OpenWait,
    /// How many calls go through while it is half-open: 5. All of them must have answered before it
    /// closes; it opens as soon as enough of them have failed.
    pub probes: u32,
    /// How long a probe may take: 60 s. One that has not come back by then counts as failed, its place
    /// is free again, and what it brings later is not looked at.
    #[cfg_attr(feature = "serde", serde(with = "crate::humane"))]
    pub probe_lease: Duration,
    /// The longest that it stays half-open, and where it goes then: without limit.
    pub half_open_limit: Option<HalfOpenLimit>,
    /// What a permit counts as that is dropped without a verdict, as by a cancelled call: ignored. One
    /// that is dropped by a panic is a failure in any case.
    pub dropped: Dropped,
    /// What the breaker starts in: closed. [`State::HalfOpen`] lets a service probe first.
    pub initial: State,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self {
            window: Window::Count(100),
            minimum_calls: 20,
            failure_rate: 0.5,
            slow_calls: None,
            open_wait: OpenWait::default(),
            probes: 5,
            probe_lease: Duration::from_secs(60),
            half_open_limit: None,
            dropped: Dropped::Ignored,
            initial: State::Closed,
        }
    }
}

/// Which calls a rate is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Window {
    /// The last so many.
    Count(u32),
    /// Those of the last while, which moves on in 64ths.
    Time(#[cfg_attr(feature = "serde", serde(with = "crate::humane"))] Duration),
}

/// When calls are slow, and how many may be.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct SlowCalls {
    /// A call that takes this long or longer is slow, whether it succeeds or not.
    #[cfg_attr(feature = "serde", serde(with = "crate::humane"))]
    pub over: Duration,
    /// The share of slow calls, above 0 and up to 1, at which the breaker opens.
    pub rate: f64,
}

/// How long a breaker stays open: longer each time that its probes fail.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct OpenWait {
    /// The first time: 10 s.
    #[cfg_attr(feature = "serde", serde(with = "crate::humane"))]
    pub first: Duration,
    /// By what it grows each further time, at least 1: 2.
    pub factor: f64,
    /// The longest that it grows to: 5 minutes.
    #[cfg_attr(feature = "serde", serde(with = "crate::humane"))]
    pub cap: Duration,
    /// By which share of it the wait is shortened or lengthened at random, below 1: 0.1. It keeps many
    /// processes from probing at the same moment.
    pub jitter: f64,
}

impl Default for OpenWait {
    fn default() -> Self {
        let (first, cap) = (Duration::from_secs(10), Duration::from_secs(300));
        Self { first, factor: 2.0, cap, jitter: 0.1 }
    }
}

impl OpenWait {
    /// Always the same wait.
    pub fn always(wait: Duration) -> Self {
        Self { first: wait, factor: 1.0, cap: wait, jitter: 0.0 }
    }
}

/// The longest that a breaker stays half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct HalfOpenLimit {
    /// How long.
    #[cfg_attr(feature = "serde", serde(with = "crate::humane"))]
    pub after: Duration,
    /// Whether it closes then. Else it opens again.
    pub close: bool,
}

/// What a permit counts as that is dropped without a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Dropped {
    /// As nothing.
    Ignored,
    /// As a failure.
    Failure,
}

/// A setting that makes no sense.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{setting} is {found}: {wanted}")]
pub struct BadSettings {
    /// Which one, by its path.
    pub setting: &'static str,
    /// What it is.
    pub found: String,
    /// What it may be.
    pub wanted: &'static str,
}

impl BadSettings {
    /// Fails unless the setting is as wanted.
    pub(crate) fn unless(
        fine: bool,
        setting: &'static str,
        found: impl ToString,
        wanted: &'static str,
    ) -> Result<(), Self> {
        if fine { Ok(()) } else { Err(Self { setting, found: found.to_string(), wanted }) }
    }

    /// Fails unless some time passes.
    pub(crate) fn unless_long(setting: &'static str, found: Duration) -> Result<(), Self> {
        let found = (!found.is_zero(), format!("{found:?}"));
        Self::unless(found.0, setting, found.1, "it must be longer than nothing")
    }

    fn unless_rate(setting: &'static str, found: f64) -> Result<(), Self> {
        let fine = found > 0.0 && found <= 1.0;
        Self::unless(fine, setting, found, "it must be above 0 and at most 1")
    }
}

/// The most calls that a count window or a half-open breaker may have; a byte a call is kept.
const MOST_CALLS: u32 = 1 << 24;
const COUNT: &str = "it must be from 1 to 16777216";

impl BreakerSettings {
    /// Checks them, as [`Breaker::new`](crate::Breaker::new) does.
    ///
    /// # Errors
    /// The first setting that makes no sense.
    pub fn check(&self) -> Result<(), BadSettings> {
        let counts = 1..=MOST_CALLS;
        match self.window {
            Window::Count(calls) => {
                BadSettings::unless(counts.contains(&calls), "window.count", calls, COUNT)?;
                let fine = (1..=calls).contains(&self.minimum_calls);
                let wanted = "it must be from 1 to the length of the window";
                BadSettings::unless(fine, "minimum_calls", self.minimum_calls, wanted)?;
            }
            Window::Time(span) => {
                let fine = span >= Duration::from_millis(1);
                let found = format!("{span:?}");
                BadSettings::unless(fine, "window.time", found, "it must be at least 1 ms")?;
                let fine = counts.contains(&self.minimum_calls);
                BadSettings::unless(fine, "minimum_calls", self.minimum_calls, COUNT)?;
            }
        }
        BadSettings::unless_rate("failure_rate", self.failure_rate)?;
        if let Some(slow) = self.slow_calls {
            BadSettings::unless_rate("slow_calls.rate", slow.rate)?;
            BadSettings::unless_long("slow_calls.over", slow.over)?;
        }
        BadSettings::unless(counts.contains(&self.probes), "probes", self.probes, COUNT)?;
        BadSettings::unless_long("probe_lease", self.probe_lease)?;
        if let Some(limit) = self.half_open_limit {
            BadSettings::unless_long("half_open_limit.after", limit.after)?;
        }
        self.open_wait.check()
    }
}

impl OpenWait {
    fn check(&self) -> Result<(), BadSettings> {
        BadSettings::unless_long("open_wait.first", self.first)?;
        let fine = self.factor >= 1.0 && self.factor.is_finite();
        BadSettings::unless(fine, "open_wait.factor", self.factor, "it must be at least 1")?;
        let fine = (0.0..1.0).contains(&self.jitter);
        let wanted = "it must be at least 0 and below 1";
        BadSettings::unless(fine, "open_wait.jitter", self.jitter, wanted)?;
        let (fine, found) = (self.cap >= self.first, format!("{:?}", self.cap));
        BadSettings::unless(fine, "open_wait.cap", found, "it must be at least open_wait.first")
    }
}
