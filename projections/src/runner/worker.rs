use std::future::pending;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use factum_core::codec::Seen;
use factum_core::projection::Sources;
use factum_core::store::{Mark, StoreError};
use factum_core::time::Clock;
use factum_core::view::ViewId;
use factum_core::{Projection, Timestamp, panic};
use futures_util::FutureExt;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::batch::{self, FailedAt, Failure, Taken, Work};
use super::inline::Overtaking;
use super::orders::Order;
use super::pace::Pace;
use super::progress::Status;
use super::slice::Slice;
use super::spans;
use super::step::Step;
use super::{EventProblem, FailedEvent, ProjectionError};
use crate::backoff::Backoff;
use crate::hub::{Batch, Consumer};
use crate::parking::{Blocked, Keys, ParkedEvent};
use crate::rows::{Changed, Rows};

/// How long the checkpoint may stay behind while the log grows by events that do not concern the
/// view. A restart looks at no more of them again; a busy log costs no more writes than this.
pub(super) const SAVE_EVERY: Duration = Duration::from_secs(1);

/// From how many events in one batch on the log is busy.
const BUSY: usize = 48;
/// While the log is busy, how many times as long as a commit took nothing is committed after it. A
/// few large batches cost the store's writer far less than many small ones, as their rows share
/// pages; and a store that answers slowly is asked less often.
const REST: u32 = 3;
/// How long a view of a busy log falls behind for that at the most, beside the commit itself.
const LONGEST_REST: Duration = Duration::from_millis(50);

/// How many keys may wait behind parked events before the slice stops.
const MOST_BLOCKED: usize = 1_000;

/// What a worker works with.
pub(super) struct Parts<P> {
    pub(super) view: ViewId,
    pub(super) sources: Sources<P>,
    pub(super) slice: Slice,
    pub(super) rows: Box<dyn Rows<P>>,
    pub(super) checkpoint: Option<Mark>,
    pub(super) consumer: Consumer,
    pub(super) status: Status,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) pace: Pace,
    pub(super) overtaking: Option<Overtaking>,
    pub(super) orders: mpsc::Receiver<Order>,
    pub(super) stop: watch::Receiver<bool>,
}

/// Projects what comes from the hub, and commits it: one slice of a view.
pub(super) struct Worker<P> {
    pub(super) view: ViewId,
    sources: Sources<P>,
    pub(super) slice: Slice,
    pub(super) rows: Box<dyn Rows<P>>,
    pub(super) changed: Changed<P>,
    /// What the next commit parks, and takes out of what is parked.
    pub(super) park: Vec<ParkedEvent>,
    pub(super) unpark: Vec<String>,
    pub(super) blocked: Blocked,
    /// How many events are parked.
    pub(super) parked: usize,
    pub(super) saved: Option<Mark>,
    /// What commits of commands do to the rows, of this process or, whatever this one does, of another;
    /// and whether they have moved the checkpoint since it was `saved`.
    pub(super) overtaking: Option<Overtaking>,
    pub(super) overtaken: bool,
    /// How far the log is known beyond `saved`, without a change of rows.
    pub(super) ahead: Option<Mark>,
    pub(super) save_at: Instant,
    /// How long the newest commit took.
    pub(super) took: Duration,
    pub(super) consumer: Consumer,
    pub(super) status: Status,
    pub(super) clock: Arc<dyn Clock>,
    pace: Pace,
    orders: mpsc::Receiver<Order>,
    pub(super) stop: watch::Receiver<bool>,
}

/// What a worker is woken by.
enum Next {
    Batch(Batch),
    Order(Order),
    Stop,
}

