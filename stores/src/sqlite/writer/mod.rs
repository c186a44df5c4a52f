//! The one thread that writes.

mod append;
mod heads;
mod log;
#[cfg(test)]
mod recovery;
mod repeat;
mod request;
mod tag_heads;
mod views;

use std::sync::Arc;

use factum_core::store::{Position, StoreError};
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot, watch};

use super::Shared;
use super::fault::Fault;
use super::lock::WriterLock;
use append::Appender;
use log::Log;
pub(super) use request::{Reply, Request};

/// A transaction takes in no further request once it has this many events…
const GROUP_EVENTS: usize = 8192;
/// … or this many bytes of payload and tags.
const GROUP_BYTES: usize = 8 * 1024 * 1024;

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
    _lock: WriterLock,
    /// Goes last: whoever sees that it is gone knows that the lock is free.
    head: watch::Sender<Position>,
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

    /// Carries a group out, and answers.
    fn serve(&mut self, mut group: Vec<Request>) {
        match self.carry_out(&mut group) {
            // Nothing was done yet. What is wrong with one request must not be the others' concern.
            Err(fault) if group.len() > 1 && fault.is_of_one_request() => {
                for mut request in group {
                    let done = self.carry_out(std::slice::from_mut(&mut request));
                    request.answer(
                        done.err().map(|fault| fault.into_store(&self.shared.file)).as_ref(),
                    );
                }
            }
            done => {
                let failure = done.err().map(|fault| fault.into_store(&self.shared.file));
                group.into_iter().for_each(|request| request.answer(failure.as_ref()));
            }
        }
    }

    /// Carries a group out in one transaction. With an error, nothing of it was done, or nobody knows.
    fn carry_out(&mut self, group: &mut [Request]) -> Result<(), Fault> {
        if group.is_empty() {
            return Ok(());
        }
        let mut log = self.log.take().map_or_else(|| Log::recover(&self.shared), Ok)?;
        let written = write(&mut log, &self.shared, group);
        let done = written.and_then(|()| {
            let committed = log.commit();
            committed.map_err(|fault| fault.into_store_at_commit(&self.shared.file).into())
        });
        self.log = match &done {
            Ok(()) => {
                log.committed(&self.shared);
                self.head.send_replace(Position::new(log.end()));
                Some(log)
            }
            Err(fault) => log.roll_back(&self.shared, fault.outcome_unknown()),
        };
        done
    }
}

/// Does what a group asks for, up to the first failure.
fn write(log: &mut Log, shared: &Shared, group: &mut [Request]) -> Result<(), Fault> {
    log.begin()?;
    let mut appender = Appender::new(log, shared)?;
    group.iter_mut().try_for_each(|request| request.carry_out(&mut appender))?;
    drop(appender);
    log.index_if_due(shared)
}
