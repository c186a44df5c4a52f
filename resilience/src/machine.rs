//! The breaker itself: what is under its lock.

use crate::clock::{Time, nanos};
use crate::rules::Rules;
use crate::state::{Gate, State};
use crate::window::{Calls, Mark, Totals};
use crate::{Cause, Verdict, Window};

/// What an admitted call carries: the stay in a state that it belongs to, and when it began.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ticket {
    pub(crate) gate: Gate,
    /// In nanoseconds; 0 where nobody asks how long calls take.
    pub(crate) began: u64,
    /// Which probe it is, from 1; 0 for other calls.
    pub(crate) probe: u64,
}

/// When to ask again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Now.
    Now,
    /// At this time, or after a change.
    At(u64),
    /// After a change.
    Changed,
}

/// What became of an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recorded {
    Counted,
    /// It came too late to count.
    Stale,
}

/// What the quick way did with an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quick {
    /// It was counted.
    Counted,
    /// It was counted, and the breaker is to open.
    Trips(Cause),
    /// It is not for the quick way.
    No,
}

/// A probe that is out, and until when it may be.
#[derive(Debug)]
struct Lease {
    probe: u64,
    until: u64,
}

/// All that changes about a breaker.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) gate: Gate,
    /// The same while it is closed, and otherwise none that a ticket has.
    quick: Gate,
    /// Why it is in this state.
    pub(crate) cause: Cause,
    calls: Calls,
    /// While open, until when; while half-open, the end of that, if it has one.
    until: Option<u64>,
    /// How many times it has opened without having closed since.
    opened: u32,
    /// The probes that are out, first come first, and how those that are back did.
    leases: Vec<Lease>,
    probed: Totals,
    last_probe: u64,
    random: fastrand::Rng,
    pub(crate) counts: Counts,
}

/// What has been recorded since the breaker was made.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) calls: Totals,
    pub(crate) ignored: u64,
    pub(crate) stale: u64,
    pub(crate) opened: u64,
}

impl Machine {
    pub(crate) fn new(window: Window, initial: State, rules: &Rules, now: u64) -> Self {
        let mut machine = Self {
            gate: Gate::CLOSED,
            quick: Gate::CLOSED,
            cause: Cause::Asked,
            calls: Calls::new(window),
            until: None,
            opened: 0,
            leases: Vec::new(),
            probed: Totals::default(),
            last_probe: 0,
            random: fastrand::Rng::new(),
            counts: Counts::default(),
        };
        machine.go(initial, rules, now);
        machine
    }

    /// Admits a call, or says when to ask again.
    pub(crate) fn admit(&mut self, rules: &Rules, now: u64) -> Result<Ticket, Next> {
        self.pass_time(rules, now);
        if self.gate.state() == State::Open && self.until.is_none_or(|until| now >= until) {
            self.enter(State::HalfOpen, Cause::Waited, rules, now);
        }
        match self.next(rules, now) {
            Next::Now => Ok(self.ticket(rules, now)),
            later => Err(later),
        }
    }

    /// Whether a call would be admitted, or when to ask again.
    pub(crate) fn next(&self, rules: &Rules, now: u64) -> Next {
        match self.gate.state() {
            State::Closed | State::Disabled | State::MetricsOnly => Next::Now,
            State::ForcedOpen => Next::Changed,
            State::Open => match self.until {
                Some(until) if now < until => Next::At(until),
                _ => Next::Now,
            },
            State::HalfOpen => self.next_probe(rules, now),
        }
    }

    fn next_probe(&self, rules: &Rules, now: u64) -> Next {
        let taken = self.leases.len() as u64 + self.probed.calls;
        if taken < rules.probes.into() {
            return Next::Now;
        }
        let lease = self.leases.first().map(|lease| lease.until);
        match lease.into_iter().chain(self.until).min() {
            Some(at) if at > now => Next::At(at),
            Some(_) => Next::Now,
            None => Next::Changed,
        }
    }

    fn ticket(&mut self, rules: &Rules, now: u64) -> Ticket {
        let mut ticket = Ticket { gate: self.gate, began: now, probe: 0 };
        if self.gate.state() == State::HalfOpen {
            self.last_probe += 1;
            ticket.probe = self.last_probe;
            let until = now.saturating_add(rules.lease);
            self.leases.push(Lease { probe: ticket.probe, until });
        }
        ticket
    }

    /// What happens by time alone: leases run out, and being half-open ends.
    fn pass_time(&mut self, rules: &Rules, now: u64) {
        if self.gate.state() != State::HalfOpen {
            return;
        }
        while self.leases.first().is_some_and(|lease| lease.until <= now) {
            self.leases.remove(0);
            let lost = Mark { failure: true, slow: false };
            self.counts.calls.add(lost);
            self.probed(lost, rules, now);
            if self.gate.state() != State::HalfOpen {
                return;
            }
        }
        if let (Some(until), Some((_, close))) = (self.until, rules.limit)
            && until <= now
        {
            let to = if close { State::Closed } else { State::Open };
            self.enter(to, Cause::HalfOpenLimit, rules, now);
        }
    }

