//! Appends, stream by stream.
//!
//! *Problem.* Appends to one stream that race with the same expected revision all fail but one. *Shape.*
//! Who appends hands its commits to the lane of the stream. While one call to the server is under way
//! the next commits wait, and go together in the next call: one of them has an effect, or all. Lanes of
//! different streams know nothing of each other. A lane is a task that ends when nothing waits.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use factum_core::StreamName;
use factum_core::store::{Outcome, StoreError};
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use crate::judge::Item;
use crate::known::Known;
use crate::lane;
use crate::memory::Memory;
use crate::shared::Shared;

/// What waits for a stream: some commits of one run.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) items: Vec<Item>,
    /// Those that are known.
    pub(crate) outcomes: Vec<Outcome>,
    /// Until when it may be sent.
    pub(crate) due: Instant,
    pub(crate) reply: oneshot::Sender<Reply>,
}

/// The outcomes that are known, and why the others are not.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) error: Option<StoreError>,
}

impl Job {
    pub(crate) fn is_done(&self) -> bool {
        self.outcomes.len() == self.items.len()
    }

    /// Answers. Who does not wait any more is not told.
    pub(crate) fn end(self, error: Option<StoreError>) {
        let _ = self.reply.send(Reply { outcomes: self.outcomes, error });
    }
}

/// The lanes of a store.
#[derive(Debug)]
pub(crate) struct Lanes {
    inner: Mutex<Inner>,
    /// How many lanes are at work.
    busy: watch::Sender<usize>,
    closing: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Inner {
    waiting: HashMap<StreamName, VecDeque<Job>>,
    known: Memory,
}

impl Default for Lanes {
    fn default() -> Self {
        let (inner, busy, closing) =
            (Mutex::default(), watch::Sender::new(0), watch::Sender::new(false));
        Self { inner, busy, closing }
    }
}

impl Lanes {
    /// Has a job done.
    ///
    /// # Errors
    /// [`StoreError::Closed`] if the store is.
    pub(crate) fn hand_in(
        shared: &Arc<Shared>,
        stream: StreamName,
        job: Job,
    ) -> Result<(), StoreError> {
        let mut inner = shared.lanes.lock();
        if shared.lanes.is_closed() {
            return Err(StoreError::Closed);
        }
        if let Some(waiting) = inner.waiting.get_mut(&stream) {
            waiting.push_back(job);
            return Ok(());
        }
        inner.waiting.insert(stream.clone(), VecDeque::from([job]));
        let known = inner.known.take(&stream);
        shared.lanes.busy.send_modify(|busy| *busy += 1);
        drop(inner);
        let shared = Arc::clone(shared);
        tokio::spawn(lane::run(Working { shared, stream, known, has_ended: false }));
        Ok(())
    }

    /// Takes no more jobs, and waits until those that were handed in are done.
    pub(crate) async fn close(&self) {
        {
            // Whoever hands in a job now has done so before this, or is told.
            let _inner = self.lock();
            self.closing.send_replace(true);
        }
        // The senders are here, so that waiting ends by a change only.
        let _ = self.busy.subscribe().wait_for(|busy| *busy == 0).await;
    }

    pub(crate) fn is_closed(&self) -> bool {
        *self.closing.borrow()
    }

    /// Waits until the store is closed.
    pub(crate) async fn closed(&self) {
        let _ = self.closing.subscribe().wait_for(|closing| *closing).await;
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A lane at work, which has to itself what is known of its stream.
#[derive(Debug)]
pub(crate) struct Working {
    pub(crate) shared: Arc<Shared>,
    pub(crate) stream: StreamName,
    pub(crate) known: Option<Known>,
    has_ended: bool,
}

impl Working {
    /// The jobs that wait; none if the lane is to end.
    pub(crate) fn take(&mut self) -> VecDeque<Job> {
        let mut inner = self.shared.lanes.lock();
        let jobs = inner.waiting.get_mut(&self.stream).map(std::mem::take).unwrap_or_default();
        if jobs.is_empty() {
            self.has_ended = true;
            inner.waiting.remove(&self.stream);
            if let Some(known) = self.known.take() {
                inner.known.put(self.stream.clone(), known);
            }
        }
        jobs
    }
}

impl Drop for Working {
    /// Also where its runtime ends in the middle: then those who wait are told by their dropped replies.
    fn drop(&mut self) {
        if !self.has_ended {
            let left = self.shared.lanes.lock().waiting.remove(&self.stream);
            drop(left);
        }
        self.shared.lanes.busy.send_modify(|busy| *busy -= 1);
    }
}
