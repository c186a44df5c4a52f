use std::sync::atomic::{AtomicUsize, Ordering};

use factum_core::store::{Direction, Mark, Page, Position, Query, Range, Recorded, StoreError};

use futures_util::future::{OptionFuture, join};

use super::Shared;
use super::batch::{Batch, moment};
use super::entry::Entry;

/// The most events that a page has, and about the most bytes.
const EVENTS: usize = 4096;
const BYTES: usize = 4 * 1024 * 1024;
/// How many entries one read searches forward before it gives what it has.
const SEARCHED: usize = 32 * 1024;
/// How many bytes, about, and how many entries at the most come with one trip.
const TRIP_BYTES: usize = 1024 * 1024;
const TRIP: usize = 1024;
/// How many where the next trip is under way while the events of this one are decoded.
const SHORT_TRIP: usize = 512;

/// How large entries are, about: so that a trip brings no more than fits.
#[derive(Debug)]
pub(super) struct Sizes(AtomicUsize);

impl Default for Sizes {
    fn default() -> Self {
        Self(AtomicUsize::new(TRIP_BYTES / TRIP))
    }
}

impl Sizes {
    fn entries_a_trip(&self) -> usize {
        (TRIP_BYTES / self.0.load(Ordering::Relaxed).max(1)).clamp(1, TRIP)
    }

    fn note(&self, entries: &[Entry]) {
        let bytes: usize = entries.iter().map(Entry::size).sum();
        if let Some(mean) = bytes.checked_div(entries.len()) {
            let known = self.0.load(Ordering::Relaxed);
            // Growing at once, shrinking step by step.
            self.0.store(mean.max(known / 2), Ordering::Relaxed);
        }
    }
}

/// One page.
pub(super) async fn page(
    shared: &Shared,
    query: Query,
    range: Range,
    direction: Direction,
    limit: usize,
) -> Result<Page, StoreError> {
    let limit = limit.min(EVENTS);
    if limit == 0 || range.through.is_some_and(|through| through <= range.after) {
        return nothing(shared, &range, direction).await;
    }
    let (events, bytes) = (Vec::new(), 0);
    let reading = Reading { shared, query, range, limit, events, bytes };
    match direction {
        Direction::Forward => reading.forward().await,
        Direction::Backward => reading.backward().await,
    }
}

/// A page that cannot have events, or was to have none.
async fn nothing(shared: &Shared, range: &Range, direction: Direction) -> Result<Page, StoreError> {
    let moment = moment(shared, range).await?;
    let last = moment.last(range);
    let more = last.position > range.after;
    let complete_to = match direction {
        Direction::Forward if more => range.seen.unwrap_or(Mark::start(last.log)),
        Direction::Forward => last,
        Direction::Backward => moment.end,
    };
    Ok(Page { events: Vec::new(), more, complete_to })
}

/// The next entries, at most so many as a page of that many events may need.
async fn batch(
    shared: &Shared,
    query: &Query,
    range: &Range,
    direction: Direction,
    limit: usize,
) -> Result<Batch, StoreError> {
    let most = shared.sizes.entries_a_trip();
    // Where each entry may match, no more are needed than events; a filter lets fewer through.
    let most = match query {
        Query::AnyOf(_) => most.min(limit.saturating_mul(4)),
        Query::Stream(_) => most.min(limit),
        Query::All => most.min(limit).min(SHORT_TRIP),
    };
    let batch = Batch::read(shared, query, range, direction, most).await?;
    shared.sizes.note(&batch.entries);
    Ok(batch)
}

/// A read under way.
struct Reading<'a> {
    shared: &'a Shared,
    query: Query,
    range: Range,
    limit: usize,
    events: Vec<Recorded>,
    bytes: usize,
}

