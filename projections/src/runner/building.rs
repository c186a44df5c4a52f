//! One building of a view, and the workers that this process has on it.

use std::collections::HashMap;
use std::sync::Arc;

use factum_core::Projection;
use factum_core::projection::Sources;
use factum_core::store::{Mark, Position};
use factum_core::view::{Hold, RowStore, Taken, ViewError, ViewSpec};
use tokio::sync::{mpsc, watch};
use tokio::task::{self, JoinSet};

use super::ProjectionError;
use super::current::Current;
use super::inline::{Overtaking, Written};
use super::orders::Order;
use super::pace::Pace;
use super::placement::Placement;
use super::plan::{Wish, wishes};
use super::progress::Progress;
use super::slice::Slice;
use super::worker::{Parts, Worker};
use crate::Hub;
use crate::rows::{Ask, MemoryRows, Rows, StoredAsk, StoredRows};

/// How many orders wait for a worker before whoever gives one waits, too.
const ORDERS: usize = 16;

/// A worker that has ended, and why. Its building may be gone, and another one have its number and slices.
pub(super) type Ended = (task::Id, Result<(), ProjectionError>);

pub(super) struct Building<P> {
    pub(super) view: ViewSpec,
    pub(super) progress: Progress,
    backing: Backing<P>,
    pace: Pace,
    pub(super) written: Written,
    hands: HashMap<u16, Hand>,
}

enum Backing<P> {
    Memory(MemoryRows<P>),
    Stored(Arc<dyn RowStore>),
}

/// A worker of this process.
struct Hand {
    worker: task::Id,
    hold: Hold,
    orders: mpsc::Sender<Order>,
    stop: watch::Sender<bool>,
}

impl<P: Projection> Building<P> {
    pub(super) fn new(view: ViewSpec, place: &Placement, pace: Pace) -> Self {
        let backing = match &place.rows {
            None => Backing::Memory(MemoryRows::new()),
            Some(rows) => Backing::Stored(rows.clone()),
        };
        let progress = Progress::new(view.id, view.slices);
        let written = Written::default();
        Self { view, progress, backing, pace, written, hands: HashMap::new() }
    }

    /// What queries see of it.
    pub(super) fn current(&self) -> Current<P> {
        let (rows, store): (Arc<dyn Ask<P>>, _) = match &self.backing {
            Backing::Memory(rows) => (Arc::new(rows.clone()), None),
            Backing::Stored(store) => {
                (Arc::new(StoredAsk::new(store.clone(), self.view)), Some(store.clone()))
            }
        };
        let (reached, written) = (self.progress.reached(), self.written.clone());
        Current { view: self.view, rows, older: None, reached, store, written }
    }

    /// How far all slices are, by what others say of theirs.
    pub(super) async fn reached(&self) -> Result<Position, ViewError> {
        let reached = self.progress.reached();
        match &self.backing {
            Backing::Stored(rows) if reached.is_shared() => {
                Ok(reached.with_others(&rows.slices(self.view).await?))
            }
            _ => Ok(reached.position()),
        }
    }

    /// Where the workers of a slice take orders, if this process has it.
    pub(super) fn orders(&self, slice: u16) -> Option<mpsc::Sender<Order>> {
        self.hands.get(&slice).map(|hand| hand.orders.clone())
    }

    /// Takes what is to be had of its slices, and begins to work on it. Without a lease that is all of
    /// them.
    pub(super) async fn take(
        &mut self,
        hub: &Hub,
        place: &Placement,
        workers: &mut JoinSet<Ended>,
    ) -> Result<(), ViewError> {
        let Backing::Stored(rows) = &self.backing else {
            if self.hands.is_empty() {
                self.start(Hold::default(), None, hub, place, workers);
            }
            return Ok(());
        };
        let rows = rows.clone();
        if place.lease.is_none() {
            for slice in 0..self.view.slices {
                self.seize(slice, hub, place, workers).await?;
            }
            return Ok(());
        }
        self.renew(&*rows, place).await?;
        for wish in wishes(&rows.slices(self.view).await?, &place.owner) {
            self.take_one(&*rows, wish, hub, place, workers).await?;
        }
        Ok(())
    }

    /// Takes one slice, whoever has it.
    pub(super) async fn seize(
        &mut self,
        slice: u16,
        hub: &Hub,
        place: &Placement,
        workers: &mut JoinSet<Ended>,
    ) -> Result<(), ViewError> {
        match &self.backing {
            Backing::Stored(rows) if !self.hands.contains_key(&slice) => {
                let rows = rows.clone();
                self.take_one(&*rows, Wish::FromAnother(slice), hub, place, workers).await
            }
            _ => Ok(()),
        }
    }