impl<P: Projection> Worker<P> {
    pub(super) fn new(parts: Parts<P>) -> Self {
        let Parts { view, slice, rows, checkpoint, consumer, status, clock, pace, .. } = parts;
        let Parts { sources, overtaking, orders, stop, .. } = parts;
        Self {
            view,
            sources,
            slice,
            rows,
            changed: Changed::default(),
            park: Vec::new(),
            unpark: Vec::new(),
            blocked: Blocked::default(),
            parked: 0,
            saved: checkpoint,
            overtaking,
            overtaken: false,
            ahead: None,
            save_at: Instant::now() + SAVE_EVERY,
            took: Duration::ZERO,
            consumer,
            status,
            clock,
            pace,
            orders,
            stop,
        }
    }

    /// Ends with the reason.
    pub(super) async fn run(mut self) -> Result<(), ProjectionError> {
        let (view, slice) = (self.view, self.slice.hold.slice);
        let ended = AssertUnwindSafe(self.follow()).catch_unwind().await;
        let ended = ended.unwrap_or_else(|panic| {
            Err(ProjectionError::Panicked { view, message: panic::message(&*panic) })
        });
        spans::ended(view, slice, &ended);
        ended
    }

    async fn follow(&mut self) -> Result<(), ProjectionError> {
        self.retry_at_start().await?;
        let mut unconfirmed = self.saved;
        loop {
            let batch = match self.next().await? {
                Next::Batch(batch) => batch,
                Next::Order(order) => {
                    self.carry_out(order).await?;
                    continue;
                }
                Next::Stop => break,
            };
            // What goes on from the checkpoint has found it in the log.
            if let Some(saved) = unconfirmed.take() {
                self.status.reach(saved.position, Step::default());
            }
            let (to, caught_up) = (batch.to(), batch.caught_up());
            let came = self.clock.now();
            let events = batch.events();
            let mut rest = self.undone(events.as_slice(), to).await?;
            while !rest.is_empty() {
                let done = match self.take(rest, to).await {
                    Err(ProjectionError::Overtaken { .. }) => 0,
                    done => done?,
                };
                rest = rest.get(done..).unwrap_or_default();
                if !self.keep_pace(done).await {
                    return self.save().await;
                }
                if !rest.is_empty() {
                    rest = self.undone(rest, to).await?;
                }
            }
            if caught_up {
                self.rows.caught_up();
                self.status.caught_up(came);
            }
            if Instant::now() >= self.save_at {
                self.save().await?;
            }
            if events.len() >= BUSY && caught_up {
                self.rest().await;
            }
        }
        self.save().await
    }

    /// Waits so long that so many events have taken their time; whether this is to go on.
    async fn keep_pace(&mut self, events: usize) -> bool {
        let time = self.pace.time_of(events);
        time.is_zero() || timeout(time, self.stop.wait_for(|stop| *stop)).await.is_err()
    }

    /// Lets events gather.
    async fn rest(&mut self) {
        let rest = self.took.saturating_mul(REST).min(LONGEST_REST);
        let stopped = self.stop.wait_for(|stop| *stop);
        // However this ends, it is time to go on.
        let _ = timeout(rest, stopped).await;
    }

    /// What keys wait behind parked events.
    pub(super) async fn load_parked(&mut self) -> Result<(), ProjectionError> {
        let mut backoff = Backoff::new();
        let parked = loop {
            match self.rows.parked().await {
                Ok(parked) => break parked,
                Err(error) => self.pause(&mut backoff, error).await?,
            }
        };
        self.blocked = Blocked::of(&parked);
        self.count_parked(parked.len());
        Ok(())
    }

    /// What comes next; writes the checkpoint meanwhile where that is due.
    async fn next(&mut self) -> Result<Next, ProjectionError> {
        loop {
            let save_at = self.ahead.map(|_| self.save_at);
            let save = async {
                match save_at {
                    Some(at) => sleep_until(at).await,
                    None => pending().await,
                }
            };
            let next = tokio::select! {
                biased;
                // A runner that is gone has aborted the worker.
                _ = self.stop.wait_for(|stop| *stop) => return Ok(Next::Stop),
                Some(order) = self.orders.recv() => return Ok(Next::Order(order)),
                next = self.consumer.next() => Some(next),
                () = save => None,
            };
            let Some(next) = next else {
                self.save().await?;
                continue;
            };
            match next.map_err(|error| (error.is_transient(), self.log(error))) {
                Ok(batch) => return Ok(Next::Batch(batch)),
                // It is tried again.
                Err((true, error)) => self.status.trouble(error),
                Err((false, error)) => return Err(error),
            }
        }
    }

