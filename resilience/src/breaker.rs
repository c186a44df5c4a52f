//! The breaker, as its callers see it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, broadcast};

use crate::calling::Calling;
use crate::clock::Time;
use crate::events::Listeners;
use crate::locked::Locked;
use crate::machine::{Machine, Next, Quick, Recorded, Ticket};
use crate::rules::Rules;
use crate::state::Gate;
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::sync::{Mutex, MutexGuard, lock};
use crate::{
    BadSettings, BreakerEvent, BreakerSettings, Called, Cause, Clock, Denied, Dropped,
    MetricTotals, Metrics, Permit, State, Verdict,
};

/// A circuit breaker. Clones are the same one.
///
/// ```
/// # use factum_resilience::{Breaker, BreakerSettings, Called};
/// # async fn charge(order: u32) -> Result<u32, std::io::Error> { Ok(order) }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let payments = Breaker::new("payments", BreakerSettings::default())?;
/// match payments.call(charge(7)).await {
///     Ok(receipt) => println!("paid: {receipt}"),
///     Err(Called::Denied(denied)) => println!("not tried, ask again in {:?}", denied.retry_after),
///     Err(Called::Failed(error)) => println!("tried, and failed: {error}"),
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Breaker(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    /// The machine's, readable without its lock; written under it.
    gate: AtomicU64,
    pub(crate) machine: Mutex<Machine>,
    pub(crate) rules: Rules,
    pub(crate) time: Time,
    denied: AtomicU64,
    listeners: Listeners,
    /// Wakes those who wait for a change, or for a probe to come back.
    pub(crate) changed: Notify,
    name: Arc<str>,
    settings: BreakerSettings,
}

impl Breaker {
    /// A breaker of this name, which is in its errors, events and figures.
    ///
    /// # Errors
    /// The settings make no sense.
    pub fn new(name: &str, settings: BreakerSettings) -> Result<Self, BadSettings> {
        settings.check().map(|()| Self::checked(name, settings, Time::machine()))
    }

    /// The same, by a clock of your own.
    ///
    /// # Errors
    /// The settings make no sense.
    pub fn with_clock(
        name: &str,
        settings: BreakerSettings,
        clock: impl Clock,
    ) -> Result<Self, BadSettings> {
        let time = Time::Given(Arc::new(clock));
        settings.check().map(|()| Self::checked(name, settings, time))
    }

    /// With settings that have been checked.
    pub(crate) fn checked(name: &str, settings: BreakerSettings, time: Time) -> Self {
        let rules = Rules::new(&settings);
        let machine = Machine::new(settings.window, settings.initial, &rules, time.nanos());
        Self(Arc::new(Inner {
            gate: AtomicU64::new(machine.gate.0),
            machine: Mutex::new(machine),
            rules,
            time,
            denied: AtomicU64::new(0),
            listeners: Listeners::default(),
            changed: Notify::new(),
            name: name.into(),
            settings,
        }))
    }

    /// Makes a call, or refuses it. An error of the call counts as a failure.
    ///
    /// The future is polled only if the call is admitted. Dropping the returned future cancels the call;
    /// the permit comes back.
    ///
    /// # Errors
    /// [`Called::Denied`] if the breaker refused, [`Called::Failed`] with the call's own error.
    #[inline]
    pub fn call<T, E>(
        &self,
        call: impl Future<Output = Result<T, E>>,
    ) -> impl Future<Output = Result<T, Called<E>>> {
        Calling::new(self, call, Verdict::of)
    }

    /// Makes a call, or refuses it; `judge` says what the outcome means. So an error can be a success
    /// ("not found" is an answer), a result a failure, and an answer can open the breaker for as long
    /// as the other side asks.
    ///
    /// ```
    /// # use factum_resilience::{Breaker, BreakerSettings, State, Verdict};
    /// # use std::time::Duration;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let payments = Breaker::new("payments", BreakerSettings::default())?;
    /// let answer = payments.call_judged(async { Err::<(), u16>(503) }, |result| match result {
    ///     Err(503) => Verdict::Open(Some(Duration::from_secs(30))),
    ///     Err(500..) => Verdict::Failure,
    ///     _ => Verdict::Success,
    /// });
    /// assert!(answer.await.is_err());
    /// assert_eq!(payments.state(), State::Open);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As with [`call`](Self::call).
    #[inline]
    pub fn call_judged<T, E>(
        &self,
        call: impl Future<Output = Result<T, E>>,
        judge: impl FnMut(&Result<T, E>) -> Verdict,
    ) -> impl Future<Output = Result<T, Called<E>>> {
        Calling::new(self, call, judge)
    }

