use std::collections::VecDeque;

use factum_core::store::Mark;

/// What was taken from the log and is not known to be done up to here: how far everything is done,
/// though things are done in any order.
pub(super) struct Window {
    /// Everything up to here is settled: done or parked.
    at: Mark,
    slots: VecDeque<Slot>,
    /// The number of the first slot.
    first: u64,
    room: usize,
}

struct Slot {
    /// How far the log is known with this event.
    to: Mark,
    settled: bool,
}

impl Window {
    pub(super) fn new(at: Mark, room: usize) -> Self {
        Self { at, slots: VecDeque::new(), first: 0, room }
    }

    /// Whether another event may be taken.
    pub(super) fn has_room(&self) -> bool {
        self.slots.len() < self.room
    }

    /// Takes an event, and gives the number by which it is settled.
    pub(super) fn open(&mut self, to: Mark) -> u64 {
        self.slots.push_back(Slot { to, settled: false });
        self.first + self.slots.len() as u64 - 1
    }

    /// The event is done or parked.
    pub(super) fn settle(&mut self, number: u64) {
        let place = number.checked_sub(self.first).and_then(|place| usize::try_from(place).ok());
        if let Some(slot) = place.and_then(|place| self.slots.get_mut(place)) {
            slot.settled = true;
        }
        while let Some(slot) = self.slots.pop_front_if(|slot| slot.settled) {
            self.at = slot.to;
            self.first += 1;
        }
    }

    /// Nothing else comes up to here.
    pub(super) fn pass(&mut self, to: Mark) {
        match self.slots.back_mut() {
            Some(last) => last.to = to,
            None => self.at = to,
        }
    }

    /// Everything up to here is settled.
    pub(super) fn at(&self) -> Mark {
        self.at
    }
}

#[cfg(test)]
mod tests {
    use factum_core::store::{LogId, Position};

    use super::*;

    fn mark(position: u64) -> Mark {
        Mark { position: Position::new(position), ..Mark::start(LogId::from_bytes([0; 16])) }
    }

    #[test]
    fn it_is_at_what_everything_before_is_settled() {
        let mut window = Window::new(mark(0), 3);
        let at = |window: &Window| window.at().position.number();
        window.pass(mark(2));
        assert_eq!(at(&window), 2, "nothing is open");
        let (a, b, c) = (window.open(mark(3)), window.open(mark(5)), window.open(mark(6)));
        assert!(!window.has_room());
        window.pass(mark(9));
        window.settle(b);
        assert_eq!((at(&window), window.has_room()), (2, false));
        window.settle(a);
        assert_eq!((at(&window), window.has_room()), (5, true));
        // A number that was settled is nobody else's.
        window.settle(a);
        let d = window.open(mark(12));
        window.settle(d);
        assert_eq!(at(&window), 5);
        window.settle(c);
        assert_eq!(at(&window), 12);
    }
}
