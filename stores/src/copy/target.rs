use factum_core::store::{Guard, Mark, Position, Query, Recorded, Refused};

use super::compare::compare;
use super::cursor::{Cursor, Log};
use super::fit::unfit;
use super::runs::{commit, commits_of};
use super::{CopyError, Unfit};

/// The log that is written to.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    log: Log<'a>,
    /// The end of what was written: nothing else may stand after it.
    end: Position,
    has_guards: bool,
}

impl<'a> Writer<'a> {
    pub(super) fn new(log: Log<'a>, after: Option<Mark>) -> Self {
        let has_guards = log.store.capabilities().guards;
        Self { log, end: after.map_or(Position::START, |mark| mark.position), has_guards }
    }

    /// How many commits a run may have: without guards nothing promises the order of commits to
    /// different streams, nor that one fails after another did.
    pub(super) fn commits_a_run(&self) -> usize {
        if self.has_guards { usize::MAX } else { 1 }
    }

    /// Appends a run.
    pub(super) async fn append(&mut self, run: &[Recorded]) -> Result<(), CopyError> {
        if run.is_empty() {
            return Ok(());
        }
        let commits =
            || commits_of(run).filter_map(|events| commit(events, self.guard())).collect();
        for (events, outcome) in commits_of(run).zip(self.log.append(commits).await?) {
            let Some(first) = events.first() else { continue };
            let (key, position) = (first.at.key, first.at.position);
            match outcome {
                Ok(receipt) => self.end = receipt.mark.position,
                Err(Refused::Bad(bad)) => {
                    let why = Unfit::Commit { key, position, bad };
                    return Err(unfit(&self.log.store.capabilities(), why));
                }
                Err(refused) => {
                    return Err(CopyError::Refused { key, position, refused: Box::new(refused) });
                }
            }
        }
        Ok(())
    }

    /// Nothing but this copy may have been written. What the run itself writes does not count.
    fn guard(&self) -> Option<Guard> {
        self.has_guards.then_some(Guard { query: Query::All, after: self.end })
    }
}

/// The log that is written to, as it is read behind that.
#[derive(Debug)]
pub(super) struct Back<'a> {
    cursor: Cursor<'a>,
    /// Up to where it was compared.
    compared: Option<Mark>,
}

impl<'a> Back<'a> {
    pub(super) fn new(log: Log<'a>, after: Option<Mark>) -> Self {
        Self { cursor: Cursor::forward(log, after), compared: after }
    }

    /// Up to where it is a copy.
    pub(super) fn compared(&self) -> Option<Mark> {
        self.compared
    }

    /// Reads a run that was appended, and compares it.
    pub(super) async fn compare(&mut self, run: &[Recorded]) -> Result<(), CopyError> {
        self.cursor.look_again();
        for event in run {
            let found = self.cursor.next().await?;
            compare(Some(event), found.as_ref())?;
            self.compared = found.map(|found| found.at.mark());
        }
        Ok(())
    }

    /// Why a run was not appended: of one that was refused, a foreign event says more than what it led to.
    pub(super) async fn reason(&mut self, run: &[Recorded], error: CopyError) -> CopyError {
        if matches!(error, CopyError::Refused { .. })
            && let Err(CopyError::Differs(found)) = self.compare(run).await
            && found.target.is_some()
        {
            return CopyError::Differs(found);
        }
        error
    }

    /// Checks that nothing stands after what was copied.
    pub(super) async fn ended(&mut self) -> Result<(), CopyError> {
        self.cursor.look_again();
        compare(None, self.cursor.next().await?.as_ref())
    }
}
