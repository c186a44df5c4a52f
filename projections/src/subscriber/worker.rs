use std::collections::{HashMap, HashSet};
use std::future::pending;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use factum_core::store::{BoxFuture, Mark, Position, Recorded, StoreError};
use factum_core::time::Clock;
use factum_core::{StreamName, panic};
use futures_util::FutureExt;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use super::SubscriberError;
use super::handler::{Deliver, Tried, Verdict};
use super::kept::{Changes, Kept, Wanted};
use super::lanes::{Job, Lanes};
use super::orders::{Order, Retry};
use super::saving::SAVE_EVERY;
use super::settings::Settings;
use super::spans::{self, DeliverySpan};
use super::status::Status;
use super::window::Window;
use crate::hub::{Batch, Consumer};
use crate::parking::{Keys, ParkedEvent};

/// How many events are taken from the log beside those that may be in hand: behind one that takes long,
/// or is tried again, this many others are done, and done again after a crash.
const LOOK_AHEAD: usize = 256;

/// How many parked events are written or read at once.
const AT_ONCE: usize = 256;

/// What a worker works with.
pub(super) struct Parts {
    pub(super) name: &'static str,
    pub(super) handler: Arc<dyn Deliver>,
    pub(super) settings: Settings,
    pub(super) kept: Arc<Kept>,
    pub(super) consumer: Consumer,
    /// Where the checkpoint is, if there is one.
    pub(super) saved: Option<Mark>,
    /// What it begins after.
    pub(super) begin: Mark,
    pub(super) status: Status,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) orders: mpsc::Receiver<Order>,
    pub(super) stop: watch::Receiver<bool>,
}

/// Delivers what comes from the hub.
pub(super) struct Worker {
    pub(super) parts: Parts,
    pub(super) window: Window,
    pub(super) lanes: Lanes,
    /// The lanes behind whose parked events others park, and where the first of them is, or was. Such a
    /// one has nothing waiting, but for events that are tried again because somebody said so, and for
    /// those before the first parked one, which come again after a crash.
    pub(super) blocked: HashMap<StreamName, Position>,
    /// How many events are parked, with the next save.
    pub(super) parked: usize,
    /// What was parked beyond the checkpoint before this worker began: it comes from the log again.
    parked_ahead: HashSet<Position>,
    /// What is in hand.
    tasks: JoinSet<Delivered>,
    pub(super) changes: Changes,
    pub(super) retry: Option<Retry>,
    pub(super) save_at: Instant,
    /// The log is known to have the checkpoint.
    pub(super) confirmed: bool,
}

/// What came of a job.
pub(super) struct Delivered {
    pub(super) stream: StreamName,
    pub(super) job: Job,
    pub(super) tried: Tried,
}

/// What a step came to.
enum Step {
    Batch(Batch),
    Worked,
    Stop,
}

/// What a worker is woken by.
enum Woken {
    Batch(Result<Batch, StoreError>),
    Order(Order),
    Delivered(Result<Delivered, JoinError>),
    Due,
    Stop,
}

impl Worker {
    pub(super) fn new(parts: Parts) -> Self {
        let room = parts.settings.concurrency.saturating_add(LOOK_AHEAD);
        Self {
            window: Window::new(parts.begin, room),
            parts,
            lanes: Lanes::default(),
            blocked: HashMap::new(),
            parked: 0,
            parked_ahead: HashSet::new(),
            tasks: JoinSet::new(),
            changes: Changes::default(),
            retry: None,
            save_at: Instant::now() + SAVE_EVERY,
            confirmed: false,
        }
    }

    /// Ends with the reason, and gives back where orders come.
    pub(super) async fn run(mut self) -> (Result<(), SubscriberError>, mpsc::Receiver<Order>) {
        let ended = AssertUnwindSafe(self.follow()).catch_unwind().await;
        let ended = ended.unwrap_or_else(|panic| Err(self.panicked(panic::message(&*panic))));
        (ended, self.parts.orders)
    }

