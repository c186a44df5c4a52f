//! What a worker does about commits of commands that change its rows, too.
//!
//! It leaves out the events that they have taken in, as far as it knows. Where it knows too little, as of
//! another process, its own commit is refused, as the checkpoint is elsewhere. Then it looks where.

use factum_core::Projection;
use factum_core::codec::Seen;
use factum_core::store::{Mark, Position};
use factum_core::view::{Fenced, ViewError};
use tokio::time::Instant;

use super::ProjectionError;
use super::step::Step;
use super::worker::{SAVE_EVERY, Worker};
use crate::backoff::Backoff;

impl<P: Projection> Worker<P> {
    /// Those of the events that no command's commit has taken in. `to` is how far the log is known with
    /// all of them, which is announced if nothing is left.
    pub(super) async fn undone<'e>(
        &mut self,
        events: &'e [Seen<'e>],
        to: Mark,
    ) -> Result<&'e [Seen<'e>], ProjectionError> {
        // Where commands have moved the checkpoint, what the log brings next may be done already.
        let mut rest = behind(events, position(self.saved));
        if let Some(overtaking) = &self.overtaking {
            let written = overtaking.written.position();
            self.overtaken |= written > position(self.known());
            rest = behind(rest, written);
        }
        if !rest.is_empty() && self.overtaken {
            self.resume().await?;
            rest = behind(rest, position(self.saved));
        }
        if rest.is_empty() {
            self.commit(to, Step::default()).await?;
        }
        Ok(rest)
    }

    /// Goes on from where commands have moved the checkpoint, if they have.
    pub(super) async fn resume(&mut self) -> Result<(), ProjectionError> {
        let overtaking = self.overtaking.clone().filter(|_| self.overtaken);
        let Some(overtaking) = overtaking else { return Ok(()) };
        let mut backoff = Backoff::new();
        let found = loop {
            match overtaking.checkpoint(self.slice.hold.slice).await {
                Ok(found) => break found,
                Err(error) => self.pause(&mut backoff, error.into()).await?,
            }
        };
        if position(found) < position(self.saved) {
            // What lies between is in no rows any more, and will not come again.
            let (view, slice, expected) = (self.view, self.slice.hold.slice, self.saved);
            let fenced = Fenced { view, slice, expected, found, taken: false };
            return Err(ViewError::from(fenced).into());
        }
        (self.saved, self.overtaken) = (found, false);
        self.ahead = self.ahead.filter(|ahead| ahead.position > position(found));
        self.save_at = Instant::now() + SAVE_EVERY;
        self.rows.forget();
        Ok(())
    }

    /// Whether a commit was refused only because those of commands had moved the checkpoint on.
    pub(super) fn is_overtaken(&self, fenced: &Fenced) -> bool {
        self.overtaking.is_some()
            && !fenced.taken
            && position(fenced.found) > position(fenced.expected)
    }

    /// Gives up what was to be committed: it was made of rows that have changed.
    pub(super) fn give_up(&mut self) -> ProjectionError {
        self.overtaken = true;
        self.park.clear();
        ProjectionError::Overtaken { view: self.view }
    }

    /// Sees that an order begins where the checkpoint is.
    pub(super) async fn resume_for_order(&mut self) -> Result<(), ProjectionError> {
        self.overtaken = self.overtaking.is_some();
        self.resume().await
    }
}

/// The position of a mark; the start if there is none.
pub(super) fn position(mark: Option<Mark>) -> Position {
    mark.map_or(Position::START, |mark| mark.position)
}

/// The events behind a position.
fn behind<'e>(events: &'e [Seen<'e>], done: Position) -> &'e [Seen<'e>] {
    let first = events.partition_point(|event| event.recorded().at.position <= done);
    events.get(first..).unwrap_or_default()
}
