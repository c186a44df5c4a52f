//! Time, and where it comes from.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::sleep;

use crate::store::BoxFuture;

/// A moment: microseconds since the Unix epoch, in UTC.
///
/// ```
/// use factum_core::Timestamp;
/// let moment: Timestamp = "2026-11-22T18:00:00Z".parse().unwrap();
/// assert_eq!(moment.as_micros(), 1_795_370_400_000_000);
/// assert_eq!(moment.to_string(), "2026-11-22T18:00:00.000000Z");
/// ```
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment this many microseconds after the Unix epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the Unix epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// This moment and a while; the far end of time where it would overflow.
    pub fn plus(self, while_: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(while_.as_micros()).unwrap_or(i64::MAX)))
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let micros = |d: Duration| i64::try_from(d.as_micros()).unwrap_or(i64::MAX);
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => Self(micros(after)),
            Err(before) => Self(-micros(before.duration())),
        }
    }
}

impl From<Timestamp> for SystemTime {
    fn from(time: Timestamp) -> Self {
        let span = Duration::from_micros(time.0.unsigned_abs());
        let moved =
            if time.0 < 0 { UNIX_EPOCH.checked_sub(span) } else { UNIX_EPOCH.checked_add(span) };
        moved.unwrap_or(UNIX_EPOCH)
    }
}

impl std::str::FromStr for Timestamp {
    type Err = humantime::TimestampError;
    /// Reads RFC 3339, in UTC.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        humantime::parse_rfc3339(text).map(Self::from)
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 with microseconds; moments outside the years 1970–9999 as bare microseconds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const YEAR_10000: i64 = 253_402_300_800_000_000;
        if (0..YEAR_10000).contains(&self.0) {
            fmt::Display::fmt(&humantime::format_rfc3339_micros((*self).into()), f)
        } else {
            write!(f, "{}us", self.0)
        }
    }
}
impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Where the pipeline takes the time from. Tests hand in their own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a clock",
    label = "not a clock",
    note = "write `impl Clock for {Self} {{ fn now(&self) -> Timestamp {{ … }} }}`, or \
            take `factum::time::SystemClock`"
)]
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> Timestamp;

    /// Waits until it is this moment, or later. Unless a clock says otherwise it is looked at again and
    /// again, by the time of tokio. Cancellation-safe.
    fn until(&self, moment: Timestamp) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            loop {
                let micros = moment.as_micros().saturating_sub(self.now().as_micros());
                match u64::try_from(micros) {
                    Err(_) | Ok(0) => return,
                    // A clock may be set while this waits.
                    Ok(micros) => sleep(Duration::from_micros(micros).min(LOOK)).await,
                }
            }
        })
    }
}

/// How often a clock is looked at, at the least, by whoever waits for a moment.
const LOOK: Duration = Duration::from_secs(1);

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        SystemTime::now().into()
    }
}

/// Where the pipeline takes the ids of commands from. Tests hand in their own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not give ids of commands",
    label = "gives no ids",
    note = "write `impl Ids for {Self} {{ fn next(&self) -> Key {{ … }} }}`, or \
            take `factum::time::SystemIds`"
)]
pub trait Ids: fmt::Debug + Send + Sync + 'static {
    /// An id that was never given before.
    fn next(&self) -> crate::Key;
}

/// UUIDv7 ids by the system's clock and randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemIds;

impl Ids for SystemIds {
    fn next(&self) -> crate::Key {
        crate::Key::now_v7()
    }
}
