use std::sync::Arc;

use crate::time::{Clock, Ids, SystemClock, SystemIds};

/// How the pipeline works. The defaults suit a service with many small aggregates.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How many idle aggregates of each type are kept in memory (default 10,000).
    pub cached_aggregates: usize,
    /// How many commands may be under way at once for each type, at least 1; further ones wait (default
    /// 16,384).
    pub in_flight: usize,
    /// How many commands of one aggregate are appended as one run at the most, at least 1 (default 256).
    pub run: usize,
    /// How often a command is decided anew after a conflict (default 8).
    pub retries: u32,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where ids of commands come from.
    pub ids: Arc<dyn Ids>,
}

impl Settings {
    /// The same, with each number as low or high as it may be.
    pub(super) fn within_bounds(self) -> Self {
        let most = usize::try_from(u32::MAX).map_or(usize::MAX, |most| most);
        let most = most.min(tokio::sync::Semaphore::MAX_PERMITS);
        Self { in_flight: self.in_flight.clamp(1, most), run: self.run.max(1), ..self }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cached_aggregates: 10_000,
            in_flight: 16_384,
            run: 256,
            retries: 8,
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds),
        }
    }
}
