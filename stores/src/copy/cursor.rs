use std::vec;

use factum_core::store::{
    Commit, Direction, EventStore, Mark, Outcome, Page, Position, Query, Range, Recorded,
    StoreError,
};

use super::CopyError;
use super::patience::Patience;
use super::runs::{RUN_BYTES, RUN_EVENTS};

/// One of the two logs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Log<'a> {
    pub(super) store: &'a dyn EventStore,
    /// How its errors are called, once they do not pass.
    error: fn(StoreError) -> CopyError,
    patience: Patience,
}

impl<'a> Log<'a> {
    pub(super) fn source(store: &'a dyn EventStore, patience: Patience) -> Self {
        let error = |error| match error {
            StoreError::CorruptEvent { .. } => CopyError::Damaged(error),
            other => CopyError::Source(other),
        };
        Self { store, error, patience }
    }

    pub(super) fn target(store: &'a dyn EventStore, patience: Patience) -> Self {
        Self { store, error: CopyError::Target, patience }
    }

    pub(super) async fn head(&self) -> Result<Mark, CopyError> {
        self.patience.call(|| self.store.head()).await.map_err(self.error)
    }

    /// Appends a run, which is made anew for each try.
    pub(super) async fn append(
        &self,
        run: impl Fn() -> Vec<Commit>,
    ) -> Result<Vec<Outcome>, CopyError> {
        self.patience.call(|| self.store.append(run())).await.map_err(self.error)
    }

    pub(super) async fn read(
        &self,
        query: Query,
        range: Range,
        direction: Direction,
        limit: usize,
    ) -> Result<Page, CopyError> {
        let read = || self.store.read(query.clone(), range, direction, limit);
        self.patience.call(read).await.map_err(self.error)
    }
}

/// A place in a log that moves along it. After an error, and when a future of it was dropped, it
/// stands where it stood.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    log: Log<'a>,
    range: Range,
    direction: Direction,
    limit: usize,
    page: vec::IntoIter<Recorded>,
    more: bool,
    end: Option<Mark>,
}

impl<'a> Cursor<'a> {
    /// From after a mark, or from the beginning, to the end.
    pub(super) fn forward(log: Log<'a>, after: Option<Mark>) -> Self {
        Self::new(log, after.map_or(Range::ALL, Range::since), Direction::Forward)
    }

    /// From a position, inclusive, to the beginning.
    pub(super) fn backward(log: Log<'a>, from: Position) -> Self {
        Self::new(log, Range::ALL.through(from), Direction::Backward)
    }

    fn new(log: Log<'a>, range: Range, direction: Direction) -> Self {
        let page = Vec::new().into_iter();
        Self { log, range, direction, limit: RUN_EVENTS, page, more: true, end: None }
    }

    pub(super) async fn next(&mut self) -> Result<Option<Recorded>, CopyError> {
        self.peek().await?;
        Ok(self.take())
    }

    /// The next event, without going on.
    pub(super) async fn peek(&mut self) -> Result<Option<&Recorded>, CopyError> {
        while self.page.as_slice().is_empty() && self.more {
            self.turn().await?;
        }
        Ok(self.page.as_slice().first())
    }

    /// Goes beyond the event that was peeked at.
    pub(super) fn take(&mut self) -> Option<Recorded> {
        self.page.next()
    }

    /// Looks beyond the end at which it stands: the log may have grown.
    pub(super) fn look_again(&mut self) {
        self.more = true;
    }

    /// How far the log was read, or where it ended when it was read backward.
    pub(super) fn end(&self) -> Option<Mark> {
        self.end
    }

    /// Reads the next page.
    async fn turn(&mut self) -> Result<(), CopyError> {
        let page = self.log.read(Query::All, self.range, self.direction, self.limit).await?;
        match (self.direction, page.events.last()) {
            (Direction::Forward, Some(last)) => self.range = Range::since(last.at.mark()),
            (Direction::Forward, None) => self.range = Range::since(page.complete_to),
            (Direction::Backward, Some(last)) => {
                let before = last.at.position.number().saturating_sub(1);
                self.range = self.range.through(Position::new(before));
            }
            (Direction::Backward, None) => {}
        }
        self.more = page.more && (self.direction == Direction::Forward || !page.events.is_empty());
        self.end = Some(page.complete_to);
        self.fit_limit(&page.events);
        self.page = page.events.into_iter();
        Ok(())
    }

    /// Keeps pages of large events short, also where the store does not.
    fn fit_limit(&mut self, events: &[Recorded]) {
        let bytes: usize = events.iter().map(|event| event.payload.len()).sum();
        self.limit = match bytes {
            large if large > RUN_BYTES => (self.limit / 2).max(1),
            small if small < RUN_BYTES / 4 => (self.limit * 2).min(RUN_EVENTS),
            _ => self.limit,
        };
    }
}
