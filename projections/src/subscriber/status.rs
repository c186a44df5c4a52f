//! How a subscriber is, as its worker announces it and others see it.

use std::collections::BTreeMap;
use std::time::Duration;

use factum_core::store::{Position, Recorded};
use factum_core::time::Clock;
use factum_core::view::ViewId;
use tokio::sync::watch;

use super::SubscriberError;
use super::spans;
use super::window::News;
use crate::meter::Meter;
use crate::status::{ConsumerKind, Done, SliceNow};

#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub(super) reached: Position,
    /// What keeps all of it from going on, until it works.
    pub(super) trouble: Option<SubscriberError>,
    pub(super) ended: Option<SubscriberError>,
    /// What this process has done, if it runs the subscriber.
    here: Option<Done>,
    /// The events whose delivery failed and is tried again, and why; no more than are in the window.
    failing: BTreeMap<Position, String>,
}

impl State {
    pub(super) fn ended(error: SubscriberError) -> Self {
        Self { ended: Some(error), ..Self::default() }
    }

    /// How its slice is.
    pub(super) fn slice(&self) -> SliceNow {
        let trouble = self.trouble.as_ref().map(ToString::to_string);
        let failing = || {
            let (position, problem) = self.failing.first_key_value()?;
            Some(format!("the event at {position}: {problem}"))
        };
        let trouble = trouble.or_else(failing);
        SliceNow { reached: self.reached, here: self.here.clone().map(|done| (done, trouble)) }
    }
}

/// How far a subscriber is, as its worker announces it.
#[derive(Clone)]
pub(super) struct Status {
    name: &'static str,
    state: watch::Sender<State>,
    meter: Meter,
}

/// This process runs the subscriber, until this is dropped.
pub(super) struct AtWork(Status);

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.meter.left();
        self.0.state.send_modify(|state| {
            (state.here, state.trouble) = (None, None);
            state.failing.clear();
        });
    }
}

impl Status {
    /// Nothing is announced yet: a checkpoint counts only once the log is known to have it still.
    pub(super) fn new(view: ViewId) -> (Self, watch::Receiver<State>) {
        let (sender, state) = watch::channel(State::default());
        let meter = Meter::new(ConsumerKind::Subscriber, view, 0);
        (Self { name: view.name, state: sender, meter }, state)
    }

    /// This process has taken the subscriber.
    pub(super) fn at_work(&self) -> AtWork {
        self.meter.took();
        self.state.send_modify(|state| state.here = Some(Done::nothing()));
        AtWork(self.clone())
    }

    /// Everything up to here is done or parked.
    pub(super) fn reach(&self, position: Position) {
        self.state.send_if_modified(|state| {
            let news = state.reached != position;
            state.reached = position;
            news
        });
    }

    /// The same, with what is new since the last time.
    pub(super) fn settled(&self, position: Position, news: News, clock: &dyn Clock) {
        self.meter.reached(position, news.events);
        if news.caught_up {
            self.meter.lags(Duration::ZERO);
        } else if let Some(newest) = news.seen_until.filter(|_| news.events > 0) {
            let age = clock.now().as_micros().saturating_sub(newest.as_micros()).max(0);
            self.meter.lags(Duration::from_micros(age.unsigned_abs()));
        }
        self.note(|done| {
            done.add(news.events);
            done.see(news.seen_until);
        });
        self.reach(position);
    }

    /// A save has taken so long.
    pub(super) fn committed(&self, took: Duration) {
        self.meter.committed(took);
    }

    /// So many events are parked now.
    pub(super) fn parked(&self, events: usize) {
        self.meter.parked(events);
        self.note(|done| done.park(events as u64));
    }

    /// Something failed that is tried again.
    pub(super) fn trouble(&self, error: SubscriberError) {
        self.meter.tried_again();
        spans::trouble(self.name, &error);
        self.note(Done::try_again);
        self.state.send_modify(|state| state.trouble = Some(error));
    }

    /// It works again.
    pub(super) fn works(&self) {
        self.state.send_if_modified(|state| state.trouble.take().is_some());
    }

    /// The delivery of an event failed, and is tried again.
    pub(super) fn failing(&self, event: &Recorded, problem: &str) {
        self.meter.tried_again();
        spans::failing(self.name, event, problem);
        self.note(Done::try_again);
        self.state.send_if_modified(|state| {
            state.failing.insert(event.at.position, problem.to_owned());
            false
        });
    }

    /// It is not tried again any more.
    pub(super) fn no_longer_failing(&self, event: &Recorded) {
        self.state.send_if_modified(|state| {
            state.failing.remove(&event.at.position);
            false
        });
    }

    /// Nothing more will come.
    pub(super) fn end(&self, ended: Result<(), SubscriberError>) {
        spans::ended(self.name, &ended);
        let stopped = || SubscriberError::Stopped { subscriber: self.name.to_owned() };
        let error = ended.err().unwrap_or_else(stopped);
        self.state.send_modify(|state| state.ended = Some(error));
    }

    /// Takes note of what nobody waits for.
    fn note(&self, note: impl FnOnce(&mut Done)) {
        self.state.send_if_modified(|state| {
            if let Some(done) = &mut state.here {
                note(done);
            }
            false
        });
    }
}
