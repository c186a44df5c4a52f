use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::time::Duration;

use factum_core::codec::Seen;
use factum_core::projection::Sources;
use factum_core::store::{Mark, StoreError};
use factum_core::view::{ViewError, ViewId};
use factum_core::{Projection, panic};
use futures_util::FutureExt;
use futures_util::future::{Either, select};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use super::batch::{self, FailedAt, Failure};
use super::{FailedEvent, ProjectionError, Status};
use crate::backoff::Backoff;
use crate::hub::{Batch, Consumer};
use crate::rows::{Changes, RowMap, Rows};

/// How long the checkpoint may stay behind while the log grows by events that do not concern the
/// view. A restart looks at no more of them again; a busy log costs no more writes than this.
const SAVE_EVERY: Duration = Duration::from_secs(1);

/// From how many events in one batch on the log is busy.
const BUSY: usize = 32;
/// While the log is busy, how many times as long as a commit took nothing is committed after it. A
/// few large batches cost the store's writer far less than many small ones, as their rows share
/// pages; and a store that answers slowly is asked less often.
const REST: u32 = 3;
/// How long a view of a busy log falls behind for that at the most, beside the commit itself.
const LONGEST_REST: Duration = Duration::from_millis(50);

/// Projects what comes from the hub, and commits it.
pub(super) struct Worker<P> {
    view: ViewId,
    sources: Sources<P>,
    rows: Box<dyn Rows<P>>,
    changed: RowMap<P>,
    saved: Option<Mark>,
    /// How far the log is known beyond `saved`, without a change of rows.
    ahead: Option<Mark>,
    save_at: Instant,
    /// How long the newest commit took.
    took: Duration,
    consumer: Consumer,
    status: Status,
    stop: watch::Receiver<bool>,
}

impl<P: Projection> Worker<P> {
    pub(super) fn new(
        view: ViewId,
        sources: Sources<P>,
        rows: Box<dyn Rows<P>>,
        saved: Option<Mark>,
        consumer: Consumer,
        status: Status,
        stop: watch::Receiver<bool>,
    ) -> Self {
        Self {
            view,
            sources,
            rows,
            changed: RowMap::default(),
            saved,
            ahead: None,
            save_at: Instant::now() + SAVE_EVERY,
            took: Duration::ZERO,
            consumer,
            status,
            stop,
        }
    }

    /// Ends with the reason, which the views are told as well.
    pub(super) async fn run(mut self) -> Result<(), ProjectionError> {
        let view = self.view;
        let ended = AssertUnwindSafe(self.follow()).catch_unwind().await;
        let ended = ended.unwrap_or_else(|panic| {
            Err(ProjectionError::Panicked { view, message: panic::message(&*panic) })
        });
        self.status.end(ended.clone().err().unwrap_or(ProjectionError::Stopped { view }));
        ended
    }

    async fn follow(&mut self) -> Result<(), ProjectionError> {
        let mut unconfirmed = self.saved;
        while let Some(batch) = self.next().await? {
            // What goes on from the checkpoint has found it in the log.
            if let Some(saved) = unconfirmed.take() {
                self.status.reach(saved.position);
            }
            let (to, caught_up) = (batch.to(), batch.caught_up());
            let events = batch.events();
            let mut rest = events.as_slice();
            while !rest.is_empty() {
                let done = self.take(rest, to).await?;
                rest = rest.get(done..).unwrap_or_default();
            }
            if events.is_empty() {
                self.commit(to).await?;
            }
            if caught_up {
                self.rows.caught_up();
            }
            if Instant::now() >= self.save_at {
                self.save().await?;
            }
            if events.len() >= BUSY && caught_up {
                self.rest().await;
            }
        }
        self.save().await
    }

    /// Lets events gather.
    async fn rest(&mut self) {
        let rest = self.took.saturating_mul(REST).min(LONGEST_REST);
        let stopped = self.stop.wait_for(|stop| *stop);
        // However this ends, it is time to go on.
        let _ = timeout(rest, stopped).await;
    }