    /// Takes the outcome of an admitted call if that only adds to the calls of a closed breaker, which
    /// nearly all outcomes do.
    #[inline]
    pub(crate) fn count_if_closed(
        &mut self,
        ticket: &Ticket,
        verdict: Verdict,
        slow: bool,
        rules: &Rules,
        time: &Time,
    ) -> Quick {
        let failure = match verdict {
            Verdict::Success => false,
            Verdict::Failure => true,
            Verdict::Ignored | Verdict::Open(_) => return Quick::No,
        };
        if ticket.gate != self.quick {
            return Quick::No;
        }
        match self.count(Mark { failure, slow }, rules, time) {
            None => Quick::Counted,
            Some(cause) => Quick::Trips(cause),
        }
    }

    #[inline]
    fn count(&mut self, mark: Mark, rules: &Rules, time: &Time) -> Option<Cause> {
        self.counts.calls.add(mark);
        let totals = self.calls.add(mark, time);
        // A call that went well opens nothing, though rates rise when older ones leave the window.
        totals.filter(|_| mark.failure | mark.slow).and_then(|totals| rules.trip(&totals))
    }

    /// Opens because of what was counted.
    pub(crate) fn trip(&mut self, cause: Cause, rules: &Rules, now: u64) {
        self.enter(State::Open, cause, rules, now);
    }

    /// Takes the outcome of an admitted call, unless the breaker has changed since.
    pub(crate) fn record(
        &mut self,
        ticket: &Ticket,
        verdict: Verdict,
        slow: bool,
        rules: &Rules,
        time: &Time,
    ) -> Recorded {
        if ticket.gate != self.gate || (ticket.probe != 0 && !self.take_back(ticket.probe)) {
            self.counts.stale += 1;
            return Recorded::Stale;
        }
        if verdict == Verdict::Ignored {
            self.counts.ignored += 1;
            return Recorded::Counted;
        }
        let mark = Mark { failure: verdict != Verdict::Success, slow };
        match self.gate.state() {
            State::Closed => {
                if let Some(cause) = self.count(mark, rules, time) {
                    self.trip(cause, rules, time.nanos());
                }
            }
            State::MetricsOnly => {
                self.count(mark, rules, time);
            }
            State::HalfOpen => {
                self.counts.calls.add(mark);
                // One that asks to open does not close, however well the others did.
                if !matches!(verdict, Verdict::Open(_)) {
                    self.probed(mark, rules, time.nanos());
                }
            }
            State::Open | State::Disabled | State::ForcedOpen => {}
        }
        if let Verdict::Open(wait) = verdict {
            self.open(ticket.gate, wait.map(nanos), rules, time.nanos());
        }
        Recorded::Counted
    }

    /// Takes a probe's place back; whether it still had one.
    fn take_back(&mut self, probe: u64) -> bool {
        let place = self.leases.iter().position(|lease| lease.probe == probe);
        place.map(|place| self.leases.remove(place)).is_some()
    }

    /// Counts a probe. It is the number of probes that the rates are of, so the first failure among
    /// many does not open, and the one that makes it certain does.
    fn probed(&mut self, mark: Mark, rules: &Rules, now: u64) {
        self.probed.add(mark);
        let probes = rules.probes.into();
        if let Some(cause) = rules.exceeded(&self.probed, probes) {
            self.enter(State::Open, cause, rules, now);
        } else if self.probed.calls >= probes {
            self.enter(State::Closed, Cause::Probed, rules, now);
        }
    }

    /// Opens because the other side asked for it, if it asked in a state that this is for.
    fn open(&mut self, asked_in: Gate, wait: Option<u64>, rules: &Rules, now: u64) {
        if !matches!(asked_in.state(), State::Closed | State::HalfOpen) {
            return;
        }
        if self.gate == asked_in {
            self.enter(State::Open, Cause::Verdict, rules, now);
        }
        if let (State::Open, Some(wait)) = (self.gate.state(), wait) {
            self.until = Some(now.saturating_add(wait));
        }
    }

    /// Goes where somebody wants it; stays where it is there already.
    pub(crate) fn go(&mut self, to: State, rules: &Rules, now: u64) {
        if self.gate.state() != to {
            self.enter(to, Cause::Asked, rules, now);
        }
    }

    /// Closes, and forgets what happened.
    pub(crate) fn reset(&mut self, rules: &Rules, now: u64) {
        self.enter(State::Closed, Cause::Reset, rules, now);
    }

    fn enter(&mut self, to: State, cause: Cause, rules: &Rules, now: u64) {
        self.gate = self.gate.then(to);
        self.quick = if to == State::Closed { self.gate } else { Gate::NONE };
        self.cause = cause;
        self.leases.clear();
        self.probed = Totals::default();
        self.until = None;
        match to {
            State::Open => {
                let wait = rules.wait(self.opened, self.random.f64());
                self.until = Some(now.saturating_add(wait));
                self.opened = self.opened.saturating_add(1);
                self.counts.opened += 1;
            }
            State::HalfOpen => {
                self.until = rules.limit.map(|(after, _)| now.saturating_add(after));
            }
            State::Closed | State::MetricsOnly => {
                self.calls.clear();
                self.opened = 0;
            }
            State::Disabled | State::ForcedOpen => {}
        }
    }

    /// How the calls did that count now: the window's, or the probes.
    pub(crate) fn totals(&mut self, now: u64) -> Totals {
        if self.gate.state() == State::HalfOpen { self.probed } else { self.calls.totals(now) }
    }
}
