use std::time::Duration;

use factum_core::snapshot::Snapshot;
use factum_core::store::{Commit, NewEvent, Outcome, StoreError};
use factum_core::view::{Hold, Owner, RowBatch, Taken, ViewError, ViewId, ViewSpec};
use tokio::sync::oneshot;

use super::super::fault::Fault;
use super::super::{rows, snapshots};
use super::append::Appender;

/// What the writer is asked to do.
#[derive(Debug)]
pub(in super::super) enum Request {
    Append {
        run: Vec<Commit>,
        reply: Reply<Vec<Outcome>>,
    },
    Save {
        snapshot: Snapshot,
        reply: Reply<()>,
    },
    OpenView {
        view: ViewSpec,
        reply: ViewReply<()>,
    },
    TakeSlice {
        view: ViewSpec,
        slice: u16,
        owner: Owner,
        lease: Option<Duration>,
        reply: ViewReply<Taken>,
    },
    ReleaseSlice {
        view: ViewSpec,
        hold: Hold,
        reply: ViewReply<()>,
    },
    PromoteView {
        view: ViewId,
        reply: ViewReply<()>,
    },
    DropView {
        view: ViewId,
        reply: ViewReply<()>,
    },
    Rows {
        batch: RowBatch,
        reply: ViewReply<()>,
    },
    Close(oneshot::Sender<()>),
}

type ViewReply<T> = Reply<Result<T, ViewError>>;

/// The way back to whoever asked, and the answer, which waits until what it says is durable.
#[derive(Debug)]
pub(in super::super) struct Reply<T> {
    to: oneshot::Sender<Result<T, StoreError>>,
    value: Option<T>,
}

impl Request {
    /// How many events, and how many bytes of payload and tags.
    pub(super) fn size(&self) -> (usize, usize) {
        match self {
            Self::Append { run, .. } => {
                let events = run.iter().flat_map(|c| &c.writes).flat_map(|write| &write.events);
                let tags = |e: &NewEvent| -> usize {
                    e.tags.as_slice().iter().map(|tag| tag.as_str().len()).sum()
                };
                events.fold((0, 0), |(count, bytes), e| {
                    (count + 1, bytes + e.payload.len() + tags(e))
                })
            }
            Self::Rows { batch, .. } => {
                batch.tables().iter().fold((0, 0), |(count, bytes), (_, changes)| {
                    let bodies: usize = changes.puts.iter().map(|row| row.body.len()).sum();
                    (count + changes.puts.len() + changes.deletes.len(), bytes + bodies)
                })
            }
            Self::Save { snapshot, .. } => (1, snapshot.state.len()),
            Self::OpenView { .. }
            | Self::TakeSlice { .. }
            | Self::ReleaseSlice { .. }
            | Self::PromoteView { .. }
            | Self::DropView { .. }
            | Self::Close(_) => (0, 0),
        }
    }

    /// Does what is asked for within the writer's transaction.
    pub(super) fn carry_out(&mut self, log: &mut Appender<'_>) -> Result<(), Fault> {
        match self {
            Self::Append { run, reply } => reply.value = Some(log.append(run)?),
            Self::Save { snapshot, reply } => {
                reply.value = Some(snapshots::save(log.conn(), snapshot)?);
            }
            Self::OpenView { view, reply } => reply.value = Some(rows::open(log.conn(), view)?),
            Self::TakeSlice { view, slice, owner, lease, reply } => {
                reply.value = Some(rows::take(log.conn(), view, *slice, owner, *lease)?);
            }
            Self::ReleaseSlice { view, hold, reply } => {
                reply.value = Some(rows::release(log.conn(), view, *hold)?);
            }
            Self::PromoteView { view, reply } => {
                reply.value = Some(rows::promote(log.conn(), *view)?);
            }
            Self::DropView { view, reply } => {
                reply.value = Some(Ok(rows::drop_view(log.conn(), *view)?));
            }
            Self::Rows { batch, reply } => reply.value = Some(rows::commit(log.conn(), batch)?),
            Self::Close(_) => {}
        }
        Ok(())
    }

    /// Sends the answer, or what the transaction failed with.
    pub(super) fn answer(self, failure: Option<&StoreError>) {
        match self {
            Self::Append { reply, .. } => reply.send(failure),
            Self::Save { reply, .. } => reply.send(failure),
            Self::TakeSlice { reply, .. } => reply.send(failure),
            Self::OpenView { reply, .. }
            | Self::ReleaseSlice { reply, .. }
            | Self::PromoteView { reply, .. }
            | Self::DropView { reply, .. }
            | Self::Rows { reply, .. } => reply.send(failure),
            Self::Close(_) => {}
        }
    }
}

impl<T> Reply<T> {
    /// One without an answer yet.
    pub(in super::super) fn to(to: oneshot::Sender<Result<T, StoreError>>) -> Self {
        Self { to, value: None }
    }

    fn send(self, failure: Option<&StoreError>) {
        let answer = match (failure, self.value) {
            (None, Some(value)) => Ok(value),
            (Some(error), _) => Err(error.clone()),
            // There is a value unless something failed.
            (None, None) => Err(StoreError::Closed),
        };
        // Whoever asked may be gone.
        drop(self.to.send(answer));
    }
}
