use factum_core::Key;
use factum_core::store::{Guard, Mark, Outcome, Position, Query, Recorded, Refused};

use super::compare::compare;
use super::cursor::{Cursor, Log};
use super::fit::unfit;
use super::runs::{commit, commits_of};
use super::{CopyError, Unfit};

/// The log that is written to, and read behind that.
#[derive(Debug)]
pub(super) struct Target<'a> {
    log: Log<'a>,
    back: Cursor<'a>,
    /// Up to where it was compared.
    compared: Option<Mark>,
    has_guards: bool,
}

impl<'a> Target<'a> {
    pub(super) fn new(log: Log<'a>, after: Option<Mark>) -> Self {
        let has_guards = log.store.capabilities().guards;
        Self { log, back: Cursor::forward(log, after), compared: after, has_guards }
    }

    /// How many commits a run may have: without guards nothing promises the order of commits to
    /// different streams, nor that one fails after another did.
    pub(super) fn commits_a_run(&self) -> usize {
        if self.has_guards { usize::MAX } else { 1 }
    }

    /// Up to where it is a copy.
    pub(super) fn compared(&self) -> Option<Mark> {
        self.compared
    }

    /// Appends a run, reads it back and compares it.
    pub(super) async fn append(&mut self, run: &[Recorded]) -> Result<(), CopyError> {
        let commits =
            || commits_of(run).filter_map(|events| commit(events, self.guard())).collect();
        let outcomes = self.log.append(commits).await?;
        let Some((key, position, refused)) = first_refused(run, outcomes) else {
            return self.read_back(run).await;
        };
        if let Refused::Bad(bad) = refused {
            let why = Unfit::Commit { key, position, bad };
            return Err(unfit(&self.log.store.capabilities(), why));
        }
        // A foreign event says more than what it led to.
        if let Err(CopyError::Differs(difference)) = self.read_back(run).await
            && difference.target.is_some()
        {
            return Err(CopyError::Differs(difference));
        }
        Err(CopyError::Refused { key, position, refused: Box::new(refused) })
    }

    /// Checks that nothing stands after what was copied.
    pub(super) async fn ended(&mut self) -> Result<(), CopyError> {
        self.back.look_again();
        compare(None, self.back.next().await?.as_ref())
    }

    /// Nothing but this copy may have been written. What the run itself writes does not count.
    fn guard(&self) -> Option<Guard> {
        let after = self.compared.map_or(Position::START, |mark| mark.position);
        self.has_guards.then_some(Guard { query: Query::All, after })
    }

    async fn read_back(&mut self, run: &[Recorded]) -> Result<(), CopyError> {
        self.back.look_again();
        for event in run {
            let found = self.back.next().await?;
            compare(Some(event), found.as_ref())?;
            self.compared = found.map(|found| found.at.mark());
        }
        Ok(())
    }
}

/// The first commit that was refused: its key, and where it stands in the source.
fn first_refused(run: &[Recorded], outcomes: Vec<Outcome>) -> Option<(Key, Position, Refused)> {
    commits_of(run).zip(outcomes).find_map(|(events, outcome)| {
        let at = &events.first()?.at;
        Some((at.key, at.position, outcome.err()?))
    })
}
