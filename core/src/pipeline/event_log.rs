use std::fmt;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::loader::{Loader, Warm};
use super::pages::Pages;
use super::target::Target;
use super::{LoadError, TypedStream};
use crate::codec;
use crate::id::AsId;
use crate::store::{BoxFuture, EventStore, Mark, Query, Range, Recorded, StoreError, Tailed};
use crate::{Aggregate, StreamName, Tags, Timestamp, event};

/// The typed event store of one aggregate type: states at any time, histories, and a tail. It reads
/// the log, past the cache of the commands; [`load`](Self::load) uses snapshots.
pub struct EventLog<A: Aggregate> {
    loader: Arc<Loader<A>>,
}

/// A state of an aggregate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded<A> {
    /// The state.
    pub state: A,
    /// The revision of the newest event in it.
    pub revision: u64,
    /// That event's mark.
    pub mark: Mark,
}

/// A state that is being loaded. Does nothing until it is awaited; may be dropped.
// Named, and not that of an `async fn`: a wrong id is then one error.
pub type Loading<A> = BoxFuture<'static, Result<Option<Loaded<A>>, LoadError>>;

impl<A: Aggregate> Clone for EventLog<A> {
    fn clone(&self) -> Self {
        Self { loader: self.loader.clone() }
    }
}

impl<A: Aggregate> fmt::Debug for EventLog<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventLog").field("aggregate", &A::NAME).finish_non_exhaustive()
    }
}

impl<A: Aggregate> EventLog<A> {
    /// The typed view of a store.
    pub fn new(store: Arc<dyn EventStore>) -> Self {
        Self::over(Arc::new(Loader::new(store)))
    }

    pub(super) fn over(loader: Arc<Loader<A>>) -> Self {
        Self { loader }
    }

    /// The newest state; `None` if nothing has happened to it.
    ///
    /// # Errors
    /// [`LoadError`] if the id cannot name a stream, an event is not understood, or the store failed.
    pub fn load(&self, id: &(impl AsId + ?Sized)) -> Loading<A> {
        const { assert!(A::BOUNDARY.is_empty(), "this aggregate is a boundary: read `within` its tags") };
        let (loader, target) = (self.loader.clone(), Target::stream::<A>(&id.as_id()));
        Box::pin(async move { loader.load(&target?).await.map(loaded) })
    }

    /// The newest state of the boundary that these tags make.
    ///
    /// # Errors
    /// As [`load`](Self::load), and if a tag of the boundary is missing.
    pub fn within(&self, tags: &Tags) -> BoxFuture<'static, Result<A, LoadError>> {
        const { assert!(!A::BOUNDARY.is_empty(), "this aggregate is one stream: `load` it by its id") };
        let (loader, target) = (self.loader.clone(), Target::within::<A>(tags));
        Box::pin(async move { Ok(loader.load(&target?).await?.state) })
    }

    /// The state right after the event of this revision; `None` if the stream is shorter.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn at_revision(&self, id: &(impl AsId + ?Sized), revision: u64) -> Loading<A> {
        const { assert!(A::BOUNDARY.is_empty(), "the state of a boundary has no revision") };
        let (loader, target) = (self.loader.clone(), Target::stream::<A>(&id.as_id()));
        Box::pin(async move {
            let warm = loader.load_while(&target?, |event| event.at.revision <= revision).await?;
            Ok(loaded(warm).filter(|loaded| loaded.revision == revision))
        })
    }

    /// The state as it was at a moment: up to the first event of a later time. `None` if nothing had
    /// happened to it yet.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn at_time(&self, id: &(impl AsId + ?Sized), time: Timestamp) -> Loading<A> {
        const { assert!(A::BOUNDARY.is_empty(), "this aggregate is a boundary: read `within` its tags") };
        let (loader, target) = (self.loader.clone(), Target::stream::<A>(&id.as_id()));
        Box::pin(async move {
            loader.load_while(&target?, |event| event.at.time() <= time).await.map(loaded)
        })
    }

    /// All that has happened to it, oldest first. Reads page by page as it is consumed. Events in a newer
    /// form that may be skipped ([`Newer::Skip`](crate::event::Newer::Skip)) are left out, as they are
    /// from [`tail`](Self::tail).
    ///
    /// # Errors
    /// [`LoadError`] if the id cannot name a stream.
    pub fn history(&self, id: &(impl AsId + ?Sized)) -> Result<TypedStream<A::Event>, LoadError> {
        let stream = StreamName::of(A::NAME, &id.as_id())?;
        let pages = Pages::new(self.loader.store(), Query::Stream(stream), Range::ALL);
        let pages = stream::unfold(pages, |mut pages| async {
            let next = pages.next().await.transpose()?;
            Some((next, pages))
        });
        Ok(TypedStream::new(typed::<A>(pages.try_flatten_events())))
    }

    /// Follows what happens to all aggregates of the type, from a mark or from the beginning.
    pub fn tail(&self, after: Option<Mark>) -> TypedStream<A::Event> {
        let tail = self.loader.store().tail(Query::contexts(event::contexts::<A::Event>()), after);
        let pages = tail.map_ok(|tailed| match tailed {
            Tailed::Events(events) => events,
            Tailed::Progress(_) => Vec::new(),
        });
        // Aggregates of another type may write events of the same contexts.
        let own = pages.map_ok(|mut events| {
            events.retain(|event| event.at.stream.category() == A::NAME);
            events
        });
        TypedStream::new(typed::<A>(own.try_flatten_events()))
    }
}

fn loaded<A>(warm: Warm<A>) -> Option<Loaded<A>> {
    let (revision, mark) = warm.revision.zip(warm.mark)?;
    Some(Loaded { state: warm.state, revision, mark })
}

/// Single events out of pages of them.
trait FlattenEvents: Sized {
    fn try_flatten_events(
        self,
    ) -> impl stream::Stream<Item = Result<Recorded, StoreError>> + Send + 'static;
}

impl<S> FlattenEvents for S
where
    S: stream::Stream<Item = Result<Vec<Recorded>, StoreError>> + Send + 'static,
{
    fn try_flatten_events(
        self,
    ) -> impl stream::Stream<Item = Result<Recorded, StoreError>> + Send + 'static {
        self.map_ok(|events| stream::iter(events.into_iter().map(Ok))).try_flatten()
    }
}

fn typed<A: Aggregate>(
    events: impl stream::Stream<Item = Result<Recorded, StoreError>> + Send + 'static,
) -> impl stream::Stream<Item = Result<crate::Stored<A::Event>, LoadError>> + Send + 'static {
    events.filter_map(|event| async {
        let decoded = event.map_err(LoadError::from).and_then(|recorded| {
            let event = codec::decode_or_skip(&recorded)?;
            Ok(event.map(|event| crate::Stored { event, at: recorded.at }))
        });
        decoded.transpose()
    })
}
