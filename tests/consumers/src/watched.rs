//! A row store that tells what it refuses, and holds a commit back when it is told to.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use factum::store::BoxFuture;
use factum::view::{
    BuildState, Condition, Hold, Owner, RowBatch, RowStore, Select, SliceState, Taken, ViewError,
    ViewId, ViewSpec,
};
use tokio::sync::watch;

/// Another row store, watched.
#[derive(Clone)]
pub struct Watched {
    rows: Arc<dyn RowStore>,
    held: watch::Sender<bool>,
    say: fn(&str),
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rows.fmt(f)
    }
}

impl Watched {
    /// Watches a store, and says `held SLICE` for a commit that is held back, and `refused SLICE` for one
    /// of a slice that is somebody else's.
    pub fn new(rows: Arc<dyn RowStore>, say: fn(&str)) -> Self {
        Self { rows, held: watch::channel(false).0, say }
    }

    /// Holds commits back from now on, or lets them go.
    pub fn hold(&self, hold: bool) {
        self.held.send_replace(hold);
    }
}

impl RowStore for Watched {
    fn commit(&self, batch: RowBatch) -> BoxFuture<'_, Result<(), ViewError>> {
        Box::pin(async move {
            let slice = batch.hold.slice;
            let mut held = self.held.subscribe();
            if *held.borrow_and_update() {
                (self.say)(&format!("held {slice}"));
                // The sender is here.
                drop(held.wait_for(|held| !*held).await);
            }
            let done = self.rows.commit(batch).await;
            if let Err(ViewError::Fenced(fenced)) = &done
                && fenced.taken
            {
                (self.say)(&format!("refused {slice}"));
            }
            done
        })
    }

    fn open(&self, view: ViewSpec) -> BoxFuture<'_, Result<(), ViewError>> {
        self.rows.open(view)
    }

    fn take(
        &self,
        view: ViewSpec,
        slice: u16,
        owner: Owner,
        lease: Option<Duration>,
    ) -> BoxFuture<'_, Result<Taken, ViewError>> {
        self.rows.take(view, slice, owner, lease)
    }

    fn release(&self, view: ViewSpec, hold: Hold) -> BoxFuture<'_, Result<(), ViewError>> {
        self.rows.release(view, hold)
    }

    fn slices(&self, view: ViewSpec) -> BoxFuture<'_, Result<Vec<SliceState>, ViewError>> {
        self.rows.slices(view)
    }

    fn builds(&self, name: &'static str) -> BoxFuture<'_, Result<Vec<BuildState>, ViewError>> {
        self.rows.builds(name)
    }

    fn promote(&self, view: ViewId) -> BoxFuture<'_, Result<(), ViewError>> {
        self.rows.promote(view)
    }

    fn announce(&self, view: ViewId, coming: bool) -> BoxFuture<'_, Result<(), ViewError>> {
        self.rows.announce(view, coming)
    }

    fn drop_view(&self, view: ViewId) -> BoxFuture<'_, Result<(), ViewError>> {
        self.rows.drop_view(view)
    }

    fn load(
        &self,
        view: ViewSpec,
        keys: Vec<String>,
    ) -> BoxFuture<'_, Result<Vec<Option<bytes::Bytes>>, ViewError>> {
        self.rows.load(view, keys)
    }

    fn rows_per_commit(&self) -> usize {
        self.rows.rows_per_commit()
    }

    fn select(
        &self,
        view: ViewSpec,
        select: Select,
    ) -> BoxFuture<'_, Result<Vec<bytes::Bytes>, ViewError>> {
        self.rows.select(view, select)
    }

    fn count(
        &self,
        view: ViewSpec,
        conditions: Vec<Condition>,
    ) -> BoxFuture<'_, Result<usize, ViewError>> {
        self.rows.count(view, conditions)
    }
}
