use std::collections::VecDeque;
use std::sync::Arc;

use factum_core::store::{Mark, Position};

use super::page::Page;

/// A quiet log makes pages of one event: this many bridge some seconds of those. Tests come to the
/// bounds sooner.
const PAGES: usize = if cfg!(loom) { 2 } else { 4096 };
/// What a consumer takes in at once, at the most, is the whole ring: as many events as are committed in
/// some hundred milliseconds.
pub(super) const EVENTS: usize = if cfg!(test) { 64 } else { 16 * 1024 };
/// Of payloads: large events make a short ring.
const BYTES: usize = 16 * 1024 * 1024;

/// The pages that the ring holds. Each has a number; they follow on one another without a gap.
pub(super) struct Shelf {
    pages: VecDeque<Arc<Page>>,
    /// The number of the first page.
    first: u64,
    /// How far the log goes before it.
    base: Option<Mark>,
    events: usize,
    bytes: usize,
}

/// Where a consumer has to go on that has seen the log up to a mark.
pub(super) enum Spot {
    /// With the page of this number. If the mark's position is on the shelf, what is there.
    At(u64, Option<Mark>),
    /// With what is no longer on the shelf.
    Before,
    /// With what has not come yet.
    Ahead,
}

impl Shelf {
    pub(super) const fn new() -> Self {
        Self { pages: VecDeque::new(), first: 0, base: None, events: 0, bytes: 0 }
    }

    /// Takes all pages away: the next one will go on from the mark.
    pub(super) fn restart(&mut self, base: Option<Mark>) {
        *self = Self { first: self.next(), base, ..Self::new() };
    }

    /// Whether another page would be too much. The newest page may go beyond the bounds.
    pub(super) fn is_full(&self) -> bool {
        self.pages.len() >= PAGES || self.events >= EVENTS || self.bytes >= BYTES
    }

    pub(super) fn push(&mut self, page: Arc<Page>) {
        self.events += page.len();
        self.bytes += page.bytes();
        self.pages.push_back(page);
    }

    pub(super) fn drop_first(&mut self) {
        if let Some(page) = self.pages.pop_front() {
            self.first += 1;
            self.base = Some(page.to());
            self.events -= page.len();
            self.bytes -= page.bytes();
        }
    }

    /// The number of the first page.
    pub(super) fn first(&self) -> u64 {
        self.first
    }

    /// The number that the next page gets.
    pub(super) fn next(&self) -> u64 {
        self.first + self.pages.len() as u64
    }

    /// How far the log is known with all pages.
    pub(super) fn end(&self) -> Option<Mark> {
        self.pages.back().map(|page| page.to()).or(self.base)
    }

    /// The pages from this number on.
    pub(super) fn from(&self, number: u64) -> impl Iterator<Item = &Arc<Page>> {
        let skipped = usize::try_from(number.saturating_sub(self.first)).unwrap_or(usize::MAX);
        self.pages.iter().skip(skipped)
    }

    /// Where to go on after the mark, no earlier than with the page `floor`.
    pub(super) fn spot(&self, floor: u64, seen: Option<Mark>) -> Spot {
        let floor = floor.max(self.first);
        let mut before = self.base;
        if let Some(last) = floor.checked_sub(1).filter(|_| floor > self.first) {
            before = self.from(last).next().map(|page| page.to());
        }
        let position = position(seen);
        if position < self::position(before) {
            return Spot::Before;
        }
        if position > self::position(self.end()) {
            return Spot::Ahead;
        }
        let passed = self.from(floor).take_while(|page| page.to().position <= position).count();
        let number = floor + passed as u64;
        let around = number.saturating_sub(1).max(self.first);
        let on_pages = self.from(around).take(2).find_map(|page| page.mark_at(position));
        let at_base = self.base.filter(|base| base.position == position);
        Spot::At(number, on_pages.or(at_base))
    }
}

/// How far that is in the log.
pub(super) fn position(mark: Option<Mark>) -> Position {
    mark.map_or(Position::START, |mark| mark.position)
}
