use std::collections::VecDeque;

use factum_core::Timestamp;
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
    news: News,
}

/// What is new since it was asked last.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct News {
    /// How many events were settled, in whatever order.
    pub(super) events: u64,
    /// Everything that was decided until then is settled.
    pub(super) seen_until: Option<Timestamp>,
    /// The log went no further than what is settled.
    pub(super) caught_up: bool,
}

struct Slot {
    /// How far the log is known with this event.
    to: Mark,
    seen: Seen,
    settled: bool,
}

/// What is seen of the log with an event.
#[derive(Clone, Copy)]
struct Seen {
    /// Everything that was decided until then.
    until: Timestamp,
    /// The log went no further then.
    end: bool,
}

impl Window {
    pub(super) fn new(at: Mark, room: usize) -> Self {
        Self { at, slots: VecDeque::new(), first: 0, room, news: News::default() }
    }

    /// Whether another event may be taken.
    pub(super) fn has_room(&self) -> bool {
        self.slots.len() < self.room
    }

    /// Takes an event that was decided then, and gives the number by which it is settled.
    pub(super) fn open(&mut self, to: Mark, decided: Timestamp) -> u64 {
        let seen = Seen { until: decided, end: false };
        self.slots.push_back(Slot { to, seen, settled: false });
        self.first + self.slots.len() as u64 - 1
    }

    /// The event is done or parked.
    pub(super) fn settle(&mut self, number: u64) {
        let place = number.checked_sub(self.first).and_then(|place| usize::try_from(place).ok());
        if let Some(slot) = place.and_then(|place| self.slots.get_mut(place)) {
            self.news.events += u64::from(!slot.settled);
            slot.settled = true;
        }
        while let Some(slot) = self.slots.pop_front_if(|slot| slot.settled) {
            self.at = slot.to;
            self.see(slot.seen);
            self.first += 1;
        }
    }

    /// Nothing else comes up to here, where the log ended at that time if one is given.
    pub(super) fn pass(&mut self, to: Mark, ended: Option<Timestamp>) {
        let seen = ended.map(|until| Seen { until, end: true });
        match self.slots.back_mut() {
            Some(last) => {
                last.to = to;
                last.seen = seen.unwrap_or(last.seen);
            }
            None => {
                self.at = to;
                seen.into_iter().for_each(|seen| self.see(seen));
            }
        }
    }

    fn see(&mut self, Seen { until, end }: Seen) {
        self.news.seen_until = self.news.seen_until.max(Some(until));
        self.news.caught_up = end;
    }

    /// What is new since the last call.
    pub(super) fn news(&mut self) -> News {
        let caught_up = self.news.caught_up && self.slots.is_empty();
        let news = News { caught_up, ..self.news };
        self.news.events = 0;
        news
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

    fn time(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000)
    }

    #[test]
    fn it_is_at_what_everything_before_is_settled() {
        let mut window = Window::new(mark(0), 3);
        let at = |window: &Window| window.at().position.number();
        window.pass(mark(2), None);
        assert_eq!(at(&window), 2, "nothing is open");
        let [a, b, c] = [3, 5, 6].map(|position| window.open(mark(position), time(0)));
        assert!(!window.has_room());
        window.pass(mark(9), None);
        window.settle(b);
        assert_eq!((at(&window), window.has_room()), (2, false));
        window.settle(a);
        assert_eq!((at(&window), window.has_room()), (5, true));
        // A number that was settled is nobody else's.
        window.settle(a);
        let d = window.open(mark(12), time(0));
        window.settle(d);
        assert_eq!(at(&window), 5);
        window.settle(c);
        assert_eq!(at(&window), 12);
    }

    #[test]
    fn what_is_seen_goes_as_far_as_everything_before_is_settled() {
        let mut window = Window::new(mark(0), 9);
        assert_eq!(window.news(), News::default());
        window.pass(mark(2), Some(time(10)));
        let news = |events, second, caught_up| {
            let seen_until = Some(time(second));
            News { events, seen_until, caught_up }
        };
        assert_eq!(window.news(), news(0, 10, true));
        let (a, b) = (window.open(mark(3), time(20)), window.open(mark(4), time(30)));
        window.pass(mark(5), Some(time(40)));
        window.settle(b);
        window.settle(b);
        assert_eq!(window.news(), news(1, 10, false), "the first is open");
        window.settle(a);
        assert_eq!(window.news(), news(1, 40, true));
        let c = window.open(mark(6), time(35));
        window.settle(c);
        assert_eq!(window.news(), news(1, 40, false), "time does not run backwards");
    }
}
