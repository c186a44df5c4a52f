//! The last so many calls.

use super::{Mark, Totals};

/// A ring with a byte a call: bit 0 for failure, bit 1 for slow.
#[derive(Debug)]
pub(crate) struct CountWindow {
    marks: Box<[u8]>,
    /// Where the next call goes; the oldest one is there once the ring is full.
    next: usize,
    totals: Totals,
}

impl CountWindow {
    pub(crate) fn new(length: u32) -> Self {
        let marks = vec![0; length as usize].into();
        Self { marks, next: 0, totals: Totals::default() }
    }

    #[inline]
    pub(crate) fn add(&mut self, mark: Mark) -> &Totals {
        let length = self.marks.len();
        if let Some(place) = self.marks.get_mut(self.next) {
            // A place that was never used has no mark to take off.
            let (old, new) = (*place, u8::from(mark.failure) | u8::from(mark.slow) << 1);
            // Most calls come and go without one.
            if old | new != 0 {
                *place = new;
                self.totals.exchange(old, new);
            }
        }
        if self.totals.calls < length as u64 {
            self.totals.calls += 1;
        }
        self.next += 1;
        if self.next == length {
            self.next = 0;
        }
        &self.totals
    }

    pub(crate) fn totals(&self) -> Totals {
        self.totals
    }

    pub(crate) fn clear(&mut self) {
        self.marks.fill(0);
        (self.next, self.totals) = (0, Totals::default());
    }
}
