//! What the rates are of.

mod count;
mod time;

use crate::clock::{Time, nanos};
use crate::{Window, window::count::CountWindow, window::time::TimeWindow};

/// How a recorded call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) failure: bool,
    pub(crate) slow: bool,
}

/// How many calls there are, and how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) calls: u64,
    pub(crate) failures: u64,
    pub(crate) slow: u64,
}

impl Totals {
    #[inline]
    pub(crate) fn add(&mut self, mark: Mark) {
        self.calls += 1;
        if mark.failure | mark.slow {
            self.failures += u64::from(mark.failure);
            self.slow += u64::from(mark.slow);
        }
    }

    fn subtract(&mut self, other: Self) {
        self.calls -= other.calls;
        self.failures -= other.failures;
        self.slow -= other.slow;
    }
}

/// The calls that count, in a bounded space; adding one takes the same time whatever its length.
#[derive(Debug)]
pub(crate) enum Calls {
    Count(CountWindow),
    Time(TimeWindow),
}

impl Calls {
    pub(crate) fn new(window: Window) -> Self {
        match window {
            Window::Count(calls) => Self::Count(CountWindow::new(calls)),
            Window::Time(span) => Self::Time(TimeWindow::new(nanos(span))),
        }
    }

    /// Adds a call; the totals with it, unless no call that counts has a mark. A count window does not
    /// ask for the time.
    #[inline]
    pub(crate) fn add(&mut self, mark: Mark, time: &Time) -> Option<Totals> {
        match self {
            Self::Count(window) => window.add(mark),
            Self::Time(window) => window.add(mark, time.nanos()),
        }
    }

    /// What counts at this time.
    pub(crate) fn totals(&mut self, now: u64) -> Totals {
        match self {
            Self::Count(window) => window.totals(),
            Self::Time(window) => window.totals(now),
        }
    }

    pub(crate) fn clear(&mut self) {
        match self {
            Self::Count(window) => window.clear(),
            Self::Time(window) => window.clear(),
        }
    }
}
