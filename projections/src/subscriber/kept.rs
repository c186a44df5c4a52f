use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use factum_core::StreamName;
use factum_core::codec::DecodeError;
use factum_core::store::{Mark, Position, StoreError};
use factum_core::view::{
    Comparison, Condition, Hold, Owner, RowBatch, RowChanges, RowStore, Select, Sort, Taken, Value,
    ViewError, ViewId, ViewSpec,
};

use super::SubscriberError;
use crate::parking::{self, ParkedEvent};

/// Where a subscriber keeps its checkpoint and what it has parked: as a view without rows.
pub(super) struct Kept {
    view: ViewSpec,
    place: Place,
}

enum Place {
    /// Nowhere but here; by position.
    Memory(Mutex<BTreeMap<Position, ParkedEvent>>),
    Stored {
        store: Arc<dyn RowStore>,
        /// By which right this process writes.
        hold: Mutex<Hold>,
    },
}

/// What changes together with the checkpoint.
#[derive(Clone, Default)]
pub(super) struct Changes {
    pub(super) park: Vec<ParkedEvent>,
    /// Those that are parked no longer.
    pub(super) unpark: Vec<ParkedEvent>,
}

impl Changes {
    pub(super) fn is_empty(&self) -> bool {
        self.park.is_empty() && self.unpark.is_empty()
    }
}

/// Which parked events are wanted, in the order of the log.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    /// Only those of this stream.
    pub(super) stream: Option<StreamName>,
    /// Only those behind this position.
    pub(super) after: Position,
    pub(super) limit: usize,
}

impl Kept {
    /// Opens the place.
    pub(super) async fn open(
        name: &'static str,
        rows: Option<Arc<dyn RowStore>>,
    ) -> Result<Self, SubscriberError> {
        let view = ViewSpec::new(ViewId::new(name, 1), &[]);
        let Some(store) = rows else {
            return Ok(Self { view, place: Place::Memory(Mutex::default()) });
        };
        let kept =
            Self { view, place: Place::Stored { store: store.clone(), hold: Mutex::default() } };
        store.open(view).await.map_err(|source| kept.failed(source))?;
        Ok(kept)
    }

    /// Under which it is kept.
    pub(super) fn view(&self) -> ViewSpec {
        self.view
    }

    /// Takes the place for an owner, with a lease only if nobody else has it.
    pub(super) async fn take(
        &self,
        owner: Owner,
        lease: Option<Duration>,
    ) -> Result<Taken, SubscriberError> {
        let Place::Stored { store, hold: kept } = &self.place else {
            return Ok(Taken::Yours { hold: Hold::default(), checkpoint: None });
        };
        let taken = store.take(self.view, 0, owner, lease).await;
        let taken = taken.map_err(|source| self.failed(source))?;
        if let Taken::Yours { hold, .. } = &taken {
            *lock(kept) = *hold;
        }
        Ok(taken)
    }

    /// Makes the lease longer; `false` if another process has taken the place since.
    pub(super) async fn renew(
        &self,
        owner: Owner,
        lease: Option<Duration>,
    ) -> Result<bool, SubscriberError> {
        let Place::Stored { store, hold } = &self.place else { return Ok(true) };
        let before = *lock(hold);
        let taken = store.take(self.view, 0, owner, lease).await;
        let taken = taken.map_err(|source| self.failed(source))?;
        Ok(matches!(taken, Taken::Yours { hold, .. } if hold == before))
    }

    /// Gives the place back. If that fails the lease runs out.
    pub(super) async fn release(&self) {
        if let Place::Stored { store, hold } = &self.place {
            let hold = *lock(hold);
            drop(store.release(self.view, hold).await);
        }
    }

    /// How far whoever has the place is.
    pub(super) async fn reached(&self) -> Result<Position, SubscriberError> {
        let Place::Stored { store, .. } = &self.place else { return Ok(Position::START) };
        let slices = store.slices(self.view).await.map_err(|source| self.failed(source))?;
        let checkpoint = slices.first().and_then(|slice| slice.checkpoint);
        Ok(checkpoint.map_or(Position::START, |mark| mark.position))
    }

