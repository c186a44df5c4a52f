//! Where a copy goes on: the target's last event, found in the source by its stream and revision.

use factum_core::store::{Direction, EventStore, Mark, Position, Query, Range, Recorded};
use futures_util::future::join;

use super::CopyError;
use super::checksum::Tally;
use super::compare::compare;
use super::cursor::{Cursor, Log};
use super::patience::Patience;
use super::runs::RUN_EVENTS;

/// The newest event of the target, in either log.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reached {
    /// `None`: the target is empty.
    pub(super) source: Option<Mark>,
    pub(super) target: Option<Mark>,
}

/// The two logs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair<'a> {
    pub(super) source: Log<'a>,
    pub(super) target: Log<'a>,
}

impl<'a> Pair<'a> {
    pub(super) fn of(from: &'a dyn EventStore, to: &'a dyn EventStore, patience: Patience) -> Self {
        Self { source: Log::source(from, patience), target: Log::target(to, patience) }
    }

    /// Checks that they are two: a log would be found to be a copy of itself.
    pub(super) async fn are_two(&self) -> Result<(), CopyError> {
        let (source, target) = join(self.source.head(), self.target.head()).await;
        let (log, target) = (source?.log, target?.log);
        if log == target { Err(CopyError::Itself { log }) } else { Ok(()) }
    }

    /// Finds where to go on, and compares the end of the target with the source.
    pub(super) async fn reached(&self) -> Result<Reached, CopyError> {
        let page = self.target.read(Query::All, Range::ALL, Direction::Backward, 1).await?;
        let Some(last) = page.events.first() else { return Ok(Reached::default()) };
        match self.compare_end(last).await {
            Ok(source) => Ok(Reached { source: Some(source), target: Some(last.at.mark()) }),
            Err(known @ CopyError::Differs(_)) => {
                // The first difference says more than the last one.
                self.compare_all(last.at.position, &mut Tally::new()).await?;
                Err(known)
            }
            Err(other) => Err(other),
        }
    }

    /// Compares what an earlier call may have left without comparing it: its last two runs.
    async fn compare_end(&self, last: &Recorded) -> Result<Mark, CopyError> {
        let query = Query::Stream(last.at.stream.clone());
        let range = Range::from_revision(last.at.revision);
        let page = self.source.read(query, range, Direction::Forward, 1).await?;
        compare(page.events.first(), Some(last))?;
        let same = page.events.first().unwrap_or(last);
        let mut source = Cursor::backward(self.source, same.at.position);
        let mut target = Cursor::backward(self.target, last.at.position);
        let mut index = last.at.index;
        for _ in 0..2 {
            // A run has at most so many events and one more commit; before it stands one that was compared.
            let events = RUN_EVENTS.saturating_add(index as usize).saturating_add(2);
            for _ in 0..events {
                let (source, target) = join(source.next(), target.next()).await;
                let (source, target) = (source?, target?);
                compare(source.as_ref(), target.as_ref())?;
                let Some(target) = target else { return Ok(same.at.mark()) };
                index = target.at.index;
            }
        }
        Ok(same.at.mark())
    }

    /// Compares the target with the source from the first event up to and with a position of the
    /// target: a run of a call that was dropped may still arrive after it.
    pub(super) async fn compare_all(
        &self,
        through: Position,
        tally: &mut Tally,
    ) -> Result<(), CopyError> {
        let mut source = Cursor::forward(self.source, None);
        let mut target = Cursor::forward(self.target, None);
        loop {
            let (source, target) = join(source.next(), target.next()).await;
            let target = target?.filter(|event| event.at.position <= through);
            let Some(target) = target else { return Ok(()) };
            compare(source?.as_ref(), Some(&target))?;
            tally.add(&target);
        }
    }
}
