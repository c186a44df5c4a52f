//! A row store that fails now and then.

use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use factum_core::store::{BoxFuture, StoreError};
use factum_core::view::{
    BuildState, Hold, Owner, RowBatch, RowStore, Select, SliceState, Taken, ViewError, ViewId,
    ViewSpec,
};
use factum_stores::MemoryRowStore;

use super::unavailable;

/// What happens to a call instead of what was asked.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// A load fails.
    Load,
    /// A commit fails and is not carried out.
    Refuse,
    /// A commit is carried out, but its answer is lost.
    LoseAnswer,
    /// The answer to a commit that was not carried out is lost.
    LoseCommit,
    /// A commit panics.
    Panic,
    /// A commit is never answered, and not carried out.
    Hang,
}

#[derive(Debug, Default)]
pub struct FlakyRows {
    pub inner: MemoryRowStore,
    /// The next faults, the last first; each waits for a call that it fits.
    pub faults: Mutex<Vec<Fault>>,
    /// The sizes of the batches that were committed: how many rows.
    pub batches: Mutex<Vec<usize>>,
    pub loads: Mutex<Vec<usize>>,
    /// Is told when a fault has happened.
    pub happened: tokio::sync::Notify,
}

impl FlakyRows {
    pub fn new(mut faults: Vec<Fault>) -> Self {
        faults.reverse();
        Self { faults: Mutex::new(faults), ..Self::default() }
    }

    fn next(&self, fits: fn(&Fault) -> bool) -> Option<Fault> {
        let fault = self.faults.lock().unwrap().pop_if(|fault| fits(fault));
        if fault.is_some() {
            self.happened.notify_one();
        }
        fault
    }
}

fn failed(view: ViewSpec, source: StoreError) -> ViewError {
    ViewError::Store { view: view.id, source }
}

fn lost() -> StoreError {
    StoreError::Unknown { backend: "test", reason: "the line went dead".to_owned() }
}

impl RowStore for FlakyRows {
    fn open(&self, view: ViewSpec) -> BoxFuture<'_, Result<(), ViewError>> {
        self.inner.open(view)
    }

    fn take(
        &self,
        view: ViewSpec,
        slice: u16,
        owner: Owner,
        lease: Option<Duration>,
    ) -> BoxFuture<'_, Result<Taken, ViewError>> {
        self.inner.take(view, slice, owner, lease)
    }

    fn release(&self, view: ViewSpec, hold: Hold) -> BoxFuture<'_, Result<(), ViewError>> {
        self.inner.release(view, hold)
    }

    fn slices(&self, view: ViewSpec) -> BoxFuture<'_, Result<Vec<SliceState>, ViewError>> {
        self.inner.slices(view)
    }

    fn builds(&self, name: &'static str) -> BoxFuture<'_, Result<Vec<BuildState>, ViewError>> {
        self.inner.builds(name)
    }

    fn promote(&self, view: ViewId) -> BoxFuture<'_, Result<(), ViewError>> {
        self.inner.promote(view)
    }

    fn drop_view(&self, view: ViewId) -> BoxFuture<'_, Result<(), ViewError>> {
        self.inner.drop_view(view)
    }

    fn load(
        &self,
        view: ViewSpec,
        keys: Vec<String>,
    ) -> BoxFuture<'_, Result<Vec<Option<Bytes>>, ViewError>> {
        self.loads.lock().unwrap().push(keys.len());
        match self.next(|fault| matches!(fault, Fault::Load)) {
            Some(_) => Box::pin(std::future::ready(Err(failed(view, unavailable())))),
            None => self.inner.load(view, keys),
        }
    }

    fn commit(&self, batch: RowBatch) -> BoxFuture<'_, Result<(), ViewError>> {
        let view = batch.view;
        let fault = self.next(|fault| !matches!(fault, Fault::Load));
        Box::pin(async move {
            // A real store answers later, too.
            tokio::task::yield_now().await;
            let rows = batch.rows.puts.len();
            match fault {
                None => self.inner.commit(batch).await?,
                Some(Fault::LoseAnswer) => {
                    self.inner.commit(batch).await?;
                    return Err(failed(view, lost()));
                }
                Some(Fault::LoseCommit) => return Err(failed(view, lost())),
                Some(Fault::Hang) => std::future::pending().await,
                Some(Fault::Panic) => panic!("the row store broke"),
                Some(Fault::Refuse | Fault::Load) => return Err(failed(view, unavailable())),
            }
            self.batches.lock().unwrap().push(rows);
            Ok(())
        })
    }

    fn select(
        &self,
        view: ViewSpec,
        select: Select,
    ) -> BoxFuture<'_, Result<Vec<Bytes>, ViewError>> {
        self.inner.select(view, select)
    }
}
