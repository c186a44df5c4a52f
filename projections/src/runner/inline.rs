//! Rows that change in the commits of commands.
//!
//! *Problem.* Events come by two ways: with a command of this process, whose commit changes the row, or
//! from elsewhere, by the log. *Invariant.* Rows and checkpoint change together, whichever way an event
//! comes; the checkpoint tells the one what the other has done. *Shape.* [`CommitRows`] is what a commit
//! carries, [`Inline`] holds commands back while the view lacks something, and a worker leaves out what
//! commits have done: see [`Overtaking`].

use std::collections::BTreeSet;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use factum_core::Projection;
use factum_core::codec::Seen;
use factum_core::projection::Sources;
use factum_core::store::{
    BoxFuture, Direction, EventStore, Mark, Position, Query, Range, Recorded, StoreError,
};
use factum_core::view::{
    InlineRows, InlineView, NotInline, RowChanges, RowStore, ViewError, ViewId, ViewSpec,
};

use super::batch::apply;
use super::placement::{LEASE, Placement};
use crate::rows::{Changed, read_row, spec, written};
use crate::{Hub, View};

/// Puts an inline projection where its events are.
///
/// # Errors
/// [`ViewError::NotInline`] if it cannot be inline there.
pub(super) fn placed<P: Projection>(
    store: &dyn EventStore,
    place: Placement,
) -> Result<Placement, ViewError> {
    if !place.inline {
        return Ok(place);
    }
    let refused = |problem| Err(ViewError::NotInline { view: spec::<P>().id, problem });
    let can = store.capabilities();
    let Some(rows) = store.rows().filter(|_| can.inline_views) else {
        return refused(NotInline::Backend { backend: can.backend });
    };
    if !Sources::<P>::of().are_by_stream() {
        return refused(NotInline::Keys);
    }
    if place.slices > 1 {
        return refused(NotInline::Slices { slices: place.slices });
    }
    // What only this process writes to needs no lease.
    let lease = (!can.single_writer).then(|| place.lease.unwrap_or(LEASE));
    Ok(Placement { rows: Some(rows), lease, ..place })
}

/// Up to where the rows of a building are complete by what commits have done.
#[derive(Clone, Debug, Default)]
pub(crate) struct Written(Arc<Mutex<WrittenTo>>);

#[derive(Debug, Default)]
struct WrittenTo {
    position: Position,
    /// Another building is to be put in its place, and what commands do must be in that one.
    closed: bool,
}

impl Written {
    fn lock(&self) -> MutexGuard<'_, WrittenTo> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn position(&self) -> Position {
        self.lock().position
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Notes what a commit has done, unless it came too late for that.
    fn note(&self, position: Position) -> bool {
        let mut to = self.lock();
        if !to.closed {
            to.position = to.position.max(position);
        }
        !to.closed
    }

    /// From now on commands wait for the building that comes next. Says how far they have seen this one.
    pub(super) fn close(&self) -> Position {
        let mut to = self.lock();
        to.closed = true;
        to.position
    }

    /// No building comes next.
    pub(super) fn reopen(&self) {
        self.lock().closed = false;
    }
}

/// What a worker needs whose checkpoint commits of commands move, too.
#[derive(Clone)]
pub(super) struct Overtaking {
    pub(super) rows: Arc<dyn RowStore>,
    pub(super) view: ViewSpec,
    pub(super) written: Written,
}

impl Overtaking {
    /// Where the checkpoint is.
    pub(super) async fn checkpoint(&self, slice: u16) -> Result<Option<Mark>, ViewError> {
        let slices = self.rows.slices(self.view).await?;
        let found = slices.into_iter().find(|found| found.hold.slice == slice);
        Ok(found.and_then(|found| found.checkpoint))
    }
}

/// What the commits of one building carry.
struct CommitRows<P> {
    view: ViewSpec,
    sources: Arc<Sources<P>>,
    query: Query,
}

impl<P> fmt::Debug for CommitRows<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommitRows").field("view", &self.view.id).finish_non_exhaustive()
    }
}

impl<P: Projection> CommitRows<P> {
    fn project(
        &self,
        events: &[Recorded],
        rows: Vec<(String, Option<Bytes>)>,
    ) -> Option<RowChanges> {
        let mut changed: Changed<P> = Changed::default();
        for (key, body) in rows {
            let row = body.map(|body| read_row(self.view, &key, &body)).transpose().ok()?;
            changed.insert(key, row);
        }
        for event in events {
            let taken = self.sources.project(Seen::alone(event), &mut |key, change| match changed
                .get_mut(key)
            {
                Some(row) => apply(row, key, change),
                None => Ok(()),
            });
            taken.ok()?;
        }
        written(&changed).ok()
    }
}

