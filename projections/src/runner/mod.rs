//! One projection at work.
//!
//! *Problem.* A view is asked while it is behind, its store fails, its events surprise it, and the
//! process dies at any moment. *Invariant.* A position is announced only after everything up to it
//! is committed. *Shape.* The [`manager`] keeps a [`building`] of the view, or two while it is built
//! anew, and has a [`worker`] on each slice that is this process's: the hub hands on what is read,
//! [`batch`] takes it into rows, the worker commits them, [`progress`] tells the views.

mod batch;
mod building;
mod carrying_out;
mod commands;
mod committing;
mod current;
mod error;
mod inline;
mod manager;
mod opening;
mod orders;
mod overtaken;
mod overview;
mod pace;
mod placement;
mod plan;
mod progress;
mod rebuild_row;
mod slice;
mod spans;
mod step;
mod succession;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use factum_core::Projection;

use factum_core::view::{InlineView, ViewError, ViewId};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::rows::spec;
use crate::status::Monitor;
use crate::{Hub, View};
use inline::Inline;
use manager::Manager;
use overview::ProjectionMonitor;

pub(crate) use commands::Command;
pub(crate) use current::Current;
pub use error::{EventProblem, FailedEvent, ProjectionError};
pub(crate) use orders::Answer;
pub use orders::Retried;
pub(crate) use pace::Pace;
pub use placement::Placement;

/// How many commands wait for a projection before whoever gives one waits, too.
const COMMANDS: usize = 16;

/// A projection that is being followed. Dropping it ends the work without waiting, which loses nothing:
/// rows and checkpoint stay as they were committed last. A commit that is under way may still happen,
/// and fence off a runner of the same view that is started at once; [`stop`](Self::stop) waits for it.
#[derive(Debug)]
#[must_use = "the projection ends when this is dropped"]
pub struct Runner {
    view: ViewId,
    stop: watch::Sender<bool>,
    manager: JoinHandle<Result<(), ProjectionError>>,
    inline: Option<Arc<dyn InlineView>>,
    monitor: ProjectionMonitor,
    /// What the work ended with, once it was waited for.
    ended: Option<Result<(), ProjectionError>>,
}

impl Runner {
    /// Starts to follow the log for one projection, from the checkpoint that its view has. Nothing comes
    /// before the hub is started.
    ///
    /// It runs until it is stopped, or meets what it cannot get over: see [`ProjectionError`].
    /// Failures of a store that may pass are tried again, for as long as it takes.
    ///
    /// # Errors
    /// [`ViewError`] if the view cannot be opened, is kept with other columns or slices, or is to be
    /// [inline](Placement::inline) and cannot be.
    pub async fn start<P: Projection>(
        hub: &Hub,
        place: impl Into<Placement>,
    ) -> Result<(Self, View<P>), ViewError> {
        let place = inline::placed::<P>(&**hub.store(), place.into())?;
        let is_inline = place.inline;
        let (stop, stopped) = watch::channel(false);
        let (commands, received) = mpsc::channel(COMMANDS);
        let opening = Manager::<P>::open(hub.clone(), place, received, stopped);
        let (manager, current) = opening.await?;
        let (id, view) = (spec::<P>().id, View::new(current, commands));
        let inline = match is_inline {
            true => Some(Inline::open(view.clone(), hub).await?),
            false => None,
        };
        let monitor = manager.monitor();
        let manager = tokio::spawn(manager.run());
        Ok((Self { view: id, stop, manager, inline, monitor, ended: None }, view))
    }

    /// Which view it keeps.
    pub fn view(&self) -> ViewId {
        self.view
    }

    /// The view, for [`Dispatcher::with_views`](factum_core::pipeline::Dispatcher::with_views), if it is
    /// [inline](Placement::inline).
    pub fn inline(&self) -> Option<Arc<dyn InlineView>> {
        self.inline.clone()
    }

    /// What tells how the projection is, also once this is gone.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use factum_core::store::EventStore;
    /// # use factum_projections::{LogEnd, Runner};
    /// # async fn f(runner: &Runner, store: &dyn EventStore) {
    /// let end = LogEnd::read(store, Duration::from_secs(2)).await;
    /// println!("{}", runner.monitor().status(&end).await);
    /// # }
    /// ```
    pub fn monitor(&self) -> Arc<dyn Monitor> {
        Arc::new(self.monitor.clone())
    }

    /// Tells the projection to commit what is in hand and to end, without waiting for that.
    pub fn tell_to_stop(&self) {
        self.stop.send_replace(true);
    }

    /// Commits what is in hand, and ends. Cancellation-safe: it ends all the same, and calling this
    /// again gives the same answer.
    ///
    /// # Errors
    /// [`ProjectionError`] if it had ended before, or could not commit what was in hand.
    pub async fn stop(&mut self) -> Result<(), ProjectionError> {
        if let Some(ended) = &self.ended {
            return ended.clone();
        }
        self.stop.send_replace(true);
        let aborted = ProjectionError::Stopped { view: self.view };
        let ended = (&mut self.manager).await.unwrap_or(Err(aborted));
        self.ended.insert(ended).clone()
    }

    /// As [`stop`](Self::stop), but waits no longer than this: what is left then is ended hard, which
    /// loses nothing that was committed.
    ///
    /// # Errors
    /// As [`stop`](Self::stop), and [`ProjectionError::CutShort`] if the time was not enough.
    pub async fn stop_within(&mut self, within: Duration) -> Result<(), ProjectionError> {
        if let Ok(ended) = tokio::time::timeout(within, self.stop()).await {
            return ended;
        }
        self.manager.abort();
        let cut_short = ProjectionError::CutShort { view: self.view, within };
        self.ended.insert(Err(cut_short)).clone()
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.manager.abort();
    }
}
