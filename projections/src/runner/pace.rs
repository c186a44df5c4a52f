use std::num::NonZeroU32;
use std::time::Duration;

/// How many events a second a worker may take in: as many as it can, unless there is a bound.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pace(Option<NonZeroU32>);

impl Pace {
    pub(crate) const fn new(events_per_s: Option<NonZeroU32>) -> Self {
        Self(events_per_s)
    }

    /// How long so many events take at the least.
    pub(super) fn time_of(self, events: usize) -> Duration {
        let nanos = |rate: NonZeroU32| 1_000_000_000 / u64::from(rate.get());
        Duration::from_nanos(self.0.map_or(0, |rate| nanos(rate).saturating_mul(events as u64)))
    }

    /// How many events are taken in at once, so that the pace is even: those of a tenth of a second.
    pub(super) fn at_once(self) -> usize {
        self.0.map_or(usize::MAX, |rate| (rate.get() as usize / 10).max(1))
    }
}
