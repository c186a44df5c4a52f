//! The bounded ring between the one that reads the log and those that consume it.
//!
//! *Problem.* One slow consumer among many must neither hold up the others nor make the ring grow.
//! *Invariant.* Who reads in the ring gets each page that is published from where it entered on, once
//! and in order, or is told that it has left. The ring is never longer than its bounds and one page.
//! *Shape.* Pages on a shelf, a seat for each consumer, one lock held for moments. Time comes from
//! outside, and waiting is by wakers: nothing here knows of tasks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use factum_core::store::{Mark, Rewound, StoreError};
use tokio::time::Instant;

use super::page::Page;
use super::seats::{Reading, Seats};
use super::shelf::{Shelf, Spot, position};
use super::sync::Mutex;

/// How long a consumer may leave pages lying before it has to leave a ring that is full. About as long
/// as a row store may take for all that the ring holds: one that is merely at work is not sent away,
/// and one that has stalled has been so for long when a ring that fills slowly is full.
pub(super) const PATIENCE: Duration = Duration::from_millis(if cfg!(test) { 20 } else { 500 });

pub(crate) struct Ring {
    state: Mutex<State>,
}

struct State {
    shelf: Shelf,
    seats: Seats,
    phase: Phase,
    /// From which page on the events of a context are there.
    covered: BTreeMap<String, u64>,
    /// Grows when the tail has to begin anew.
    epoch: u64,
    caught_up: bool,
    /// What the tail met last, and how often it has met something.
    trouble: Option<StoreError>,
    troubles: u64,
    /// The tail's, where it waits for room or for a new epoch.
    tail: Option<Waker>,
}

enum Phase {
    /// It is not known yet where the tail begins.
    Closed,
    Open,
    /// The tail has ended, and so do those who have taken all pages.
    Ended(StoreError),
    /// The tail has ended; each consumer reads on by itself.
    Disbanded,
}

/// What comes of wanting to read in the ring.
pub(super) enum Entry {
    In,
    /// The tail has not begun.
    Wait,
    /// What is in the ring does not go on from there, nor will it.
    Out,
    /// It does not yet.
    NotYet,
    /// The ring has another event where the consumer's is.
    Rewound(StoreError),
}

/// What a consumer finds in the ring.
pub(super) enum Taken {
    /// At least one page, and whether that was all of the log.
    Pages(Vec<Arc<Page>>, bool),
    /// The tail met this, and tries again.
    Trouble(StoreError),
    /// The tail has ended with this.
    Ended(StoreError),
    /// It had to leave, or never was in the ring.
    Left,
}

/// Whether the tail may publish a page.
pub(super) enum Room {
    Free,
    /// Another epoch has begun.
    Changed,
    /// Not before somebody takes a page, or this time comes.
    Full(Option<Instant>),
}

/// What the tail does in an epoch.
pub(super) struct Plan {
    pub(super) epoch: u64,
    pub(super) after: Option<Mark>,
    pub(super) contexts: Vec<String>,
}

impl Ring {
    pub(super) fn new() -> Self {
        let state = State {
            shelf: Shelf::new(),
            seats: Seats::new(),
            phase: Phase::Closed,
            covered: BTreeMap::new(),
            epoch: 0,
            caught_up: false,
            trouble: None,
            troubles: 0,
            tail: None,
        };
        Self { state: Mutex::new(state) }
    }

    /// Works on the state, and wakes whom that concerns once the lock is free again.
    fn with<R>(&self, work: impl FnOnce(&mut State, &mut Vec<Waker>) -> R) -> R {
        let mut wakers = Vec::new();
        let result = work(&mut self.state.lock(), &mut wakers);
        wakers.into_iter().for_each(Waker::wake);
        result
    }
}

/// For consumers.
impl Ring {
    /// Makes a seat for one that has seen the log up to a mark; its number.
    pub(super) fn add(&self, contexts: Arc<[String]>, start: Option<Mark>) -> u64 {
        self.with(|state, wakers| {
            let is_covered = contexts.iter().all(|context| state.covered.contains_key(context));
            if matches!(state.phase, Phase::Open) && !is_covered {
                state.epoch += 1;
                wakers.extend(state.tail.take());
            }
            state.seats.add(contexts, start)
        })
    }

    pub(super) fn remove(&self, number: u64) {
        self.with(|state, wakers| {
            state.seats.remove(number);
            // The others may be far enough now.
            wakers.extend(state.tail.take());
        });
    }

