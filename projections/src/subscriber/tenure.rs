//! When it is this process that runs a subscriber.
//!
//! *Problem.* Processes that share a log would each deliver every event. *Invariant.* One of them does,
//! as far as leases go; one that slept through its lease may still finish what it has in hand, but saves
//! nothing. *Shape.* [`Tenure::run`] waits for its turn, has a worker follow the log, renews the lease
//! beside it, and waits again once another process has taken over.

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use factum_core::store::Mark;
use factum_core::view::{Taken, ViewError};
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};

use super::SubscriberError;
use super::handler::Deliver;
use super::kept::{Changes, Kept};
use super::orders::Order;
use super::settings::Settings;
use super::status::{AtWork, Status};
use super::worker::{Parts, Worker};
use crate::backoff::Backoff;
use crate::{Hub, Placement};

/// How often it is looked at, at the least, how far another process is.
const LOOK: Duration = Duration::from_millis(200);

pub(super) struct Tenure {
    pub(super) name: &'static str,
    pub(super) hub: Hub,
    pub(super) place: Placement,
    pub(super) kept: Arc<Kept>,
    pub(super) handler: Arc<dyn Deliver>,
    pub(super) contexts: Vec<&'static str>,
    pub(super) settings: Settings,
    pub(super) status: Status,
    pub(super) stop: watch::Receiver<bool>,
}

/// Where a worker begins.
pub(super) struct Begin {
    at_work: AtWork,
    /// The checkpoint, if there is one.
    saved: Option<Mark>,
    /// What it begins after.
    after: Mark,
}

type Ended = Result<(), SubscriberError>;

impl Tenure {
    /// Takes the subscriber if that is possible now, and says where it begins then.
    pub(super) async fn begin(&self) -> Result<Option<Begin>, SubscriberError> {
        let taken = self.kept.take(self.place.owner.clone(), self.place.lease).await?;
        match taken {
            Taken::Yours { checkpoint, .. } => Ok(Some(self.begin_at(checkpoint).await?)),
            Taken::Theirs { .. } => Ok(None),
        }
    }

    async fn begin_at(&self, checkpoint: Option<Mark>) -> Result<Begin, SubscriberError> {
        let at_work = self.status.at_work();
        if let Some(saved) = checkpoint {
            return Ok(Begin { at_work, saved: checkpoint, after: saved });
        }
        let head = self.hub.store().head().await.map_err(|source| {
            let subscriber = self.name.to_owned();
            SubscriberError::Log { subscriber, source }
        })?;
        if !self.settings.from_now {
            return Ok(Begin { at_work, saved: None, after: Mark::start(head.log) });
        }
        self.kept.commit(None, head, &Changes::default(), false).await?;
        Ok(Begin { at_work, saved: Some(head), after: head })
    }

    /// Ends with the reason, which the handles are told as well.
    pub(super) async fn run(
        mut self,
        first: Option<Begin>,
        orders: mpsc::Receiver<Order>,
    ) -> Ended {
        let ended = self.turns(first, orders).await;
        self.kept.release().await;
        self.status.end(ended.clone());
        ended
    }

    async fn turns(&mut self, first: Option<Begin>, mut orders: mpsc::Receiver<Order>) -> Ended {
        let mut turn = first;
        loop {
            let begin = match turn.take() {
                Some(begin) => begin,
                None => match self.wait(&mut orders).await? {
                    Some(begin) => begin,
                    None => return Ok(()),
                },
            };
            let ended;
            (ended, orders) = self.work(begin, orders).await;
            match ended {
                Err(error) if self.is_taken(&error) => {}
                // It had nothing to save, by which it would have found out.
                Ok(()) if !*self.stop.borrow() => {}
                ended => return ended,
            }
        }
    }

    /// Waits until another process gives the subscriber up, or somebody asks this one for something that
    /// only whoever runs it can do. `None` once this is to stop.
    async fn wait(
        &mut self,
        orders: &mut mpsc::Receiver<Order>,
    ) -> Result<Option<Begin>, SubscriberError> {
        let mut backoff = Backoff::new();
        loop {
            match self.look().await {
                Ok(Some(begin)) => return Ok(Some(begin)),
                Ok(None) => backoff = Backoff::new(),
                Err(error) if error.is_transient() => {
                    self.status.trouble(error);
                    let stopped = timeout(backoff.next(), stopped(&mut self.stop)).await;
                    if stopped.is_ok() {
                        return Ok(None);
                    }
                }
                Err(error) => return Err(error),
            }
            tokio::select! {
                biased;
                () = stopped(&mut self.stop) => return Ok(None),
                () = wanted(orders) => {
                    // Whoever has it finds out by its next save or renewal.
                    match self.kept.take(self.place.owner.clone(), None).await {
                        Err(error) if error.is_transient() => {
                            self.status.trouble(error);
                            sleep(backoff.next()).await;
                        }
                        taken => drop(taken?),
                    }
                }
                () = sleep(LOOK) => {}
            }
        }
    }

    async fn look(&self) -> Result<Option<Begin>, SubscriberError> {
        let begin = self.begin().await?;
        if begin.is_none() {
            self.status.reach(self.kept.reached().await?);
            self.status.works();
        }
        Ok(begin)
    }

    /// Has a worker follow the log until it is stopped or fails.
    async fn work(
        &mut self,
        begin: Begin,
        orders: mpsc::Receiver<Order>,
    ) -> (Ended, mpsc::Receiver<Order>) {
        let Begin { at_work: _at_work, saved, after } = begin;
        let (stop, stopped) = watch::channel(false);
        let worker = Worker::new(Parts {
            name: self.name,
            handler: self.handler.clone(),
            settings: self.settings.clone(),
            kept: self.kept.clone(),
            consumer: self.hub.consumer(self.contexts.iter().copied(), saved),
            saved,
            begin: after,
            status: self.status.clone(),
            clock: self.place.clock.clone(),
            orders,
            stop: stopped,
        });
        let (mut worker, handler) = (pin!(worker.run()), self.handler.clone());
        tokio::select! {
            // What is polled first is not left to chance, so that a simulation can be run again.
            biased;
            ended = &mut worker => return ended,
            () = self.over() => {}
            never = handler.beside() => match never {},
        }
        stop.send_replace(true);
        worker.await
    }

    /// Waits until this is to stop, or another process has taken over; renews the lease meanwhile.
    async fn over(&mut self) {
        loop {
            let renew = async {
                match self.place.lease {
                    Some(lease) => sleep(lease / 3).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                biased;
                () = stopped(&mut self.stop) => return,
                () = renew => {}
            }
            let renewed = self.kept.renew(self.place.owner.clone(), self.place.lease).await;
            // If the row store cannot be asked, the next save tells.
            if matches!(renewed, Ok(false)) {
                return;
            }
        }
    }

    /// Whether a worker ended only because another process runs the subscriber now.
    fn is_taken(&self, error: &SubscriberError) -> bool {
        let SubscriberError::Rows { source: ViewError::Fenced(fenced), .. } = error else {
            return false;
        };
        fenced.taken && self.place.lease.is_some()
    }
}

/// Waits until this is to stop, or its runner is gone.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    // The runner that is gone has aborted this.
    drop(stop.wait_for(|stop| *stop).await);
}

/// Waits until there is an order, and leaves it where it is.
async fn wanted(orders: &mut mpsc::Receiver<Order>) {
    while orders.is_empty() && !orders.is_closed() {
        sleep(Duration::from_millis(10)).await;
    }
    if orders.is_empty() {
        pending().await
    }
}