    pub(super) fn log(&self, source: StoreError) -> ProjectionError {
        ProjectionError::Log { view: self.view, source }
    }

    /// Takes in the first of the events, or all of them, and says how many. `to` is how far the log is
    /// known with all of them.
    ///
    /// One that fails parks, after those before it.
    async fn take(&mut self, events: &[Seen<'_>], to: Mark) -> Result<usize, ProjectionError> {
        let at_once = events.get(..self.pace.at_once()).unwrap_or(events);
        let (taken, problem) = self.project(at_once).await?;
        let now = self.clock.now();
        for (at, keys) in &taken.waiting {
            if let Some(event) = events.get(*at) {
                self.park_one(*event, keys, None, now);
            }
        }
        let mut done = taken.events;
        if let (Some(problem), Some(event)) = (problem, events.get(done)) {
            self.check_room(*event, &problem)?;
            let keys = self.work().keys(*event).unwrap_or_else(|_| Keys::of_stream(*event));
            self.park_one(*event, &keys, Some(problem.to_string()), now);
            done += 1;
        }
        let last = done.checked_sub(1).and_then(|last| events.get(last));
        let to =
            last.filter(|_| done < events.len()).map_or(to, |event| event.recorded().at.mark());
        if last.is_some() {
            self.commit(to, Step::of(events.get(..done).unwrap_or(events), now)).await?;
        }
        Ok(done)
    }

    /// Has the next commit park an event.
    fn park_one(&mut self, event: Seen<'_>, keys: &Keys, problem: Option<String>, now: Timestamp) {
        let (event, slice) = (event.recorded(), self.slice.hold.slice);
        spans::parked(self.view, slice, event, problem.as_deref());
        self.park.push(ParkedEvent::new(event, slice, keys, problem, now));
    }

    pub(super) fn count_parked(&mut self, parked: usize) {
        self.parked = parked;
        self.status.parked(parked);
    }

    /// Takes in as many of the events as it can, and says what is wrong with the next one, if it is that
    /// which ended it.
    pub(super) async fn project(
        &mut self,
        events: &[Seen<'_>],
    ) -> Result<(Taken, Option<EventProblem>), ProjectionError> {
        let (mut fine, mut failed) = (events, None);
        let mut backoff = Backoff::new();
        loop {
            self.changed.clear();
            let Self { sources, slice, blocked, rows, changed, .. } = &mut *self;
            let work = Work { sources, slice: *slice, blocked };
            match batch::project(&work, &mut **rows, fine, changed).await {
                Ok(taken) => {
                    let ended_by = failed.filter(|_| taken.events == fine.len());
                    return Ok((taken, ended_by));
                }
                Err(Failure::Rows(error)) => self.pause(&mut backoff, error).await?,
                Err(Failure::Event(FailedAt(at, problem))) => {
                    failed = Some(problem);
                    fine = fine.get(..at).unwrap_or_default();
                }
            }
        }
    }

    pub(super) fn work(&self) -> Work<'_, P> {
        Work { sources: &self.sources, slice: self.slice, blocked: &self.blocked }
    }

    /// Whether one more may park.
    fn check_room(&self, event: Seen<'_>, problem: &EventProblem) -> Result<(), ProjectionError> {
        if self.blocked.len() + self.park.len() < MOST_BLOCKED {
            return Ok(());
        }
        let failed = FailedEvent::new(self.view, event.recorded(), problem.clone());
        Err(ProjectionError::Event(Box::new(failed)))
    }
}
