//! What retries may cost in all.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::BadSettings;

/// A share of all calls that may be spent on retries, so that they cannot multiply an outage: each call
/// pays its share in, each retry takes one out.
///
/// ```
/// # use factum_resilience::{BadSettings, RetryBudget};
/// # fn main() -> Result<(), BadSettings> {
/// let budget = RetryBudget::new(0.2, 1)?;
/// assert!(budget.withdraw() && !budget.withdraw());
/// (0..5).for_each(|_| budget.deposit());
/// assert!(budget.withdraw() && !budget.withdraw());
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct RetryBudget {
    /// In thousandths of a retry.
    left: AtomicU64,
    most: u64,
    share: u64,
}

/// A retry, in the unit that budgets count in.
const RETRY: u64 = 1000;

impl RetryBudget {
    /// A budget of this share of calls, in thousandths, from 0 to 1. `reserve` is how many retries it
    /// starts with, and the most that can be saved.
    ///
    /// # Errors
    /// The share is below 0 or above 1.
    pub fn new(share: f64, reserve: u32) -> Result<Self, BadSettings> {
        let fine = (0.0..=1.0).contains(&share);
        BadSettings::unless(fine, "share", share, "it must be from 0 to 1")?;
        let most = u64::from(reserve) * RETRY;
        let share = (share * RETRY as f64).round() as u64;
        Ok(Self { left: AtomicU64::new(most), most, share })
    }

    /// Pays a call's share in.
    pub fn deposit(&self) {
        // It is full nearly always: then looking at it is enough.
        if self.left.load(Ordering::Relaxed) < self.most {
            self.change(|left| Some(left.saturating_add(self.share).min(self.most)));
        }
    }

    /// Takes a retry out; whether there was one.
    pub fn withdraw(&self) -> bool {
        self.change(|left| left.checked_sub(RETRY))
    }

    fn change(&self, change: impl FnMut(u64) -> Option<u64>) -> bool {
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change).is_ok()
    }
}
