use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::Waker;

use factum_core::store::Mark;
use tokio::time::Instant;

/// The consumers, by their numbers.
pub(super) struct Seats {
    seats: BTreeMap<u64, Seat>,
    next: u64,
}

/// What the ring knows of a consumer.
pub(super) struct Seat {
    /// The contexts that it listens to.
    pub(super) contexts: Arc<[String]>,
    /// Where it began.
    pub(super) start: Option<Mark>,
    /// How far it is in the ring; `None` while it reads the log by itself.
    pub(super) reading: Option<Reading>,
    /// The number of the newest trouble that it was told.
    pub(super) told: u64,
    /// Is called when there is something new for it.
    pub(super) waker: Option<Waker>,
}

#[derive(Clone, Copy)]
pub(super) struct Reading {
    /// The number of the page that it takes next.
    pub(super) next: u64,
    /// Since when it has left pages lying.
    pub(super) since: Instant,
}

impl Seats {
    pub(super) const fn new() -> Self {
        Self { seats: BTreeMap::new(), next: 0 }
    }

    pub(super) fn add(&mut self, contexts: Arc<[String]>, start: Option<Mark>) -> u64 {
        let number = self.next;
        self.next += 1;
        let seat = Seat { contexts, start, reading: None, told: 0, waker: None };
        self.seats.insert(number, seat);
        number
    }

    pub(super) fn remove(&mut self, number: u64) {
        self.seats.remove(&number);
    }

    pub(super) fn get(&mut self, number: u64) -> Option<&mut Seat> {
        self.seats.get_mut(&number)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Seat> {
        self.seats.values()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Seat> {
        self.seats.values_mut()
    }

    /// The one that is the furthest behind of those who read in the ring; of several the one that is
    /// so for the longest.
    pub(super) fn slowest(&mut self) -> Option<&mut Option<Reading>> {
        let readings = self.seats.values_mut().map(|seat| &mut seat.reading);
        readings
            .filter(|reading| reading.is_some())
            .min_by_key(|reading| reading.map(|reading| (reading.next, reading.since)))
    }

    pub(super) fn wakers(&mut self) -> Vec<Waker> {
        self.iter_mut().filter_map(|seat| seat.waker.take()).collect()
    }
}
