//! One projection at work.
//!
//! *Problem.* A view is asked while it is behind, its store fails, its events surprise it, and the
//! process dies at any moment. *Invariant.* A position is announced only after everything up to it
//! is committed. *Shape.* The hub hands on what is read, [`batch`] takes it into rows, [`worker`]
//! commits them, [`status`] tells the views.

mod batch;
mod error;
mod orders;
mod slice;
mod status;
mod worker;

use std::sync::Arc;

use factum_core::Projection;
use factum_core::projection::Sources;
use factum_core::store::Mark;
use factum_core::time::SystemClock;
use factum_core::view::{Hold, Owner, RowStore, Taken, ViewError, ViewId, ViewSpec};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::rows::{Ask, MemoryRows, Rows, StoredAsk, StoredRows, spec};
use crate::{Hub, View};
use slice::Slice;
use worker::{Parts, Worker};

pub use error::{EventProblem, FailedEvent, ProjectionError};
pub use orders::Retried;
pub(crate) use orders::{Answer, Order};
pub(crate) use status::{Reached, Status};

/// Opens a view and takes it, whoever has it.
async fn take(rows: &dyn RowStore, view: ViewSpec) -> Result<(Hold, Option<Mark>), ViewError> {
    rows.open(view).await?;
    match rows.take(view, 0, Owner::fresh(), None).await? {
        Taken::Yours { hold, checkpoint } => Ok((hold, checkpoint)),
        // Without a lease it is not asked who has it.
        Taken::Theirs { .. } => Err(ViewError::Missing { view: view.id }),
    }
}

/// How many orders wait for a worker before whoever gives one waits, too.
const ORDERS: usize = 16;

/// A projection that is being followed. Dropping it ends the work without waiting, which loses nothing:
/// rows and checkpoint stay as they were committed last. A commit that is under way may still happen,
/// and fence off a runner of the same view that is started at once; [`stop`](Self::stop) waits for it.
#[derive(Debug)]
#[must_use = "the projection ends when this is dropped"]
pub struct Runner {
    view: ViewId,
    stop: watch::Sender<bool>,
    worker: JoinHandle<Result<(), ProjectionError>>,
    /// What the worker ended with, once it was waited for.
    ended: Option<Result<(), ProjectionError>>,
}

impl Runner {
    /// Starts to follow the log for one projection, from the checkpoint that `rows` has; without
    /// `rows` the view is kept in memory, and starts from the beginning of the log each time. Nothing
    /// comes before the hub is started.
    ///
    /// It runs until it is stopped, or meets what it cannot get over: see [`ProjectionError`].
    /// Failures of a store that may pass are tried again, for as long as it takes.
    ///
    /// # Errors
    /// [`ViewError`] if `rows` cannot be opened, or keeps the view with other columns.
    pub async fn start<P: Projection>(
        hub: &Hub,
        rows: Option<Arc<dyn RowStore>>,
    ) -> Result<(Self, View<P>), ViewError> {
        let view = spec::<P>();
        let (hold, checkpoint, rows, asking): (_, _, Box<dyn Rows<P>>, Arc<dyn Ask<P>>) = match rows
        {
            None => {
                let rows = MemoryRows::new();
                (Hold::default(), None, Box::new(rows.clone()), Arc::new(rows))
            }
            Some(store) => {
                let (hold, checkpoint) = take(&*store, view).await?;
                let rows = StoredRows::new(store.clone(), view, hold);
                (hold, checkpoint, Box::new(rows), Arc::new(StoredAsk::new(store, view)))
            }
        };
        let (status, reached) = Status::new(view.id);
        let (stop, stopped) = watch::channel(false);
        let (order, orders) = mpsc::channel(ORDERS);
        let sources = Sources::<P>::of();
        let contexts = sources.contexts().map(|(context, _)| context);
        let consumer = hub.consumer(contexts, checkpoint);
        let slice = Slice { hold, of: view.slices };
        let (view, clock, stop_) = (view.id, Arc::new(SystemClock), stopped);
        let parts =
            Parts { view, slice, rows, checkpoint, consumer, status, clock, orders, stop: stop_ };
        let worker = tokio::spawn(Worker::new(parts).run());
        Ok((Self { view, stop, worker, ended: None }, View::new(asking, reached, order)))
    }

    /// Which view it keeps.
    pub fn view(&self) -> ViewId {
        self.view
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
        let ended = (&mut self.worker).await.unwrap_or(Err(aborted));
        self.ended.insert(ended).clone()
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.worker.abort();
    }
}
