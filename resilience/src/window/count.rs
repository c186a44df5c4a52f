//! The last so many calls.

use super::{Mark, Totals};

/// A ring with a byte a call: bit 0 for failure, bit 1 for slow.
#[derive(Debug)]
pub(crate) struct CountWindow {
    marks: Box<[u8]>,
    /// Where the next call goes; the oldest one is there once the ring is full.
    next: usize,
    /// Whether every place has been used.
    full: bool,
    failures: u32,
    slow: u32,
}

impl CountWindow {
    pub(crate) fn new(length: u32) -> Self {
        let marks = vec![0; length as usize].into();
        Self { marks, next: 0, full: false, failures: 0, slow: 0 }
    }

    /// Adds a call; the totals with it, unless no call in the window has a mark.
    #[inline]
    pub(crate) fn add(&mut self, mark: Mark) -> Option<Totals> {
        if let Some(place) = self.marks.get_mut(self.next) {
            // A place that was never used has no mark to take off.
            let (old, new) = (*place, u8::from(mark.failure) | u8::from(mark.slow) << 1);
            // Most calls come and go without one.
            if old | new != 0 {
                *place = new;
                self.exchange(old, new);
            }
        }
        self.next += 1;
        if self.next == self.marks.len() {
            (self.next, self.full) = (0, true);
        }
        (self.failures | self.slow != 0).then(|| self.totals())
    }

    #[inline(never)]
    fn exchange(&mut self, old: u8, new: u8) {
        self.failures = self.failures + u32::from(new & 1) - u32::from(old & 1);
        self.slow = self.slow + u32::from(new >> 1) - u32::from(old >> 1);
    }

    pub(crate) fn totals(&self) -> Totals {
        let calls = if self.full { self.marks.len() } else { self.next };
        let (failures, slow) = (self.failures.into(), self.slow.into());
        Totals { calls: calls as u64, failures, slow }
    }

    pub(crate) fn clear(&mut self) {
        self.marks.fill(0);
        (self.next, self.full) = (0, false);
        (self.failures, self.slow) = (0, 0);
    }
}
