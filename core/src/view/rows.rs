use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use super::{
    BuildState, Condition, Hold, Owner, RowBatch, Select, SliceState, Taken, ViewError, ViewId,
    ViewSpec,
};
use crate::store::BoxFuture;

/// Where rows of read models are kept.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not keep rows",
    label = "not a store of rows",
    note = "a store of your own implements `factum::view::RowStore`"
)]
pub trait RowStore: fmt::Debug + Send + Sync + 'static {
    /// Makes room for a view, its slices and what it parks, if there is none.
    ///
    /// # Errors
    /// [`ViewError`] if that is not possible, or the view is there with other columns or slices.
    fn open(&self, view: ViewSpec) -> BoxFuture<'_, Result<(), ViewError>>;

    /// Makes a slice this owner's. With a lease, only if nobody else has it: others may take it once
    /// that long has passed since the owner took it last, by the backend's clock. Without a lease
    /// whoever has it loses it, and it can be taken from this owner at any time. An owner that takes what
    /// it has keeps its epoch; with each other one the epoch grows.
    ///
    /// # Errors
    /// [`ViewError::Missing`] if the view was never opened, [`ViewError::NoSlice`], or another
    /// [`ViewError`] if the backend failed.
    fn take(
        &self,
        view: ViewSpec,
        slice: u16,
        owner: Owner,
        lease: Option<Duration>,
    ) -> BoxFuture<'_, Result<Taken, ViewError>>;

    /// Gives a slice back, so that others need not wait for the end of the lease. Does nothing for one
    /// that was taken by somebody else.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    fn release(&self, view: ViewSpec, hold: Hold) -> BoxFuture<'_, Result<(), ViewError>>;

    /// The slices of a view, in their order.
    ///
    /// # Errors
    /// [`ViewError::Missing`] if the view was never opened, another [`ViewError`] if the backend failed.
    fn slices(&self, view: ViewSpec) -> BoxFuture<'_, Result<Vec<SliceState>, ViewError>>;

    /// All buildings of the views with this name, by version and build.
    ///
    /// # Errors
    /// [`ViewError`] if the backend failed.
    fn builds(&self, name: &'static str) -> BoxFuture<'_, Result<Vec<BuildState>, ViewError>>;

    /// Makes a building the one of its version that queries are to see, in place of any other.
    ///
    /// # Errors
    /// [`ViewError::Missing`] if it was never opened, another [`ViewError`] if the backend failed.
    fn promote(&self, view: ViewId) -> BoxFuture<'_, Result<(), ViewError>>;

    /// Says that a building is about to be [promoted](Self::promote), or is not after all. From then on
    /// commits of the log leave the rows of the other buildings of its version alone, whichever process
    /// sends them, so that it can come as far as they are: see [`InlineRows`](super::InlineRows).
    /// Promoting it or taking it out ends that. Does nothing unless a store says otherwise, which is right
    /// where one process alone appends to the log, or no commit changes rows.
    ///
    /// # Errors
    /// As [`promote`](Self::promote).
    fn announce(&self, view: ViewId, coming: bool) -> BoxFuture<'_, Result<(), ViewError>> {
        let _ = (view, coming);
        Box::pin(std::future::ready(Ok(())))
    }

    /// Takes a building out, with its rows, slices and what it parked. One that is not there is none.
    ///
    /// # Errors
    /// [`ViewError`] if the backend failed.
    fn drop_view(&self, view: ViewId) -> BoxFuture<'_, Result<(), ViewError>>;

    /// The bodies of the rows with these keys, in the order of the keys.
    ///
    /// # Errors
    /// [`ViewError`] if the rows could not be read.
    fn load(
        &self,
        view: ViewSpec,
        keys: Vec<String>,
    ) -> BoxFuture<'_, Result<Vec<Option<Bytes>>, ViewError>>;

    /// Changes rows, what is parked, and the slice's checkpoint in one transaction. Once the future is polled the change may
    /// happen even if it is dropped.
    ///
    /// # Errors
    /// [`ViewError::Missing`] if the view was never opened, [`ViewError::Fenced`] if the slice is
    /// somebody else's or its checkpoint elsewhere, [`ViewError::BadRow`] if a row has not a value for each column, another
    /// [`ViewError`] if the rows could not be written. Nothing is changed then.
    fn commit(&self, batch: RowBatch) -> BoxFuture<'_, Result<(), ViewError>>;

    /// How many rows one commit had better change at the most, as the backend does nothing else
    /// meanwhile. One of more is taken, too.
    fn rows_per_commit(&self) -> usize {
        4096
    }

    /// The bodies of the rows that are wanted, in the order that is wanted.
    ///
    /// # Errors
    /// [`ViewError::BadFilter`] if [`check_conditions`](super::check_conditions) refuses the
    /// conditions, another [`ViewError`] if the rows could not be read.
    fn select(
        &self,
        view: ViewSpec,
        select: Select,
    ) -> BoxFuture<'_, Result<Vec<Bytes>, ViewError>>;

    /// How many rows there are of which all of the conditions hold. A backend that can count without
    /// reading the rows does so.
    ///
    /// # Errors
    /// As [`select`](Self::select).
    fn count(
        &self,
        view: ViewSpec,
        conditions: Vec<Condition>,
    ) -> BoxFuture<'_, Result<usize, ViewError>> {
        let select = Select { conditions, ..Select::default() };
        Box::pin(async move { Ok(self.select(view, select).await?.len()) })
    }
}
