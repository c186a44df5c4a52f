//! The one thread that writes.

mod append;
mod heads;
mod log;
#[cfg(test)]
mod recovery;
mod repeat;

use std::sync::Arc;

use factum_core::snapshot::Snapshot;
use factum_core::store::{Commit, Mark, Outcome, Position, StoreError};
use factum_core::view::{RowBatch, ViewError, ViewSpec};
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot, watch};

use super::Shared;
use super::fault::{BACKEND, Fault};
use super::lock::WriterLock;
use super::{rows, snapshots};
use append::Appender;
use log::Log;

/// A transaction takes in no further request once it has this many events…
const GROUP_EVENTS: usize = 8192;
/// … or this many bytes of payload.
const GROUP_BYTES: usize = 8 * 1024 * 1024;

type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// What the writer is asked to do.
#[derive(Debug)]
pub(super) enum Request {
    Append { run: Vec<Commit>, reply: Reply<Vec<Outcome>> },
    Save { snapshot: Snapshot, reply: Reply<()> },
    OpenView { view: ViewSpec, reply: Reply<Result<Option<Mark>, ViewError>> },
    Rows { batch: RowBatch, reply: Reply<Result<(), ViewError>> },
    Close(oneshot::Sender<()>),
}

/// An answer that waits until what it says is durable. Whoever asked may be gone.
enum Answer {
    Append(Reply<Vec<Outcome>>, Option<Vec<Outcome>>),
    Save(Reply<()>, Option<()>),
    OpenView(Reply<Result<Option<Mark>, ViewError>>, Option<Result<Option<Mark>, ViewError>>),
    Rows(Reply<Result<(), ViewError>>, Option<Result<(), ViewError>>),
}

/// Starts the writer. The receiver carries the position of the newest durable event.
pub(super) fn start(
    shared: Arc<Shared>,
    conn: Connection,
    lock: WriterLock,
    requests: mpsc::Receiver<Request>,
) -> Result<watch::Receiver<Position>, StoreError> {
    let log = Log::open(conn, &shared).map_err(|fault| fault.into_store(&shared.file))?;
    let (head, receiver) = watch::channel(Position::new(log.end()));
    let place = shared.file.display().to_string();
    let writer = Writer { shared, log: Some(log), requests, head, _lock: lock };
    std::thread::Builder::new()
        .name("factum-sqlite".to_owned())
        .spawn(move || writer.run())
        .map_err(|error| StoreError::Open { place, reason: error.to_string() })?;
    Ok(receiver)
}

struct Writer {
    shared: Arc<Shared>,
    /// `None` after a failure that left it unclear what is in the file.
    log: Option<Log>,
    requests: mpsc::Receiver<Request>,
    head: watch::Sender<Position>,
    _lock: WriterLock,
}

impl Writer {
    fn run(mut self) {
        let mut closing = Vec::new();
        while let Some(first) = self.requests.blocking_recv() {
            let group = self.group(first, &mut closing);
            self.serve(group);
            if !closing.is_empty() {
                // What is queued is still answered, what comes later is not.
                self.requests.close();
            }
        }
        if let Some(log) = self.log.take() {
            log.close(&self.shared);
        }
        // The lock is free and the tails have ended when `close` returns.
        drop(self);
        for done in closing {
            // Whoever asked may be gone.
            let _: Result<(), ()> = done.send(());
        }
    }

    /// Everything that waits, as far as one transaction takes it.
    fn group(&mut self, first: Request, closing: &mut Vec<oneshot::Sender<()>>) -> Vec<Request> {
        let mut group = Vec::new();
        let (mut events, mut bytes) = (0, 0);
        let mut next = Some(first);
        while let Some(request) = next {
            match request {
                Request::Close(done) => closing.push(done),
                request => {
                    let size = request.size();
                    events += size.0;
                    bytes += size.1;
                    group.push(request);
                }
            }
            let room = events < GROUP_EVENTS && bytes < GROUP_BYTES;
            next = if room { self.requests.try_recv().ok() } else { None };
        }
        group
    }

    /// Carries a group out in one transaction, and answers.
    fn serve(&mut self, group: Vec<Request>) {
        if group.is_empty() {
            return;
        }
        let mut log = match self.log.take().map_or_else(|| Log::recover(&self.shared), Ok) {
            Ok(log) => log,
            Err(fault) => {
                let reason = fault.into_store(&self.shared.file).to_string();
                let error = StoreError::Unavailable { backend: BACKEND, reason };
                let answers = group.into_iter().filter_map(Request::into_answer);
                return answers.for_each(|answer| answer.send(Some(&error)));
            }
        };
        let (answers, failure) = carry_out(&mut log, &self.shared, group);
        self.log = match &failure {
            None => {
                log.committed(&self.shared);
                self.head.send_replace(Position::new(log.end()));
                Some(log)
            }
            Some(error) => log.roll_back(&self.shared, error),
        };
        answers.into_iter().for_each(|answer| answer.send(failure.as_ref()));
    }
}

