use std::sync::atomic::{AtomicU32, Ordering};

/// What one retry costs.
const COST: u32 = 100;
/// How many retries can be saved up.
const SAVED: u32 = 100;

/// Keeps retries to a share of all calls, so that they do not multiply an outage. Each call earns a
/// part of a retry; some are there from the beginning.
#[derive(Debug)]
pub(super) struct Budget {
    percent: u32,
    tokens: AtomicU32,
}

impl Budget {
    pub(super) fn new(percent: u32) -> Self {
        Self { percent, tokens: AtomicU32::new(SAVED * COST) }
    }

    /// Counts a call.
    pub(super) fn earn(&self) {
        // Full nearly always: then it is only looked at.
        if self.tokens.load(Ordering::Relaxed) < SAVED * COST {
            let earned = self.tokens.fetch_add(self.percent, Ordering::Relaxed);
            if earned >= SAVED * COST {
                self.tokens.fetch_sub(self.percent, Ordering::Relaxed);
            }
        }
    }

    /// Takes a retry; `false` if there is none left.
    pub(super) fn spend(&self) -> bool {
        let take = |tokens: u32| tokens.checked_sub(COST);
        self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }
}