impl Reading<'_> {
    fn wants(&self, event: &Recorded) -> bool {
        self.range.contains(event.at.position, event.at.revision) && self.query.matches(event)
    }

    fn is_full(&self) -> bool {
        self.events.len() >= self.limit || self.bytes >= BYTES
    }

    fn push(&mut self, event: Recorded) {
        self.bytes += event.payload.len();
        self.events.push(event);
    }

    fn page(self, more: bool, complete_to: Mark) -> Page {
        Page { events: self.events, more, complete_to }
    }

    async fn forward(mut self) -> Result<Page, StoreError> {
        let (mut left, mut searched) = (self.range, 0);
        let (shared, query, limit) = (self.shared, self.query.clone(), self.limit);
        let next = |range: Range| {
            let query = &query;
            async move { batch(shared, query, &range, Direction::Forward, limit).await }
        };
        let mut got = next(left).await?;
        loop {
            let Batch { moment, entries, mut more } = got;
            searched += entries.len();
            let last = moment.last(&self.range);
            let ahead = self.ahead(&left, &entries, more, last)?;
            let ahead = OptionFuture::from(ahead.map(&next));
            // The first is polled first: it is on its way while the second decodes.
            let (ahead, took) = join(ahead, async { self.take(&mut left, entries, last) }).await;
            let rest = took?;
            if self.is_full() {
                let mark = left.seen.unwrap_or(last);
                let more = (rest || more) && mark.position < last.position;
                return Ok(self.page(more, if more { mark } else { last }));
            }
            more &= left.after < last.position;
            match left.seen {
                Some(mark) if more && searched >= SEARCHED => return Ok(self.page(true, mark)),
                _ if !more => return Ok(self.page(false, last)),
                _ => {}
            }
            got = match ahead {
                Some(ahead) => ahead?,
                None => next(left).await?,
            };
        }
    }

    /// What is left beyond these entries, where it is certain to be needed.
    fn ahead(
        &self,
        left: &Range,
        entries: &[Entry],
        more: bool,
        last: Mark,
    ) -> Result<Option<Range>, StoreError> {
        let enough = self.events.len() + entries.len() >= self.limit;
        match entries.last() {
            Some(entry) if self.query == Query::All && more && !enough => {
                let mark = entry.mark(last.log).map_err(|damaged| self.shared.damaged(damaged))?;
                let wanted = mark.position < last.position;
                Ok(wanted.then_some(Range { after: mark.position, seen: Some(mark), ..*left }))
            }
            _ => Ok(None),
        }
    }

    /// Takes the events that are wanted until the page is full; whether some of these are left.
    fn take(
        &mut self,
        left: &mut Range,
        entries: Vec<Entry>,
        last: Mark,
    ) -> Result<bool, StoreError> {
        let mut entries = entries.into_iter();
        while let Some(entry) = entries.next() {
            let mut events = self.decode(&entry, last)?.into_iter();
            while let Some(event) = events.next() {
                let mark = event.at.mark();
                *left = Range { after: mark.position, seen: Some(mark), ..*left };
                if self.wants(&event) {
                    self.push(event);
                }
                if self.is_full() {
                    return Ok(events.len() + entries.len() > 0);
                }
            }
        }
        Ok(false)
    }

    async fn backward(mut self) -> Result<Page, StoreError> {
        let (mut left, mut end) = (self.range, None);
        loop {
            let Batch { moment, entries, mut more } =
                batch(self.shared, &self.query, &left, Direction::Backward, self.limit).await?;
            let end = *end.get_or_insert(moment.end);
            if entries.is_empty() && more && left.through.is_none() {
                // All that came was newer.
                left.through = Some(end.position);
                continue;
            }
            let mut entries = entries.into_iter();
            while let Some(entry) = entries.next() {
                let mut events = self.decode(&entry, moment.end)?.into_iter().rev();
                while let Some(event) = events.next() {
                    let before = event.at.position.number().saturating_sub(1);
                    left = Range { through: Some(Position::new(before)), ..left };
                    if self.wants(&event) {
                        self.push(event);
                    }
                    if self.is_full() {
                        let rest = events.len() + entries.len() > 0 || more;
                        let more = rest && before > self.range.after.number();
                        return Ok(self.page(more, end));
                    }
                }
            }
            more &= left.through.is_some_and(|through| through > self.range.after);
            if !more {
                return Ok(self.page(false, end));
            }
        }
    }

    fn decode(&self, entry: &Entry, end: Mark) -> Result<Vec<Recorded>, StoreError> {
        entry.events(end.log).map_err(|damaged| self.shared.damaged(damaged))
    }
}
