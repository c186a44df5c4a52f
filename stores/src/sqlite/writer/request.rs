use factum_core::snapshot::Snapshot;
use factum_core::store::{Commit, Mark, NewEvent, Outcome, StoreError};
use factum_core::view::{RowBatch, ViewError, ViewSpec};
use tokio::sync::oneshot;

use super::super::fault::Fault;
use super::super::{rows, snapshots};
use super::append::Appender;

/// What the writer is asked to do.
#[derive(Debug)]
pub(in super::super) enum Request {
    Append { run: Vec<Commit>, reply: Reply<Vec<Outcome>> },
    Save { snapshot: Snapshot, reply: Reply<()> },
    OpenView { view: ViewSpec, reply: Reply<Result<Option<Mark>, ViewError>> },
    Rows { batch: RowBatch, reply: Reply<Result<(), ViewError>> },
    Close(oneshot::Sender<()>),
}

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
                let bytes = batch.puts.iter().map(|row| row.body.len()).sum();
                (batch.puts.len() + batch.deletes.len(), bytes)
            }
            Self::Save { snapshot, .. } => (1, snapshot.state.len()),
            Self::OpenView { .. } | Self::Close(_) => (0, 0),
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
            Self::OpenView { reply, .. } => reply.send(failure),
            Self::Rows { reply, .. } => reply.send(failure),
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
