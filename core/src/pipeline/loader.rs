use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::LoadError;
use super::pages::Pages;
use super::target::Target;
use crate::codec::{self, BadEvent};
use crate::snapshot::{Snapshot, SnapshotPolicy, SnapshotStore};
use crate::store::{EventStore, Mark, Position, Query, Range, Recorded};
use crate::{Aggregate, StreamName};

/// An aggregate's state, and how far it has come.
#[derive(Debug)]
pub(super) struct Warm<A> {
    pub(super) state: A,
    /// The revision of the newest event in the state; never known of a boundary.
    pub(super) revision: Option<u64>,
    /// How far the state is complete: that event's mark, or for a boundary that of the log.
    pub(super) mark: Option<Mark>,
    /// The revision of the newest snapshot, as far as is known.
    pub(super) kept: Option<u64>,
}

impl<A: Aggregate> Warm<A> {
    pub(super) fn empty(target: &Target) -> Result<Self, LoadError> {
        let mut state = A::empty();
        state.set_tags(target.tags())?;
        Ok(Self { state, revision: None, mark: None, kept: None })
    }

    /// The revision that the next event will have.
    pub(super) fn next(&self) -> u64 {
        self.revision.map_or(0, |revision| revision + 1)
    }

    pub(super) fn position(&self) -> Position {
        self.mark.map_or(Position::START, |mark| mark.position)
    }

    fn take(&mut self, recorded: Recorded) -> Result<(), LoadError> {
        let (stream, revision) = (recorded.at.stream.clone(), recorded.at.revision);
        let mark = recorded.at.mark();
        catch_unwind(AssertUnwindSafe(|| {
            if let Some(event) = codec::decode_or_skip(&recorded)? {
                self.state.fold(&event);
            }
            Ok::<_, BadEvent>(())
        }))
        .map_err(|panic| {
            let message = crate::panic::message(&*panic);
            LoadError::Panicked { stream, revision, message }
        })??;
        self.revision = Some(revision);
        self.mark = Some(mark);
        Ok(())
    }
}

/// Loads aggregates: the newest snapshot, then the fold of what came after it.
#[derive(Debug)]
pub(super) struct Loader<A> {
    store: Arc<dyn EventStore>,
    snapshots: Option<Kept<A>>,
}

#[derive(Debug)]
struct Kept<A> {
    store: Arc<dyn SnapshotStore>,
    policy: SnapshotPolicy<A>,
    shape: u64,
}

impl<A: Aggregate> Loader<A> {
    pub(super) fn new(store: Arc<dyn EventStore>) -> Self {
        let snapshots = store.snapshots().zip(A::snapshot()).map(|(store, policy)| {
            let shape = policy.full_shape();
            Kept { store, policy, shape }
        });
        Self { store, snapshots }
    }

    pub(super) fn store(&self) -> &Arc<dyn EventStore> {
        &self.store
    }

    /// The newest state. A stream without events gives the empty one.
    pub(super) async fn load(&self, target: &Target) -> Result<Warm<A>, LoadError> {
        if !target.is_boundary()
            && let Some(warm) = self.load_snapshot(&target.stream).await?
        {
            return Ok(warm);
        }
        let mut warm = Warm::empty(target)?;
        self.bring_forward(target, &mut warm, |_| true).await?;
        Ok(warm)
    }

    /// The state made of the first events that are wanted.
    pub(super) async fn load_while(
        &self,
        target: &Target,
        wanted: impl FnMut(&Recorded) -> bool,
    ) -> Result<Warm<A>, LoadError> {
        let mut warm = Warm::empty(target)?;
        self.bring_forward(target, &mut warm, wanted).await?;
        Ok(warm)
    }

    /// Takes in what came after the state; says whether there was anything.
    pub(super) async fn refresh(
        &self,
        target: &Target,
        warm: &mut Warm<A>,
    ) -> Result<bool, LoadError> {
        let mut news = false;
        let mut any = |_: &Recorded| {
            news = true;
            true
        };
        self.bring_forward(target, warm, &mut any).await?;
        Ok(news)
    }

    async fn bring_forward(
        &self,
        target: &Target,
        warm: &mut Warm<A>,
        mut wanted: impl FnMut(&Recorded) -> bool,
    ) -> Result<(), LoadError> {
        // A log that others write to may also have lost what the state was made of.
        let after = if target.is_boundary() { warm.position() } else { Position::START };
        let range = Range { after, seen: warm.mark, ..Range::from_revision(warm.next()) };
        let mut pages = Pages::new(&self.store, target.query::<A>(), range);
        while let Some(events) = pages.next().await? {
            for recorded in events {
                if !wanted(&recorded) {
                    return Ok(());
                }
                warm.take(recorded)?;
            }
        }
        if target.is_boundary() {
            // The log may go on far behind the newest event that concerns it.
            (warm.revision, warm.mark) = (None, pages.complete_to());
        }
        Ok(())
    }

    /// The state from the newest snapshot, if there is one that the log agrees with. A snapshot that
    /// cannot be read costs a replay, no more.
    async fn load_snapshot(&self, stream: &StreamName) -> Result<Option<Warm<A>>, LoadError> {
        let Some(kept) = &self.snapshots else { return Ok(None) };
        let Ok(Some(snapshot)) = kept.store.load(stream.clone(), kept.shape).await else {
            return Ok(None);
        };
        let decoded = catch_unwind(AssertUnwindSafe(|| kept.policy.form.read(&snapshot.state)));
        let Ok(Ok(state)) = decoded else { return Ok(None) };
        let (revision, mark) = (Some(snapshot.revision), Some(snapshot.mark));
        let mut warm = Warm { state, revision, mark, kept: revision };
        // The read begins with the snapshot's own event, to see that it is still there.
        let range = Range::from_revision(snapshot.revision);
        let mut pages = Pages::new(&self.store, Query::Stream(stream.clone()), range);
        let mut found = false;
        while let Some(events) = pages.next().await? {
            for recorded in events {
                if found {
                    warm.take(recorded)?;
                } else if recorded.at.mark() == snapshot.mark {
                    found = true;
                } else {
                    return Ok(None);
                }
            }
        }
        Ok(found.then_some(warm))
    }

    /// Starts to keep the state if it has come far enough since the last time. Nobody waits for it:
    /// a snapshot that is lost costs a longer load.
    pub(super) fn keep(
        &self,
        stream: &StreamName,
        warm: &mut Warm<A>,
        runtime: &tokio::runtime::Handle,
    ) {
        let Some(kept) = &self.snapshots else { return };
        let (Some(revision), Some(mark)) = (warm.revision, warm.mark) else { return };
        let since = warm.next() - warm.kept.map_or(0, |kept| kept + 1);
        if since < kept.policy.every {
            return;
        }
        warm.kept = Some(revision);
        let mut state = Vec::new();
        let encoded = catch_unwind(AssertUnwindSafe(|| {
            kept.policy.form.write(&warm.state, &mut state).is_ok()
        }));
        if !matches!(encoded, Ok(true)) {
            return;
        }
        let (stream, shape, state) = (stream.clone(), kept.shape, state.into());
        let snapshot = Snapshot { stream, shape, revision, mark, state };
        let store = kept.store.clone();
        runtime.spawn(async move { store.save(snapshot).await });
    }
}