    /// Wants to read in the ring, from after what was seen. `checked`: that is known to stand in the
    /// log.
    pub(super) fn enter(
        &self,
        number: u64,
        seen: Option<Mark>,
        checked: bool,
        now: Instant,
        waker: &Waker,
    ) -> Entry {
        self.with(|state, wakers| {
            let entry = state.enter(number, seen, checked, now);
            if matches!(entry, Entry::In) {
                wakers.extend(state.tail.take());
            } else if let Some(seat) = state.seats.get(number) {
                let is_told = matches!(entry, Entry::Wait | Entry::NotYet);
                seat.waker = is_told.then(|| waker.clone());
            }
            entry
        })
    }

    /// What the tail met since this was asked last.
    pub(super) fn trouble(&self, number: u64) -> Option<StoreError> {
        self.with(|state, _| state.trouble(number))
    }

    /// Takes all pages that are there.
    pub(super) fn poll_take(&self, number: u64, now: Instant, cx: &Context<'_>) -> Poll<Taken> {
        self.with(|state, wakers| {
            let taken = state.take(number, now, cx.waker());
            if matches!(taken, Poll::Ready(Taken::Pages(..))) && state.can_move_on() {
                wakers.extend(state.tail.take());
            }
            taken
        })
    }
}

/// For the tail.
impl Ring {
    /// Where the consumers began, in the order of the log.
    pub(super) fn starts(&self) -> Vec<Option<Mark>> {
        let mut starts: Vec<_> =
            self.with(|state, _| state.seats.iter().map(|seat| seat.start).collect());
        starts.sort_by_key(|start| position(*start));
        starts
    }

    /// The tail begins after this mark, which is known to stand in the log: who has it enters.
    pub(super) fn open(&self, base: Option<Mark>, now: Instant) {
        self.with(|state, wakers| {
            state.phase = Phase::Open;
            state.shelf.restart(base);
            let reading = Reading { next: state.shelf.first(), since: now };
            for seat in state.seats.iter_mut().filter(|seat| seat.start == base) {
                seat.reading = Some(reading);
            }
            wakers.extend(state.seats.wakers());
        });
    }

    /// What is to be done now: to read from the end of the ring on, for all contexts.
    pub(super) fn plan(&self) -> Plan {
        self.with(|state, _| {
            let next = state.shelf.next();
            for context in state.seats.iter().flat_map(|seat| seat.contexts.iter()) {
                state.covered.entry(context.clone()).or_insert(next);
            }
            let contexts = state.covered.keys().cloned().collect();
            Plan { epoch: state.epoch, after: state.shelf.end(), contexts }
        })
    }

    /// The contexts that several consumers listen to.
    pub(super) fn shared(&self) -> Vec<String> {
        self.with(|state, _| {
            let mut listeners: BTreeMap<&String, usize> = BTreeMap::new();
            for context in state.seats.iter().flat_map(|seat| seat.contexts.iter()) {
                *listeners.entry(context).or_default() += 1;
            }
            let shared = listeners.into_iter().filter(|(_, listeners)| *listeners > 1);
            shared.map(|(context, _)| context.clone()).collect()
        })
    }

    /// Whether a page can be published. Whoever keeps a full ring waiting for too long has to leave.
    pub(super) fn room(&self, epoch: u64, now: Instant, waker: &Waker) -> Room {
        self.with(|state, _| {
            let room = state.room(epoch, now);
            if let Room::Full(_) = room {
                state.tail = Some(waker.clone());
            }
            room
        })
    }

    /// Waits for another epoch.
    pub(super) fn poll_changed(&self, epoch: u64, cx: &Context<'_>) -> Poll<()> {
        self.with(|state, _| {
            if state.epoch != epoch {
                return Poll::Ready(());
            }
            state.tail = Some(cx.waker().clone());
            Poll::Pending
        })
    }

    /// Hands a page to all; not if another epoch has begun.
    pub(super) fn publish(&self, epoch: u64, page: Page, now: Instant) -> bool {
        self.with(|state, wakers| {
            if state.epoch != epoch {
                return false;
            }
            let number = state.shelf.next();
            let readings = state.seats.iter_mut().filter_map(|seat| seat.reading.as_mut());
            for reading in readings.filter(|reading| reading.next == number) {
                reading.since = now;
            }
            state.caught_up = page.caught_up();
            state.trouble = None;
            state.shelf.push(Arc::new(page));
            wakers.extend(state.seats.wakers());
            true
        })
    }

    /// Tells all what the tail met; it tries again.
    pub(super) fn tell(&self, trouble: StoreError) {
        self.with(|state, wakers| {
            state.trouble = Some(trouble);
            state.troubles += 1;
            wakers.extend(state.seats.wakers());
        });
    }

