//! So many calls in a while.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota};

use crate::BadSettings;

/// How many calls there may be in a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct RateSettings {
    /// How many, all at once if need be.
    pub calls: u32,
    /// In how long; the calls come back evenly.
    #[cfg_attr(feature = "serde", serde(with = "crate::humane"))]
    pub per: Duration,
}

/// The longest while, a century: the algorithm counts nanoseconds, and must be able to add two of it.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Lets so many calls through in a while, by the algorithm of `governor`. Clones are the same one.
///
/// ```
/// # use factum_resilience::{BadSettings, RateLimiter, RateSettings};
/// # use std::time::Duration;
/// # fn main() -> Result<(), BadSettings> {
/// let mail = RateLimiter::new("mail", RateSettings { calls: 2, per: Duration::from_secs(3600) })?;
/// assert!(mail.check().is_ok() && mail.check().is_ok());
/// assert!(mail.check().unwrap_err().retry_after > Duration::from_secs(1790));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct RateLimiter {
    name: Arc<str>,
    limiter: Arc<DefaultDirectRateLimiter>,
}

/// The rate is used up; nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} has used up its rate: try again in {retry_after:?}")]
pub struct RateLimited {
    /// The limiter's name.
    pub name: Arc<str>,
    /// When there is a call again.
    pub retry_after: Duration,
}

impl RateLimiter {
    /// A limiter of this name, which is in its errors.
    ///
    /// # Errors
    /// There would be no call, or no time, or too much of it.
    pub fn new(name: &str, settings: RateSettings) -> Result<Self, BadSettings> {
        let RateSettings { calls, per } = settings;
        let bad = || BadSettings {
            setting: "calls",
            found: format!("{calls} in {per:?}"),
            wanted: "it must be at least 1 in a century, and no more than one a nanosecond",
        };
        let calls = NonZeroU32::new(calls).filter(|_| per <= LONGEST).ok_or_else(bad)?;
        let quota = Quota::with_period(per / calls.get()).ok_or_else(bad)?.allow_burst(calls);
        Ok(Self { name: name.into(), limiter: Arc::new(DefaultDirectRateLimiter::direct(quota)) })
    }

    /// Takes a call, if there is one now.
    ///
    /// # Errors
    /// There is none; when there will be.
    pub fn check(&self) -> Result<(), RateLimited> {
        self.limiter.check().map_err(|until| {
            let retry_after = until.wait_time_from(DefaultClock::default().now());
            RateLimited { name: self.name.clone(), retry_after }
        })
    }

    /// Takes a call, and waits until there is one. Dropping the future takes none. Others who wait may be
    /// quicker.
    pub async fn ready(&self) {
        while let Err(limited) = self.check() {
            tokio::time::sleep(limited.retry_after).await;
        }
    }
}
