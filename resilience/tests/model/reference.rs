//! The reference: what is counted is counted anew each time.

use std::time::Duration;

use factum_resilience::{BreakerSettings, Dropped, State, Verdict, Window};

/// A call that was admitted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket {
    stay: u64,
    began: Duration,
    probe: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Call {
    at: Duration,
    failure: bool,
    slow: bool,
}

#[derive(Debug)]
pub(crate) struct Reference {
    settings: BreakerSettings,
    pub(crate) now: Duration,
    pub(crate) state: State,
    /// Which stay in a state this is.
    stay: u64,
    calls: Vec<Call>,
    /// When the present state began, and how long it is to last.
    since: Duration,
    wait: Duration,
    opened: u32,
    probes: Vec<(u64, Duration)>,
    probed: Vec<Call>,
    given: u64,
}

impl Reference {
    pub(crate) fn new(settings: BreakerSettings) -> Self {
        Self {
            state: settings.initial,
            settings,
            now: Duration::ZERO,
            stay: 0,
            calls: Vec::new(),
            since: Duration::ZERO,
            wait: Duration::ZERO,
            opened: 0,
            probes: Vec::new(),
            probed: Vec::new(),
            given: 0,
        }
    }

    pub(crate) fn admit(&mut self) -> Result<Ticket, Option<Duration>> {
        self.lose_probes();
        if let (State::HalfOpen, Some(limit)) = (self.state, self.settings.half_open_limit)
            && self.now >= self.since + limit.after
        {
            self.enter(if limit.close { State::Closed } else { State::Open });
        }
        if self.state == State::Open && self.now >= self.since + self.wait {
            self.enter(State::HalfOpen);
        }
        let mut ticket = Ticket { stay: self.stay, began: self.now, probe: None };
        match self.state {
            State::Closed | State::Disabled | State::MetricsOnly => Ok(ticket),
            State::Open => Err(Some(self.since + self.wait - self.now)),
            State::ForcedOpen => Err(None),
            State::HalfOpen => {
                if self.probes.len() + self.probed.len() >= self.settings.probes as usize {
                    return Err(None);
                }
                self.given += 1;
                ticket.probe = Some(self.given);
                self.probes.push((self.given, self.now));
                Ok(ticket)
            }
        }
    }

    fn lose_probes(&mut self) {
        while self.state == State::HalfOpen
            && let Some(lost) = self
                .probes
                .iter()
                .position(|(_, began)| self.now >= *began + self.settings.probe_lease)
        {
            self.probes.remove(lost);
            self.probed(Call { at: self.now, failure: true, slow: false });
        }
    }

    pub(crate) fn drop(&mut self, ticket: Ticket) {
        let failure = self.settings.dropped == Dropped::Failure;
        self.record(ticket, if failure { Verdict::Failure } else { Verdict::Ignored });
    }

    pub(crate) fn record(&mut self, ticket: Ticket, verdict: Verdict) {
        if ticket.stay != self.stay {
            return;
        }
        if let Some(probe) = ticket.probe {
            let Some(place) = self.probes.iter().position(|(out, _)| *out == probe) else { return };
            self.probes.remove(place);
        }
        if verdict == Verdict::Ignored {
            return;
        }
        let took = self.now - ticket.began;
        let call = Call {
            at: self.now,
            failure: verdict != Verdict::Success,
            slow: self.settings.slow_calls.is_some_and(|slow| took >= slow.over),
        };
        match self.state {
            State::HalfOpen if matches!(verdict, Verdict::Open(_)) => {}
            State::HalfOpen => self.probed(call),
            State::Closed => {
                self.calls.push(call);
                let calls = self.counted();
                let enough = calls.len() >= self.settings.minimum_calls as usize;
                if (call.failure || call.slow) && enough && self.exceeded(&calls, calls.len()) {
                    self.enter(State::Open);
                }
            }
            State::MetricsOnly => self.calls.push(call),
            State::Open | State::ForcedOpen | State::Disabled => return,
        }
        if let (Verdict::Open(wait), false) = (verdict, self.state == State::MetricsOnly) {
            if self.stay == ticket.stay {
                self.enter(State::Open);
            }
            if let (State::Open, Some(wait)) = (self.state, wait) {
                self.wait = wait;
            }
        }
    }

    fn probed(&mut self, call: Call) {
        self.probed.push(call);
        let probes = self.settings.probes as usize;
        if self.exceeded(&self.probed, probes) {
            self.enter(State::Open);
        } else if self.probed.len() == probes {
            self.enter(State::Closed);
        }
    }

    fn exceeded(&self, calls: &[Call], of: usize) -> bool {
        let share = |count: usize| count as f64 / of as f64;
        let failures = calls.iter().filter(|call| call.failure).count();
        let slow = calls.iter().filter(|call| call.slow).count();
        share(failures) >= self.settings.failure_rate
            || self.settings.slow_calls.is_some_and(|rule| share(slow) >= rule.rate)
    }

    /// The calls that are in the window now.
    fn counted(&self) -> Vec<Call> {
        match self.settings.window {
            Window::Count(length) => {
                let from = self.calls.len().saturating_sub(length as usize);
                self.calls[from..].to_vec()
            }
            Window::Time(span) => {
                let part = |at: Duration| at.as_nanos() / span.as_nanos().div_ceil(64);
                let oldest = part(self.now).saturating_sub(63);
                self.calls.iter().filter(|call| part(call.at) >= oldest).copied().collect()
            }
        }
    }

    pub(crate) fn counts(&mut self) -> (u64, u64, u64) {
        let counted = self.counted();
        // What is out of the window never comes back.
        self.calls.clone_from(&counted);
        let calls = if self.state == State::HalfOpen { &self.probed } else { &counted };
        let failures = calls.iter().filter(|call| call.failure).count();
        let slow = calls.iter().filter(|call| call.slow).count();
        (calls.len() as u64, failures as u64, slow as u64)
    }

    pub(crate) fn transition_to(&mut self, state: State) {
        if self.state != state {
            self.enter(state);
        }
    }

    pub(crate) fn reset(&mut self) {
        self.enter(State::Closed);
    }

    fn enter(&mut self, state: State) {
        (self.state, self.since) = (state, self.now);
        self.stay += 1;
        self.probes.clear();
        self.probed.clear();
        match state {
            State::Open => {
                let wait = self.settings.open_wait;
                self.wait = (wait.first * 2_u32.pow(self.opened.min(8))).min(wait.cap);
                self.opened += 1;
            }
            State::Closed | State::MetricsOnly => {
                self.calls.clear();
                self.opened = 0;
            }
            State::HalfOpen | State::Disabled | State::ForcedOpen => {}
        }
    }
}