// What goes wrong here goes wrong again where the log is followed, and is dealt with there.
impl<P: Projection> InlineRows for CommitRows<P> {
    fn view(&self) -> ViewSpec {
        self.view
    }

    fn query(&self) -> &Query {
        &self.query
    }

    fn keys(&self, events: &[Recorded]) -> Option<Vec<String>> {
        let keys = || {
            let mut keys = BTreeSet::new();
            for event in events {
                keys.extend(self.sources.keys(Seen::alone(event)).ok()?);
            }
            Some(keys.into_iter().collect())
        };
        catch_unwind(AssertUnwindSafe(keys)).ok()?
    }

    fn change(
        &self,
        events: &[Recorded],
        rows: Vec<(String, Option<Bytes>)>,
    ) -> Option<RowChanges> {
        catch_unwind(AssertUnwindSafe(|| self.project(events, rows))).ok()?
    }
}

/// A view that commands change.
pub(super) struct Inline<P> {
    view: View<P>,
    sources: Arc<Sources<P>>,
    /// Up to where the log may have events that no commit has taken in. Commands wait until these are in
    /// the rows: otherwise each that does not wait leaves one more behind.
    behind: AtomicU64,
}

impl<P: Projection> Inline<P> {
    /// Whatever is missing now is taken in before the first command.
    pub(super) async fn open(view: View<P>, hub: &Hub) -> Result<Arc<dyn InlineView>, ViewError> {
        let (store, sources) = (hub.store(), Arc::new(Sources::of()));
        let checkpoint = checkpoint(&**store, view.current().view).await?;
        let behind = missing(&**store, sources.query(), checkpoint).await;
        let behind = behind.map_err(|source| ViewError::Store { view: spec::<P>().id, source })?;
        let behind = AtomicU64::new(behind.number());
        Ok(Arc::new(Self { view, sources, behind }))
    }
}

/// Where the only slice of a view is.
async fn checkpoint(store: &dyn EventStore, view: ViewSpec) -> Result<Option<Mark>, ViewError> {
    let Some(rows) = store.rows() else { return Ok(None) };
    Ok(rows.slices(view).await?.first().and_then(|slice| slice.checkpoint))
}

/// Up to where the log has what is missing behind a checkpoint; the start if it has nothing. Whoever has
/// the slice need not be there to say so.
async fn missing(
    store: &dyn EventStore,
    query: Query,
    checkpoint: Option<Mark>,
) -> Result<Position, StoreError> {
    let head = store.head().await?;
    let range = checkpoint.map_or(Range::ALL, Range::since).through(head.position);
    match store.read(query, range, Direction::Forward, 1).await {
        Ok(page) if page.events.is_empty() && !page.more => Ok(Position::START),
        // Whoever follows the log finds out, too, that it went backwards.
        Ok(_) | Err(StoreError::Rewound(_)) => Ok(head.position),
        Err(error) => Err(error),
    }
}

impl<P> fmt::Debug for Inline<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inline").field("behind", &self.behind).finish_non_exhaustive()
    }
}

impl<P: Projection> InlineView for Inline<P> {
    fn follows(&self, context: &str) -> bool {
        self.sources.contexts().any(|(followed, _)| followed == context)
    }

    fn ready(&self) -> BoxFuture<'_, Option<Arc<dyn InlineRows>>> {
        Box::pin(async move {
            let behind = Position::new(self.behind.load(Ordering::Acquire));
            let view = self.view.complete_to(behind).await.ok()?;
            let (sources, query) = (self.sources.clone(), self.sources.query());
            Some(Arc::new(CommitRows { view, sources, query }) as Arc<dyn InlineRows>)
        })
    }

    fn committed(&self, position: Position, changed: &[ViewId]) -> bool {
        let current = self.view.current();
        let has = changed.contains(&current.view.id) && current.written.note(position);
        if !has {
            self.behind.fetch_max(position.number(), Ordering::AcqRel);
        }
        has
    }

    fn reached(&self, position: Position) -> BoxFuture<'_, ()> {
        // If it does not come so far, queries that ask for the position say why.
        Box::pin(async move { drop(self.view.complete_to(position).await) })
    }
}