    /// The tail has ended. It does so only once.
    pub(super) fn end(&self, error: StoreError) {
        self.leave(Phase::Ended(error));
    }

    /// The tail has ended, for a reason that does not concern every consumer.
    pub(super) fn disband(&self) {
        self.leave(Phase::Disbanded);
    }

    fn leave(&self, phase: Phase) {
        self.with(|state, wakers| {
            if matches!(state.phase, Phase::Closed | Phase::Open) {
                state.phase = phase;
                wakers.extend(state.seats.wakers());
            }
        });
    }
}

impl State {
    fn enter(&mut self, number: u64, seen: Option<Mark>, checked: bool, now: Instant) -> Entry {
        match self.phase {
            Phase::Closed => return Entry::Wait,
            Phase::Ended(_) | Phase::Disbanded => return Entry::Out,
            Phase::Open => {}
        }
        let checked = checked || seen.is_none();
        let floor = self.floor(number);
        let spot = floor.map(|floor| self.shelf.spot(floor, seen));
        let next = match (spot, seen) {
            (Some(Spot::At(_, Some(found))), Some(seen)) if found != seen => {
                return if checked {
                    Entry::Rewound(Rewound { seen, found }.into())
                } else {
                    Entry::Out
                };
            }
            (Some(Spot::At(next, found)), _) if checked || found.is_some() => next,
            // A tail that waits for news has them as soon as anybody.
            (Some(Spot::Ahead), _) if checked && self.caught_up => self.shelf.next(),
            // The ring is nobody's: the tail goes on from here.
            _ if checked && self.seats.iter().all(|seat| seat.reading.is_none()) => {
                self.shelf.restart(seen);
                self.caught_up = false;
                self.epoch += 1;
                self.shelf.next()
            }
            (None | Some(Spot::Ahead), _) => return Entry::NotYet,
            _ => return Entry::Out,
        };
        if let Some(seat) = self.seats.get(number) {
            seat.reading = Some(Reading { next, since: now });
        }
        Entry::In
    }

    /// From which page on all that the consumer listens to is there.
    fn floor(&mut self, number: u64) -> Option<u64> {
        let contexts = self.seats.get(number)?.contexts.clone();
        let mut floor = self.shelf.first();
        for context in contexts.iter() {
            floor = floor.max(*self.covered.get(context)?);
        }
        Some(floor)
    }

    fn trouble(&mut self, number: u64) -> Option<StoreError> {
        let seat = self.seats.get(number)?;
        let news = std::mem::replace(&mut seat.told, self.troubles) != self.troubles;
        self.trouble.clone().filter(|_| news)
    }

    fn take(&mut self, number: u64, now: Instant, waker: &Waker) -> Poll<Taken> {
        let Some(seat) = self.seats.get(number) else { return Poll::Ready(Taken::Left) };
        let Some(reading) = &mut seat.reading else { return Poll::Ready(Taken::Left) };
        let pages: Vec<_> = self.shelf.from(reading.next).cloned().collect();
        if !pages.is_empty() {
            *reading = Reading { next: self.shelf.next(), since: now };
            return Poll::Ready(Taken::Pages(pages, self.caught_up));
        }
        match &self.phase {
            Phase::Ended(error) => return Poll::Ready(Taken::Ended(error.clone())),
            Phase::Disbanded => {
                seat.reading = None;
                return Poll::Ready(Taken::Left);
            }
            Phase::Closed | Phase::Open => seat.waker = Some(waker.clone()),
        }
        match self.trouble(number) {
            Some(trouble) => Poll::Ready(Taken::Trouble(trouble)),
            None => Poll::Pending,
        }
    }

    /// Whether a tail that waits for room has it.
    fn can_move_on(&mut self) -> bool {
        let first = self.shelf.first();
        let slowest = self.seats.slowest().and_then(|slowest| *slowest);
        self.shelf.is_full() && slowest.is_none_or(|slowest| slowest.next > first)
    }

    fn room(&mut self, epoch: u64, now: Instant) -> Room {
        if self.epoch != epoch {
            return Room::Changed;
        }
        loop {
            // Without anybody in the ring nothing is read, and nothing that is there goes away.
            let Some(slowest) = self.seats.slowest() else { return Room::Full(None) };
            let Some(Reading { next, since }) = *slowest else { return Room::Full(None) };
            if !self.shelf.is_full() {
                return Room::Free;
            }
            if next > self.shelf.first() {
                self.shelf.drop_first();
            } else if now >= since + PATIENCE {
                *slowest = None;
            } else {
                return Room::Full(Some(since + PATIENCE));
            }
        }
    }
}