    /// The next batch, `None` once this is to stop; writes the checkpoint meanwhile where that is due.
    async fn next(&mut self) -> Result<Option<Batch>, ProjectionError> {
        loop {
            let next = unless_stopped(&mut self.stop, self.consumer.next());
            let next = if self.ahead.is_none() {
                next.await
            } else if let Ok(next) = timeout_at(self.save_at, next).await {
                next
            } else {
                self.save().await?;
                continue;
            };
            let Some(next) = next else { return Ok(None) };
            match next.map_err(|error| (error.is_transient(), self.log(error))) {
                Ok(batch) => return Ok(Some(batch)),
                // It is tried again.
                Err((true, error)) => self.status.trouble(error),
                Err((false, error)) => return Err(error),
            }
        }
    }

    fn log(&self, source: StoreError) -> ProjectionError {
        ProjectionError::Log { view: self.view, source }
    }

    /// Takes in the first of the events, or all of them, and says how many. `to` is how far the log is
    /// known with all of them.
    ///
    /// Those before one that fails are committed, then it is the error.
    async fn take(&mut self, events: &[Seen<'_>], to: Mark) -> Result<usize, ProjectionError> {
        let (mut fine, mut failed) = (events, None);
        let mut backoff = Backoff::new();
        let done = loop {
            self.changed.clear();
            match batch::project(&self.sources, &mut *self.rows, fine, &mut self.changed).await {
                Ok(done) => break done,
                Err(Failure::Rows(error)) => self.pause(&mut backoff, error).await?,
                Err(Failure::Event(FailedAt(at, problem))) => {
                    let event = fine.get(at);
                    let event = event.map(|e| FailedEvent::new(self.view, e.recorded(), problem));
                    failed = event.map(|event| ProjectionError::Event(Box::new(event)));
                    fine = fine.get(..at).unwrap_or_default();
                }
            }
        };
        let last = done.checked_sub(1).and_then(|last| events.get(last));
        let to =
            last.filter(|_| done < events.len()).map_or(to, |event| event.recorded().at.mark());
        if last.is_some() {
            self.commit(to).await?;
        }
        match failed {
            Some(error) if done == fine.len() => Err(error),
            _ => Ok(done),
        }
    }

    /// Writes the checkpoint if it is behind.
    async fn save(&mut self) -> Result<(), ProjectionError> {
        match self.ahead {
            Some(ahead) => self.write(ahead).await,
            None => Ok(()),
        }
    }

    /// Commits what has changed, if anything has, and announces how far the view is.
    async fn commit(&mut self, to: Mark) -> Result<(), ProjectionError> {
        if self.changed.is_empty() {
            self.ahead = Some(to).filter(|_| self.saved != Some(to));
        } else {
            self.write(to).await?;
        }
        self.status.reach(to.position);
        Ok(())
    }

    async fn write(&mut self, to: Mark) -> Result<(), ProjectionError> {
        let rows = std::mem::take(&mut self.changed);
        let mut changes = Changes { from: self.saved, to, rows };
        let (mut backoff, mut tried, begun) = (Backoff::new(), false, Instant::now());
        loop {
            match self.rows.commit(&mut changes).await {
                Ok(()) => break,
                // A try whose outcome was unknown went through after all.
                Err(ProjectionError::Rows(ViewError::Fenced(fenced)))
                    if tried && fenced.found == Some(to) =>
                {
                    break;
                }
                Err(error) => self.pause(&mut backoff, error).await?,
            }
            tried = true;
        }
        (self.saved, self.ahead) = (Some(to), None);
        self.took = begun.elapsed();
        self.save_at = Instant::now() + SAVE_EVERY;
        // Its room is used again.
        self.changed = changes.rows;
        self.changed.clear();
        Ok(())
    }

    /// Waits before the next try.
    ///
    /// # Errors
    /// The error that was given, if trying again is no use or not wanted any more.
    async fn pause(
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

/// What comes of the work, unless this is to stop before.
async fn unless_stopped<R>(
    stop: &mut watch::Receiver<bool>,
    work: impl Future<Output = R>,
) -> Option<R> {
    // A runner that is gone has aborted the worker.
    let stopped = pin!(stop.wait_for(|stop| *stop));
    match select(stopped, pin!(work)).await {
        Either::Left(_) => None,
        Either::Right((done, _)) => Some(done),
    }
}
