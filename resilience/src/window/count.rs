//! The last so many calls.

use super::{Mark, Totals};

/// A ring with two bits a call, failure and slow, 32 calls a word.
#[derive(Debug)]
pub(crate) struct CountWindow {
    words: Box<[u64]>,
    length: u32,
    /// Where the next call goes; the oldest one is there once the ring is full.
    next: u32,
    totals: Totals,
}

impl CountWindow {
    pub(crate) fn new(length: u32) -> Self {
        let words = vec![0; length.div_ceil(32) as usize].into();
        Self { words, length, next: 0, totals: Totals::default() }
    }

    #[inline]
    pub(crate) fn add(&mut self, mark: Mark) -> Totals {
        let shift = (self.next % 32) * 2;
        if let Some(word) = self.words.get_mut((self.next / 32) as usize) {
            // A place that was never used has no bits to take off.
            let old = *word >> shift & 0b11;
            let new = u64::from(mark.failure) | u64::from(mark.slow) << 1;
            // Most calls leave and enter without a mark.
            if old | new != 0 {
                *word ^= (old ^ new) << shift;
                self.totals.failures = self.totals.failures - (old & 1) + (new & 1);
                self.totals.slow = self.totals.slow - (old >> 1) + (new >> 1);
            }
        }
        if self.totals.calls < u64::from(self.length) {
            self.totals.calls += 1;
        }
        self.next += 1;
        if self.next == self.length {
            self.next = 0;
        }
        self.totals
    }

    pub(crate) fn totals(&self) -> Totals {
        self.totals
    }

    pub(crate) fn clear(&mut self) {
        self.words.fill(0);
        (self.next, self.totals) = (0, Totals::default());
    }
}