    /// The same for a call that does not wait, or blocks.
    ///
    /// # Errors
    /// As with [`call`](Self::call).
    pub fn run<T, E>(&self, call: impl FnOnce() -> Result<T, E>) -> Result<T, Called<E>> {
        let permit = self.admit_ref()?;
        let result = call();
        permit.record(Verdict::of(&result));
        result.map_err(Called::Failed)
    }

    /// Asks for the permission to make one call, for code whose calls are not one future.
    ///
    /// # Errors
    /// The breaker refuses.
    #[inline]
    pub fn admit(&self) -> Result<Permit, Denied> {
        Ok(Permit::new(self.clone(), self.ticket()?))
    }

    /// The same, borrowing the breaker.
    ///
    /// # Errors
    /// The breaker refuses.
    #[inline]
    pub fn admit_ref(&self) -> Result<Permit<&Self>, Denied> {
        Ok(Permit::new(self, self.ticket()?))
    }

    /// Whether a call would be refused now; takes no permit, so others may be quicker. For code that
    /// has to wait for something else before its call: without an answer here it need not begin to.
    ///
    /// # Errors
    /// The breaker would refuse, which counts as a call that it denied.
    #[inline]
    pub fn check(&self) -> Result<(), Denied> {
        if self.gate().is_closed() { Ok(()) } else { self.check_unless_closed() }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// What it goes by.
    pub fn settings(&self) -> &BreakerSettings {
        &self.0.settings
    }

    /// What it is in. An open breaker whose wait is over stays open until it is asked for a permit:
    /// nothing happens by time alone.
    #[inline]
    pub fn state(&self) -> State {
        self.gate().state()
    }

    /// Its figures now.
    pub fn metrics(&self) -> Metrics {
        let now = self.0.time.nanos();
        let mut machine = lock(&self.0.machine);
        let (totals, counts) = (machine.totals(now), machine.counts);
        Metrics {
            state: machine.gate.state(),
            calls: totals.calls,
            failures: totals.failures,
            slow: totals.slow,
            totals: MetricTotals {
                successes: counts.calls.calls - counts.calls.failures,
                failures: counts.calls.failures,
                ignored: counts.ignored,
                slow: counts.calls.slow,
                stale: counts.stale,
                denied: self.0.denied.load(Ordering::Relaxed),
                opened: counts.opened,
            },
        }
    }

    /// Puts it into a state, where it goes on from: an open one half-opens when its wait is over. If it
    /// is in this state already, nothing happens.
    pub fn transition_to(&self, state: State) {
        let now = self.0.time.nanos();
        let mut machine = self.machine();
        machine.go(state, &self.0.rules, now);
    }

    /// Closes it, and forgets the calls and how often it opened.
    pub fn reset(&self) {
        let now = self.0.time.nanos();
        let mut machine = self.machine();
        machine.reset(&self.0.rules, now);
    }

    /// What happens from now on. A listener that falls behind by more than 256 events is told how many
    /// it missed. Without a listener no event is built.
    pub fn events(&self) -> broadcast::Receiver<BreakerEvent> {
        self.0.listeners.subscribe()
    }

    #[inline]
    pub(crate) fn gate(&self) -> Gate {
        Gate(self.0.gate.load(Ordering::Acquire))
    }

    #[inline]
    pub(crate) fn ticket(&self) -> Result<Ticket, Denied> {
        let mut ticket = Ticket::default();
        if self.ticket_if_closed(&mut ticket) { Ok(ticket) } else { self.ticket_unless_closed() }
    }

    /// Fills in the ticket of a call that a closed breaker admits; whether it is closed.
    #[inline]
    pub(crate) fn ticket_if_closed(&self, ticket: &mut Ticket) -> bool {
        ticket.gate = self.gate();
        ticket.began = self.began();
        ticket.gate.is_closed()
    }

    #[inline]
    fn began(&self) -> u64 {
        if self.0.rules.slow_from().is_some() { self.0.time.nanos() } else { 0 }
    }

    #[cold]
    fn ticket_unless_closed(&self) -> Result<Ticket, Denied> {
        let gate = self.gate();
        match gate.state() {
            State::Disabled => Ok(Ticket { gate, began: 0, probe: 0 }),
            State::MetricsOnly => Ok(Ticket { gate, began: self.began(), probe: 0 }),
            _ => self.ticket_if_due(),
        }
    }

    fn ticket_if_due(&self) -> Result<Ticket, Denied> {
        let now = self.0.time.nanos();
        let mut machine = self.machine();
        let next = match machine.admit(&self.0.rules, now) {
            Ok(ticket) => return Ok(ticket),
            Err(next) => next,
        };
        let state = machine.gate.state();
        drop(machine);
        Err(self.deny(next, state, now))
    }

    #[cold]
    fn check_unless_closed(&self) -> Result<(), Denied> {
        let now = self.0.time.nanos();
        let machine = lock(&self.0.machine);
        let (next, state) = (machine.next(&self.0.rules, now), machine.gate.state());
        drop(machine);
        if next == Next::Now { Ok(()) } else { Err(self.deny(next, state, now)) }
    }

    /// Counts and tells a refusal.
    fn deny(&self, next: Next, state: State, now: u64) -> Denied {
        self.0.denied.fetch_add(1, Ordering::Relaxed);
        // When a place among the probes gets free is not known; only when it does at the latest.
        let retry_after = match next {
            Next::At(at) if state == State::Open => Some(Duration::from_nanos(at - now)),
            _ => None,
        };
        let denied = Denied { name: self.0.name.clone(), state, retry_after };
        self.0.listeners.tell(|| BreakerEvent::Denied(denied.clone()));
        denied
    }

    /// Takes the outcome of a call that was dropped.
    #[cold]
    pub(crate) fn record_dropped(&self, ticket: &Ticket) {
        let failed = std::thread::panicking() || self.0.rules.dropped == Dropped::Failure;
        self.record(ticket, if failed { Verdict::Failure } else { Verdict::Ignored });
    }

    #[inline]
    pub(crate) fn record(&self, ticket: &Ticket, verdict: Verdict) {
        match verdict {
            // In place, for what nearly all calls come to.
            Verdict::Success => self.record_here(ticket, Verdict::Success),
            _ => self.record_elsewhere(ticket, verdict),
        }
    }

    #[inline(never)]
    fn record_elsewhere(&self, ticket: &Ticket, verdict: Verdict) {
        self.record_here(ticket, verdict);
    }

    #[inline(always)]
    fn record_here(&self, ticket: &Ticket, verdict: Verdict) {
        let Inner { rules, time, .. } = &*self.0;
        let slow = rules.slow_from().is_some_and(|from| self.took(ticket) >= from);
        let mut machine = lock(&self.0.machine);
        match machine.count_if_closed(ticket, verdict, slow, rules, time) {
            Quick::Counted => drop(machine),
            Quick::Trips(cause) => self.trip(machine, cause),
            Quick::No => return self.record_other(machine, ticket, verdict, slow),
        }
        if self.0.listeners.any() {
            self.tell(ticket, verdict, slow, Recorded::Counted);
        }
    }

    #[cold]
    fn trip(&self, machine: MutexGuard<'_, Machine>, cause: Cause) {
        self.watch(machine).trip(cause, &self.0.rules, self.0.time.nanos());
    }

    #[cold]
    fn record_other(
        &self,
        machine: MutexGuard<'_, Machine>,
        ticket: &Ticket,
        verdict: Verdict,
        slow: bool,
    ) {
        if ticket.gate.state() == State::Disabled {
            return;
        }
        let Inner { rules, time, .. } = &*self.0;
        let recorded = self.watch(machine).record(ticket, verdict, slow, rules, time);
        self.tell(ticket, verdict, slow, recorded);
        if ticket.probe != 0 {
            self.0.changed.notify_waiters();
        }
    }

    #[cold]
    fn tell(&self, ticket: &Ticket, verdict: Verdict, slow: bool, recorded: Recorded) {
        let measured = self.0.rules.slow_from();
        self.0.listeners.tell(|| BreakerEvent::Recorded {
            verdict,
            took: measured.map(|_| Duration::from_nanos(self.took(ticket))),
            slow,
            stale: recorded == Recorded::Stale,
        });
    }

    /// How many nanoseconds it is since a call began.
    fn took(&self, ticket: &Ticket) -> u64 {
        self.0.time.nanos().saturating_sub(ticket.began)
    }

    fn machine(&self) -> Locked<'_> {
        self.watch(lock(&self.0.machine))
    }

    fn watch<'a>(&'a self, machine: MutexGuard<'a, Machine>) -> Locked<'a> {
        let Inner { gate, listeners, changed, .. } = &*self.0;
        Locked::new(machine, gate, listeners, changed)
    }
}

impl fmt::Debug for Breaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Breaker")
            .field("name", &self.0.name)
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
