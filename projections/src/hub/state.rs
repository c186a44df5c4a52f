//! What is in the ring, and who may read on in it: pages on a shelf, a seat for each consumer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use factum_core::store::{Mark, Rewound, StoreError};
use tokio::time::Instant;

use super::page::Page;
use super::seats::{Reading, Seats};
use super::shelf::{Shelf, Spot};

/// How long a consumer may leave pages lying before it has to leave a ring that is full. About as long
/// as a row store may take for all that the ring holds: one that is merely at work is not sent away,
/// and one that has stalled has been so for long when a ring that fills slowly is full.
pub(super) const PATIENCE: Duration = Duration::from_millis(if cfg!(test) { 20 } else { 500 });

pub(super) struct State {
    pub(super) shelf: Shelf,
    pub(super) seats: Seats,
    pub(super) phase: Phase,
    /// From which page on the events of a context are there.
    pub(super) covered: BTreeMap<String, u64>,
    /// Grows when the tail has to begin anew.
    pub(super) epoch: u64,
    pub(super) caught_up: bool,
    /// What the tail met last, and how often it has met something.
    pub(super) trouble: Option<StoreError>,
    pub(super) troubles: u64,
    /// The tail's, where it waits for room or for a new epoch.
    pub(super) tail: Option<Waker>,
}

pub(super) enum Phase {
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

impl State {
    pub(super) fn new() -> Self {
        Self {
            shelf: Shelf::new(),
            seats: Seats::new(),
            phase: Phase::Closed,
            covered: BTreeMap::new(),
            epoch: 0,
            caught_up: false,
            trouble: None,
            troubles: 0,
            tail: None,
        }
    }

    pub(super) fn enter(
        &mut self,
        number: u64,
        seen: Option<Mark>,
        checked: bool,
        now: Instant,
    ) -> Entry {
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

    pub(super) fn trouble(&mut self, number: u64) -> Option<StoreError> {
        let seat = self.seats.get(number)?;
        let news = std::mem::replace(&mut seat.told, self.troubles) != self.troubles;
        self.trouble.clone().filter(|_| news)
    }

    pub(super) fn take(&mut self, number: u64, now: Instant, waker: &Waker) -> Poll<Taken> {
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
    pub(super) fn can_move_on(&mut self) -> bool {
        let first = self.shelf.first();
        let slowest = self.seats.slowest().and_then(|slowest| *slowest);
        self.shelf.is_full() && slowest.is_none_or(|slowest| slowest.next > first)
    }

    pub(super) fn room(&mut self, epoch: u64, now: Instant) -> Room {
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
