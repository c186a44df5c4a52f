//! The bounded ring between the one that reads the log and those that consume it.
//!
//! *Problem.* One slow consumer among many must neither hold up the others nor make the ring grow.
//! *Invariant.* Who reads in the ring gets each page that is published from where it entered on, once
//! and in order, or is told that it has left. The ring is never longer than its bounds and one page.
//! *Shape.* One lock, held for moments, around a [`State`], which decides; who waits is woken once
//! the lock is free again. Time comes from outside, and waiting is by wakers: nothing here knows of tasks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use factum_core::store::{Mark, StoreError};
use tokio::time::Instant;

use super::page::Page;
use super::seats::Reading;
use super::shelf::position;
use super::state::{Entry, Phase, Room, State, Taken};
use super::sync::Mutex;

pub(crate) struct Ring {
    state: Mutex<State>,
}

/// What the tail does in an epoch.
pub(super) struct Plan {
    pub(super) epoch: u64,
    pub(super) after: Option<Mark>,
    pub(super) contexts: Vec<String>,
}

impl Ring {
    pub(super) fn new() -> Self {
        Self { state: Mutex::new(State::new()) }
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