    /// Moves the checkpoint and changes what is parked, all or nothing. `repeated`: the same was asked
    /// before, and it is not known what came of it.
    pub(super) async fn commit(
        &self,
        from: Option<Mark>,
        to: Mark,
        changes: &Changes,
        repeated: bool,
    ) -> Result<(), SubscriberError> {
        let (store, hold) = match &self.place {
            Place::Memory(parked) => {
                remember(&mut lock(parked), changes);
                return Ok(());
            }
            Place::Stored { store, hold } => (store, *lock(hold)),
        };
        let parked = self.rows_of(changes)?;
        match store.commit(RowBatch { hold, parked, ..RowBatch::new(self.view, from, to) }).await {
            // A try whose outcome was unknown went through after all.
            Err(ViewError::Fenced(fenced)) if repeated && fenced.found == Some(to) => Ok(()),
            committed => committed.map_err(|source| self.failed(source)),
        }
    }

    fn rows_of(&self, changes: &Changes) -> Result<RowChanges, SubscriberError> {
        let row = |event: &ParkedEvent| {
            parking::row_of(event).map_err(|problem| SubscriberError::Parked {
                subscriber: self.view.id.name.to_owned(),
                position: event.position,
                problem,
            })
        };
        let puts = changes.park.iter().map(row).collect::<Result<_, _>>()?;
        Ok(RowChanges { puts, deletes: changes.unpark.iter().map(ParkedEvent::key).collect() })
    }

    /// The first parked events of those that are wanted.
    pub(super) async fn parked(&self, wanted: Wanted) -> Result<Vec<ParkedEvent>, SubscriberError> {
        let store = match &self.place {
            Place::Memory(parked) => {
                let of_stream = |event: &&ParkedEvent| {
                    wanted.stream.as_ref().is_none_or(|stream| *event.lane() == **stream)
                };
                let (parked, behind) =
                    (lock(parked), (Bound::Excluded(wanted.after), Bound::Unbounded));
                let found = parked.range(behind).map(|(_, event)| event).filter(of_stream);
                return Ok(found.take(wanted.limit).cloned().collect());
            }
            Place::Stored { store, .. } => store,
        };
        let value = Value::Uint(wanted.after.number());
        let (column, comparison) = (parking::POSITION, Comparison::Gt);
        let mut conditions = vec![Condition::Compare { column, comparison, value }];
        conditions.extend(wanted.stream.as_ref().map(of_stream));
        let sorts = vec![Sort { column: parking::POSITION, descending: false }];
        let select = Select { conditions, sorts, limit: Some(wanted.limit) };
        let bodies = store.select(self.view.parked(), select).await;
        let bodies = bodies.map_err(|source| self.failed(source))?;
        bodies.iter().map(|body| parking::read(body).map_err(|bad| self.unreadable(&bad))).collect()
    }

    /// How many events of a stream are parked.
    pub(super) async fn count(&self, stream: &StreamName) -> Result<usize, SubscriberError> {
        match &self.place {
            Place::Memory(parked) => {
                Ok(lock(parked).values().filter(|event| *event.lane() == **stream).count())
            }
            Place::Stored { store, .. } => {
                let counted = store.count(self.view.parked(), vec![of_stream(stream)]).await;
                counted.map_err(|source| self.failed(source))
            }
        }
    }

    fn failed(&self, source: ViewError) -> SubscriberError {
        SubscriberError::Rows { subscriber: self.view.id.name.to_owned(), source }
    }

    fn unreadable(&self, bad: &DecodeError) -> SubscriberError {
        let place = format!("what {} has parked", self.view.id.name);
        let source = StoreError::Corrupt { place, what: bad.to_string() };
        self.failed(ViewError::Store { view: self.view.id, source })
    }
}

/// Parked events have their stream where those of a projection have their row.
fn of_stream(stream: &StreamName) -> Condition {
    let value = Value::Text(stream.to_string());
    Condition::Compare { column: parking::ROW, comparison: Comparison::Eq, value }
}

fn lock<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

fn remember(parked: &mut BTreeMap<Position, ParkedEvent>, changes: &Changes) {
    parked.extend(changes.park.iter().map(|event| (event.position, event.clone())));
    for gone in &changes.unpark {
        parked.remove(&gone.position);
    }
}
