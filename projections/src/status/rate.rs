use std::time::Duration;

use tokio::time::Instant;

/// Over how many seconds a rate is taken, the one under way among them.
const SECONDS: u64 = 10;

/// How many events came in the last seconds.
#[derive(Clone, Debug)]
pub(super) struct Rate {
    since: Instant,
    /// The newest second, counted from `since`, and what came in it and in those before it.
    second: u64,
    counts: [u64; SECONDS as usize],
}

impl Rate {
    pub(super) fn new(now: Instant) -> Self {
        Self { since: now, second: 0, counts: [0; SECONDS as usize] }
    }

    pub(super) fn add(&mut self, events: u64, now: Instant) {
        self.forward(now);
        if let Some(count) = self.counts.get_mut(place(self.second)) {
            *count += events;
        }
    }

    /// Events a second, of the last ten seconds or since the beginning; what came within the first
    /// second counts as if that were over.
    pub(super) fn per_second(&self, now: Instant) -> f64 {
        let mut until_now = self.clone();
        until_now.forward(now);
        let age = now.saturating_duration_since(self.since);
        let under_way = Duration::from_nanos(u64::from(age.subsec_nanos()));
        let covered = age.min(Duration::from_secs(SECONDS - 1) + under_way);
        let events: u64 = until_now.counts.iter().sum();
        events as f64 / covered.as_secs_f64().max(1.0)
    }

    /// Forgets what is too old.
    fn forward(&mut self, now: Instant) {
        let second = now.saturating_duration_since(self.since).as_secs().max(self.second);
        let passed = (second - self.second).min(SECONDS);
        for gone in second - passed..second {
            if let Some(count) = self.counts.get_mut(place(gone + 1)) {
                *count = 0;
            }
        }
        self.second = second;
    }
}

fn place(second: u64) -> usize {
    usize::try_from(second % SECONDS).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_in_the_last_ten_seconds_counts() {
        let begin = Instant::now();
        let at = |seconds: f64| begin + Duration::from_secs_f64(seconds);
        let mut rate = Rate::new(begin);
        rate.add(30, at(0.1));
        assert_eq!(rate.per_second(at(0.2)), 30.0);
        rate.add(30, at(2.5));
        assert_eq!(rate.per_second(at(3.0)), 20.0);
        assert_eq!(rate.per_second(at(10.0)), 30.0 / 9.0, "the first second is over");
        assert_eq!(rate.per_second(at(12.0)), 0.0);
        for second in 20..60 {
            rate.add(100, at(f64::from(second) + 0.25));
        }
        // Nine whole seconds and three quarters of one.
        assert_eq!(rate.per_second(at(59.75)), 1_000.0 / 9.75);
        assert_eq!(rate.per_second(at(1_000.0)), 0.0);
        // Time that seems to run backwards changes nothing.
        rate.add(1, at(3.0));
        assert_eq!(rate.per_second(at(59.75)), 1_001.0 / 9.75);
    }
}
