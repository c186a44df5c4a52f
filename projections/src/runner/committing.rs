//! How a worker writes what has changed, and waits before it tries again.

use factum_core::Projection;
use factum_core::store::Mark;
use factum_core::view::ViewError;
use tokio::time::{Instant, timeout};

use super::ProjectionError;
use super::overtaken::position;
use super::spans::CommitSpan;
use super::step::Step;
use super::worker::{SAVE_EVERY, Worker};
use crate::backoff::Backoff;
use crate::rows::Changes;

impl<P: Projection> Worker<P> {
    /// Writes the checkpoint if it is behind.
    pub(super) async fn save(&mut self) -> Result<(), ProjectionError> {
        loop {
            self.resume().await?;
            let Some(ahead) = self.ahead else { return Ok(()) };
            match self.write(ahead, Step::default()).await {
                Err(ProjectionError::Overtaken { .. }) => {}
                written => return written,
            }
        }
    }

    /// Commits what has changed, if anything has, and announces how far the view is.
    pub(super) async fn commit(&mut self, to: Mark, step: Step) -> Result<(), ProjectionError> {
        if self.changed.is_empty() && self.park.is_empty() {
            // Commits of commands may have moved the checkpoint further than what came by the log.
            self.ahead = Some(to).filter(|to| to.position > position(self.saved));
        } else {
            let parked = self.parked + self.park.len();
            self.write(to, step).await?;
            if parked > self.parked {
                self.count_parked(parked);
            }
        }
        self.status.reach(to.position, step);
        Ok(())
    }

    /// Commits what has changed where the checkpoint is.
    pub(super) async fn commit_in_place(&mut self) -> Result<(), ProjectionError> {
        match self.known() {
            Some(to) => self.write(to, Step::default()).await,
            None => Ok(()),
        }
    }

    /// How far the log is known.
    pub(super) fn known(&self) -> Option<Mark> {
        self.ahead.or(self.saved)
    }

    async fn write(&mut self, to: Mark, step: Step) -> Result<(), ProjectionError> {
        let (slice, moves) = (self.slice.hold.slice, (self.saved, to));
        let span = CommitSpan::new(self.view, slice, moves, step.events, step.belongs);
        let rows = std::mem::take(&mut self.changed);
        let (park, unpark) = (self.park.clone(), std::mem::take(&mut self.unpark));
        let mut changes = Changes { from: self.saved, to, rows, park, unpark };
        let (mut backoff, mut tried, begun) = (Backoff::new(), false, Instant::now());
        loop {
            match span.around(self.rows.commit(&mut changes)).await {
                Ok(()) => break,
                // A try whose outcome was unknown went through after all. Where the checkpoint does not
                // move it tells nothing once somebody else has the slice.
                Err(ProjectionError::Rows(ViewError::Fenced(fenced)))
                    if tried
                        && fenced.found == Some(to)
                        && !(fenced.taken && self.saved == Some(to)) =>
                {
                    break;
                }
                Err(ProjectionError::Rows(ViewError::Fenced(fenced)))
                    if self.is_overtaken(&fenced) =>
                {
                    return Err(self.give_up());
                }
                Err(error) => self.pause(&mut backoff, error).await?,
            }
            tried = true;
        }
        (self.saved, self.ahead) = (Some(to), None);
        self.took = begun.elapsed();
        self.status.committed(self.took);
        self.save_at = Instant::now() + SAVE_EVERY;
        // Its room is used again.
        self.changed = changes.rows;
        self.changed.clear();
        self.park.drain(..).for_each(|event| self.blocked.add(&event.keys()));
        Ok(())
    }

    /// Waits before the next try.
    ///
    /// # Errors
    /// The error that was given, if trying again is no use or not wanted any more.
    pub(super) async fn pause(
        &mut self,
        backoff: &mut Backoff,
        error: ProjectionError,
    ) -> Result<(), ProjectionError> {
        if !error.is_transient() {
            return Err(error);
        }
        self.status.trouble(error.clone());
        let stopped = self.stop.wait_for(|stop| *stop);
        match timeout(backoff.next(), stopped).await {
            Ok(_) => Err(error),
            Err(_) => Ok(()),
        }
    }
}
