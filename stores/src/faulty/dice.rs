use std::time::Duration;

use fastrand::Rng;

use super::{Faults, Flap, Met};

/// Draws what happens to each call.
#[derive(Debug)]
pub(super) struct Dice {
    rng: Rng,
    pub(super) faults: Faults,
    pub(super) met: Met,
    /// How many appends of a storm are still to come.
    storm: u32,
}

/// What happens to one call.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fate {
    pub(super) delay: Option<Duration>,
    pub(super) fault: Option<Fault>,
    pub(super) conflict: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Before,
    After,
    /// Never carried out.
    HangBefore,
    /// Carried out, but not answered.
    HangAfter,
}

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        let rng = Rng::with_seed(seed);
        Self { rng, faults: Faults::default(), met: Met::default(), storm: 0 }
    }

    /// What happens to the next call.
    pub(super) fn next(&mut self) -> Fate {
        let fault = self.fault();
        let (late, share) = (self.falls(self.faults.delay), self.rng.f64());
        let delay = late.then(|| self.faults.delay_by.mul_f64(share));
        self.met.calls += 1;
        self.met.delays += u64::from(delay.is_some());
        match fault {
            Some(Fault::Before) => self.met.before += 1,
            Some(Fault::After) => self.met.after += 1,
            Some(Fault::HangBefore | Fault::HangAfter) => self.met.hangs += 1,
            None => {}
        }
        Fate { delay, fault, conflict: false }
    }

    /// What happens to the next append, which may be one that no other can get into conflict with.
    pub(super) fn next_append(&mut self, may_conflict: bool) -> Fate {
        if self.falls(self.faults.storm) {
            self.storm = self.storm.max(self.faults.storm_appends);
        }
        let fate = Fate { conflict: may_conflict && self.storm > 0, ..self.next() };
        if fate.conflict {
            self.storm -= 1;
            self.met.conflicts += 1;
        }
        fate
    }

    fn fault(&mut self) -> Option<Fault> {
        let Faults { before, after, hang, flap, .. } = self.faults;
        let (before, after) = (self.falls(before), self.falls(after));
        let (hang, carried_out) = (self.falls(hang), self.rng.bool());
        let down = flap.is_some_and(|flap| flap.is_down(self.met.calls));
        match (before || down, after, hang) {
            (true, ..) => Some(Fault::Before),
            (_, true, _) => Some(Fault::After),
            (.., true) if carried_out => Some(Fault::HangAfter),
            (.., true) => Some(Fault::HangBefore),
            _ => None,
        }
    }

    /// Draws even where nothing depends on it, so that the same seed gives the same fates whatever the
    /// other chances are.
    fn falls(&mut self, chance: f64) -> bool {
        self.rng.f64() < chance
    }
}

impl Flap {
    fn is_down(self, call: u64) -> bool {
        let (up, down) = (u64::from(self.up), u64::from(self.down));
        (up + down).checked_sub(1).is_some_and(|last| call % (last + 1) >= up)
    }
}