    async fn follow(&mut self) -> Result<(), SubscriberError> {
        self.load_parked().await?;
        'log: loop {
            let batch = match self.step(true).await? {
                Step::Batch(batch) => batch,
                Step::Worked => continue,
                Step::Stop => break,
            };
            // What goes on from the checkpoint has found it in the log.
            self.confirmed = true;
            self.parts.status.works();
            let came = self.parts.clock.now();
            for seen in batch.events() {
                if !self.make_room().await? {
                    break 'log;
                }
                self.admit(seen.recorded());
            }
            self.window.pass(batch.to(), batch.caught_up().then_some(came));
            self.keep().await?;
        }
        self.finish().await
    }

    /// What waits behind parked events, from before.
    async fn load_parked(&mut self) -> Result<(), SubscriberError> {
        let mut after = Position::START;
        loop {
            let wanted = Wanted { stream: None, after, limit: AT_ONCE };
            let parked = self.parked(wanted).await?;
            let Some(last) = parked.last() else { break };
            after = last.position;
            self.parked += parked.len();
            for event in parked {
                if event.position > self.parts.begin.position {
                    self.parked_ahead.insert(event.position);
                }
                if let Ok(lane) = StreamName::new(event.lane()) {
                    self.blocked.entry(lane).or_insert(event.position);
                }
            }
        }
        self.parts.status.parked(self.parked);
        Ok(())
    }

    /// Waits until another event may be taken; not if it was stopped meanwhile.
    async fn make_room(&mut self) -> Result<bool, SubscriberError> {
        if self.changes.park.len() >= AT_ONCE {
            self.keep().await?;
        }
        while !self.window.has_room() {
            if matches!(self.step(false).await?, Step::Stop) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes an event: its turn comes, or it parks behind another.
    fn admit(&mut self, event: &Recorded) {
        let number = self.window.open(event.at.mark(), event.at.time());
        let Some(stream) = self.parts.handler.lane(event) else {
            return self.window.settle(number);
        };
        if self.parked_ahead.remove(&event.at.position) {
            self.window.settle(number);
        } else if self.blocked.get(&stream).is_some_and(|first| *first < event.at.position) {
            self.park(event, &stream, number, None);
        } else {
            self.lanes
                .push(stream, Job::Fresh { number, event: Arc::new(event.clone()), attempts: 0 });
        }
    }

    /// Parks an event with the problem and how often it was tried, or behind another.
    pub(super) fn park(
        &mut self,
        event: &Recorded,
        lane: &StreamName,
        number: u64,
        problem: Option<(String, u32)>,
    ) {
        let (problem, attempts) = problem.unzip();
        spans::parked(self.parts.name, event, problem.as_deref());
        let keys = Keys { rows: vec![lane.to_string()], stream: event.at.stream.to_string() };
        let parked = ParkedEvent::new(event, 0, &keys, problem, self.parts.clock.now());
        self.changes.park.push(ParkedEvent { attempts: attempts.unwrap_or(0), ..parked });
        self.parked += 1;
        self.window.settle(number);
    }

    /// Begins what may begin, then waits until something happens and does what follows from it.
    async fn step(&mut self, take: bool) -> Result<Step, SubscriberError> {
        self.keep().await?;
        self.begin();
        match self.woken(take).await {
            Woken::Stop => return Ok(Step::Stop),
            Woken::Batch(Ok(batch)) => return Ok(Step::Batch(batch)),
            // It is tried again.
            Woken::Batch(Err(error)) if error.is_transient() => {
                self.parts.status.trouble(self.log(error));
            }
            Woken::Batch(Err(error)) => return Err(self.log(error)),
            Woken::Order(order) => self.carry_out(order).await?,
            Woken::Delivered(joined) => {
                let delivered = joined.map_err(|error| self.lost(error))?;
                self.take_in(delivered).await?;
            }
            Woken::Due => self.lanes.wake(Instant::now()),
        }
        Ok(Step::Worked)
    }

    async fn woken(&mut self, take: bool) -> Woken {
        let save_at = self.is_behind().then_some(self.save_at);
        let due = self.lanes.next_again().into_iter().chain(save_at).min();
        let due = async {
            match due {
                Some(at) => sleep_until(at).await,
                None => pending().await,
            }
        };
        let Parts { consumer, orders, stop, .. } = &mut self.parts;
        let next = async {
            match take {
                true => consumer.next().await,
                false => pending().await,
            }
        };
        tokio::select! {
            biased;
            // A runner that is gone has aborted the worker.
            _ = stop.wait_for(|stop| *stop) => Woken::Stop,
            Some(order) = orders.recv(), if self.retry.is_none() => Woken::Order(order),
            Some(joined) = self.tasks.join_next() => Woken::Delivered(joined),
            () = due => Woken::Due,
            next = next => Woken::Batch(next),
        }
    }

    /// Begins to deliver what may be delivered.
    fn begin(&mut self) {
        while self.tasks.len() < self.parts.settings.concurrency {
            let Some((stream, job)) = self.lanes.next() else { return };
            let tried = self.one_try(&job);
            self.tasks.spawn(async move { Delivered { stream, job, tried: tried.await } });
        }
    }

    fn one_try(&self, job: &Job) -> BoxFuture<'static, Tried> {
        let (name, handler) = (self.parts.name, self.parts.handler.clone());
        match job {
            Job::Fresh { event, attempts, .. } => {
                Box::pin(deliver(name, handler, event.clone(), attempts + 1))
            }
            Job::Parked(parked) => {
                let (log, parked) = (self.parts.consumer.store(), parked.clone());
                Box::pin(async move {
                    match parked.read(&*log).await {
                        Ok(Some(event)) => {
                            deliver(name, handler, Arc::new(event), parked.attempts + 1).await
                        }
                        Ok(None) => {
                            let problem = "it is no longer in the log".to_owned();
                            Tried::Failed(problem, Verdict::Park)
                        }
                        Err(error) => Tried::Unread(error),
                    }
                })
            }
        }
    }

    /// Waits for what is in hand, and saves.
    async fn finish(&mut self) -> Result<(), SubscriberError> {
        while let Some(joined) = self.tasks.join_next().await {
            let delivered = joined.map_err(|error| self.lost(error))?;
            self.take_in(delivered).await?;
        }
        self.save().await
    }
}

async fn deliver(
    name: &'static str,
    handler: Arc<dyn Deliver>,
    event: Arc<Recorded>,
    attempt: u32,
) -> Tried {
    let span = DeliverySpan::new(name, &event, attempt);
    let tried = span.around(handler.deliver(event)).await;
    if let Tried::Failed(problem, _) = &tried {
        span.failed(problem);
    }
    tried
}
