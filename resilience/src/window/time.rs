//! The calls of the last while.

use super::{Mark, Totals};

/// Into how many parts the window is cut; it moves on by one part at a time.
const PARTS: usize = 64;

/// A ring of totals, each of a 64th of the window, and the total of them.
#[derive(Debug)]
pub(crate) struct TimeWindow {
    parts: Box<[Totals; PARTS]>,
    /// How long a part is, in nanoseconds.
    width: u64,
    /// The part that calls go to, and when it ends.
    current: usize,
    end: u64,
    totals: Totals,
}

impl TimeWindow {
    pub(crate) fn new(span: u64) -> Self {
        let width = span.div_ceil(PARTS as u64).max(1);
        let parts = Box::new([Totals::default(); PARTS]);
        Self { parts, width, current: 0, end: 0, totals: Totals::default() }
    }

    #[inline(never)]
    pub(crate) fn add(&mut self, mark: Mark, now: u64) -> Option<Totals> {
        if now >= self.end {
            self.move_on(now);
        }
        if let Some(part) = self.parts.get_mut(self.current) {
            part.add(mark);
            self.totals.add(mark);
        }
        (self.totals.failures | self.totals.slow != 0).then_some(self.totals)
    }

    pub(crate) fn totals(&mut self, now: u64) -> Totals {
        if now >= self.end {
            self.move_on(now);
        }
        self.totals
    }

    pub(crate) fn clear(&mut self) {
        self.parts.fill(Totals::default());
        self.totals = Totals::default();
    }

    /// Empties the parts that have become too old, the most that there are however long it was quiet.
    fn move_on(&mut self, now: u64) {
        let steps = (now - self.end) / self.width + 1;
        if steps >= PARTS as u64 {
            self.clear();
        } else {
            for _ in 0..steps {
                self.current = (self.current + 1) % PARTS;
                if let Some(part) = self.parts.get_mut(self.current) {
                    self.totals.subtract(std::mem::take(part));
                }
            }
        }
        self.end = self.end.saturating_add(steps.saturating_mul(self.width));
    }
}
