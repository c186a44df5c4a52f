use std::time::Duration;

/// What goes wrong in a [`Faulty`](super::Faulty) store, and how often. Chances are those of one call,
/// from 0 to 1; the default is a store without faults.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Faults {
    /// The chance that a call fails before it reaches the store inside: nothing is done.
    pub before: f64,
    /// The chance that the answer is lost: an append is stored, and fails with an unknown outcome.
    pub after: f64,
    /// The chance that a call is never answered, not even by an error, until the faults are changed.
    /// Every other one is carried out first.
    pub hang: f64,
    /// The chance that a call is delayed.
    pub delay: f64,
    /// By how much at the most; any shorter time is as likely.
    pub delay_by: Duration,
    /// The chance that a storm of conflicts begins: so many appends in a row, this one among them, are
    /// refused with a conflict, as if somebody else had been faster. Appends that no other can get
    /// into conflict with, as they expect nothing of their stream, are not among them.
    pub storm: f64,
    /// How many.
    pub storm_appends: u32,
    /// The store comes and goes.
    pub flap: Option<Flap>,
}

/// A store that works for some calls, is not there for some, and so on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flap {
    /// How many calls it works for.
    pub up: u32,
    /// For how many it is not there.
    pub down: u32,
}

impl Faults {
    /// A store that is not there: every call fails before it reaches the store inside.
    pub const DOWN: Self = Self {
        before: 1.0,
        after: 0.0,
        hang: 0.0,
        delay: 0.0,
        delay_by: Duration::ZERO,
        storm: 0.0,
        storm_appends: 0,
        flap: None,
    };
}

/// How many calls met which fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Met {
    /// How many calls there were.
    pub calls: u64,
    /// How many failed before they reached the store inside.
    pub before: u64,
    /// Of how many the answer was lost.
    pub after: u64,
    /// How many were not answered.
    pub hangs: u64,
    /// How many were delayed.
    pub delays: u64,
    /// How many appends were refused with a conflict that is none.
    pub conflicts: u64,
}