/// Carries a group out in one transaction. With a failure, nothing of it was done, or nobody knows.
fn carry_out(
    log: &mut Log,
    shared: &Shared,
    group: Vec<Request>,
) -> (Vec<Answer>, Option<StoreError>) {
    let (answers, mut failure) = match log.begin().and_then(|()| Appender::new(log, shared)) {
        Ok(appender) => write(appender, group),
        Err(fault) => (group.into_iter().filter_map(Request::into_answer).collect(), Some(fault)),
    };
    attempt(&mut failure, || log.index_if_due(shared));
    if let Some(fault) = failure {
        return (answers, Some(fault.into_store(&shared.file)));
    }
    let committed = log.commit();
    (answers, committed.err().map(|fault| fault.into_store_at_commit(&shared.file)))
}

/// Does what a group asks for, up to the first failure.
fn write(mut log: Appender<'_>, group: Vec<Request>) -> (Vec<Answer>, Option<Fault>) {
    let (conn, mut failure) = (log.conn(), None);
    let answers = group.into_iter().filter_map(|request| match request {
        Request::Append { run, reply } => {
            Some(Answer::Append(reply, attempt(&mut failure, || log.append(&run))))
        }
        Request::Save { snapshot, reply } => {
            Some(Answer::Save(reply, attempt(&mut failure, || snapshots::save(conn, &snapshot))))
        }
        Request::OpenView { view, reply } => {
            Some(Answer::OpenView(reply, attempt(&mut failure, || rows::open(conn, &view))))
        }
        Request::Rows { batch, reply } => {
            Some(Answer::Rows(reply, attempt(&mut failure, || rows::commit(conn, &batch))))
        }
        Request::Close(_) => None,
    });
    (answers.collect(), failure)
}

/// Does the next thing, unless an earlier one failed.
fn attempt<T>(failure: &mut Option<Fault>, work: impl FnOnce() -> Result<T, Fault>) -> Option<T> {
    if failure.is_some() {
        return None;
    }
    match work() {
        Ok(value) => Some(value),
        Err(fault) => {
            *failure = Some(fault);
            None
        }
    }
}

impl Request {
    /// How many events, and how many bytes of payload.
    fn size(&self) -> (usize, usize) {
        match self {
            Self::Append { run, .. } => {
                let events = run.iter().flat_map(|c| &c.writes).flat_map(|write| &write.events);
                events.fold((0, 0), |(count, bytes), e| (count + 1, bytes + e.payload.len()))
            }
            Self::Rows { batch, .. } => {
                let bytes = batch.puts.iter().map(|row| row.body.len()).sum();
                (batch.puts.len() + batch.deletes.len(), bytes)
            }
            Self::Save { snapshot, .. } => (1, snapshot.state.len()),
            Self::OpenView { .. } | Self::Close(_) => (0, 0),
        }
    }

    /// The answer to a request that was not begun.
    fn into_answer(self) -> Option<Answer> {
        match self {
            Self::Append { reply, .. } => Some(Answer::Append(reply, None)),
            Self::Save { reply, .. } => Some(Answer::Save(reply, None)),
            Self::OpenView { reply, .. } => Some(Answer::OpenView(reply, None)),
            Self::Rows { reply, .. } => Some(Answer::Rows(reply, None)),
            Self::Close(_) => None,
        }
    }
}

impl Answer {
    /// Sends the answer, or what the whole group failed with.
    fn send(self, failure: Option<&StoreError>) {
        fn settle<T>(reply: Reply<T>, value: Option<T>, failure: Option<&StoreError>) {
            let answer = match (failure, value) {
                (None, Some(value)) => Ok(value),
                (Some(error), _) => Err(error.clone()),
                // There is a value unless something failed.
                (None, None) => Err(StoreError::Closed),
            };
            drop(reply.send(answer));
        }
        match self {
            Self::Append(reply, value) => settle(reply, value, failure),
            Self::Save(reply, value) => settle(reply, value, failure),
            Self::OpenView(reply, value) => settle(reply, value, failure),
            Self::Rows(reply, value) => settle(reply, value, failure),
        }
    }
}