    async fn take_one(
        &mut self,
        rows: &dyn RowStore,
        wish: Wish,
        hub: &Hub,
        place: &Placement,
        workers: &mut JoinSet<Ended>,
    ) -> Result<(), ViewError> {
        let take = |slice, lease| rows.take(self.view, slice, place.owner.clone(), lease);
        let taken = match wish {
            Wish::Free(slice) => take(slice, place.lease).await?,
            Wish::FromAnother(slice) => {
                let taken = take(slice, None).await?;
                // From now on it is leased: others take it only once that has run out.
                if place.lease.is_some() { take(slice, place.lease).await? } else { taken }
            }
        };
        if let Taken::Yours { hold, checkpoint } = taken {
            self.start(hold, checkpoint, hub, place, workers);
        }
        Ok(())
    }

    /// Makes the leases longer; a slice that somebody else has taken is given up.
    async fn renew(&mut self, rows: &dyn RowStore, place: &Placement) -> Result<(), ViewError> {
        let holds: Vec<Hold> = self.hands.values().map(|hand| hand.hold).collect();
        for hold in holds {
            let taken = rows.take(self.view, hold.slice, place.owner.clone(), place.lease).await?;
            if !matches!(taken, Taken::Yours { hold: kept, .. } if kept == hold) {
                self.tell_to_stop(hold.slice);
            }
        }
        Ok(())
    }

    fn start(
        &mut self,
        hold: Hold,
        checkpoint: Option<Mark>,
        hub: &Hub,
        place: &Placement,
        workers: &mut JoinSet<Ended>,
    ) {
        let rows: Box<dyn Rows<P>> = match &self.backing {
            Backing::Memory(rows) => Box::new(rows.clone()),
            Backing::Stored(rows) => Box::new(StoredRows::new(rows.clone(), self.view, hold)),
        };
        let (stop, stopped) = watch::channel(false);
        let (orders, received) = mpsc::channel(ORDERS);
        let sources = Sources::<P>::of();
        let consumer = hub.consumer(sources.contexts().map(|(context, _)| context), checkpoint);
        let overtaking = self.overtaking(hub, &sources);
        let worker = Worker::new(Parts {
            view: self.view.id,
            sources,
            slice: Slice { hold, of: self.view.slices },
            rows,
            checkpoint,
            consumer,
            status: self.progress.took(hold.slice),
            clock: place.clock.clone(),
            pace: self.pace,
            overtaking,
            orders: received,
            stop: stopped,
        });
        let worker = workers.spawn(async move { (task::id(), worker.run().await) }).id();
        self.hands.insert(hold.slice, Hand { worker, hold, orders, stop });
    }

    /// Rows that could be inline may be so in another process, whatever they are in this one.
    fn overtaking(&self, hub: &Hub, sources: &Sources<P>) -> Option<Overtaking> {
        let may_be = sources.are_by_stream() && hub.store().capabilities().inline_views;
        match &self.backing {
            Backing::Stored(rows) if may_be => {
                let (rows, written) = (rows.clone(), self.written.clone());
                Some(Overtaking { rows, view: self.view, written })
            }
            _ => None,
        }
    }

    /// Takes note that a worker has ended; what it worked on, if it was one of this building.
    pub(super) fn ended(&mut self, worker: task::Id) -> Option<Hold> {
        let hold = self.hands.values().find(|hand| hand.worker == worker)?.hold;
        self.hands.remove(&hold.slice);
        self.progress.left(hold.slice);
        Some(hold)
    }

    fn tell_to_stop(&self, slice: u16) {
        if let Some(hand) = self.hands.get(&slice) {
            hand.stop.send_replace(true);
        }
    }

    /// Has all workers commit what they have in hand, and end.
    pub(super) fn stop(&self) {
        self.hands.keys().for_each(|slice| self.tell_to_stop(*slice));
    }

    /// Gives the slice of a worker back that has ended; whether it was one of this building.
    pub(super) async fn release(&mut self, worker: task::Id) -> bool {
        let Some(hold) = self.ended(worker) else { return false };
        if let Backing::Stored(rows) = &self.backing {
            // If it cannot be given back the lease runs out.
            drop(rows.release(self.view, hold).await);
        }
        true
    }

    /// Gives all slices back, once their workers have ended.
    pub(super) async fn release_all(&mut self) {
        let workers: Vec<task::Id> = self.hands.values().map(|hand| hand.worker).collect();
        for worker in workers {
            self.release(worker).await;
        }
    }
}
