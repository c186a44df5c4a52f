//! The one thread that writes.

mod append;
mod heads;
mod log;
mod repeat;
mod run;

use std::sync::Arc;

use factum_core::store::{Commit, Outcome, Position, StoreError};
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot, watch};

use super::Shared;
use super::fault::{BACKEND, Fault};
use super::lock::WriterLock;
use log::Log;

/// A transaction takes in no further request once it has this many events…
const GROUP_EVENTS: usize = 8192;
/// … or this many bytes of payload.
const GROUP_BYTES: usize = 8 * 1024 * 1024;

type Reply<T> = oneshot::Sender<T>;

/// What the writer is asked to do.
#[derive(Debug)]
pub(super) enum Request {
    Append { run: Vec<Commit>, reply: Reply<Result<Vec<Outcome>, StoreError>> },
    Close(Reply<()>),
}

/// An answer that waits until what it says is durable.
enum Answer {
    Append(Vec<Outcome>, Reply<Result<Vec<Outcome>, StoreError>>),
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
        let mut closing: Vec<Reply<()>> = Vec::new();
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
            let _: Result<(), ()> = done.send(());
        }
    }

    /// Everything that waits, as far as one transaction takes it.
    fn group(&mut self, first: Request, closing: &mut Vec<Reply<()>>) -> Vec<Request> {
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
                return group.into_iter().for_each(|request| request.fail(&error));
            }
        };
        let (answers, failure) = carry_out(&mut log, &self.shared, group);
        match failure {
            None => {
                log.committed(&self.shared);
                self.head.send_replace(Position::new(log.end()));
                self.log = Some(log);
                answers.into_iter().for_each(Answer::send);
            }
            Some(error) => {
                self.log = log.roll_back(&self.shared, &error);
                answers.into_iter().for_each(|answer| answer.fail(&error));
            }
        }
    }
}

/// Carries a group out in one transaction. With a failure, nothing of it was done, or nobody knows.
fn carry_out(
    log: &mut Log,
    shared: &Shared,
    group: Vec<Request>,
) -> (Vec<Answer>, Option<StoreError>) {
    let mut failure = log.begin().err();
    let answers = group.into_iter().filter_map(|request| match request {
        Request::Append { run, reply } => {
            let outcomes = attempt(&mut failure, || log.append(shared, &run));
            Some(Answer::Append(outcomes.unwrap_or_default(), reply))
        }
        Request::Close(_) => None,
    });
    let answers = answers.collect();
    attempt(&mut failure, || log.index_if_due(shared));
    if let Some(fault) = failure {
        return (answers, Some(fault.into_store(&shared.file)));
    }
    let committed = log.commit();
    (answers, committed.err().map(|fault| fault.into_store_at_commit(&shared.file)))
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
            Self::Close(_) => (0, 0),
        }
    }

    /// Answers that it was not carried out. Whoever asked may be gone.
    fn fail(self, error: &StoreError) {
        match self {
            Self::Append { reply, .. } => drop(reply.send(Err(error.clone()))),
            Self::Close(_) => {}
        }
    }
}

impl Answer {
    /// Answers; whoever asked may be gone.
    fn send(self) {
        match self {
            Self::Append(outcomes, reply) => drop(reply.send(Ok(outcomes))),
        }
    }

    fn fail(self, error: &StoreError) {
        match self {
            Self::Append(_, reply) => drop(reply.send(Err(error.clone()))),
        }
    }
}
