use factum_core::Timestamp;
use tokio::time::Instant;

use super::Rate;

/// What this process has done on a slice since it took it.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    events: u64,
    retries: u64,
    parked: u64,
    /// How recent what it has seen of the log is: everything that was decided until then.
    seen_until: Option<Timestamp>,
    rate: Rate,
}

impl Done {
    /// Nothing yet.
    pub(crate) fn nothing() -> Self {
        let rate = Rate::new(Instant::now());
        Self { events: 0, retries: 0, parked: 0, seen_until: None, rate }
    }

    /// So many events were gone through.
    pub(crate) fn add(&mut self, events: u64) {
        if events > 0 {
            self.events += events;
            self.rate.add(events, Instant::now());
        }
    }

    /// Everything that was decided until then is seen.
    pub(crate) fn see(&mut self, until: Option<Timestamp>) {
        self.seen_until = self.seen_until.max(until);
    }

    /// A try failed, and is made again.
    pub(crate) fn try_again(&mut self) {
        self.retries += 1;
    }

    /// So many events are parked now.
    pub(crate) fn park(&mut self, events: u64) {
        self.parked = events;
    }

    pub(super) fn work(self, trouble: Option<String>) -> super::SliceWork {
        let Self { events, retries, parked, rate, .. } = self;
        let events_per_second = rate.per_second(Instant::now());
        super::SliceWork { events, events_per_second, retries, parked, trouble }
    }

    /// How many seconds newer than what it has seen something is that was decided then.
    pub(super) fn seconds_behind(&self, newest: Timestamp) -> Option<f64> {
        let newer = newest.as_micros().saturating_sub(self.seen_until?.as_micros()).max(0);
        Some(std::time::Duration::from_micros(newer.unsigned_abs()).as_secs_f64())
    }
}
