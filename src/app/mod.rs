//! The app: a store, the aggregates that write to it, and the projections that follow it.

mod builder;
mod connect;
mod error;
mod names;
mod sagas;
mod status;
mod stopping;
mod subscribers;
mod weak;

use std::any::TypeId;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use factum_core::pipeline::{Dispatcher, EventLog, SendError, Sending};
use factum_core::schema::Description;
use factum_core::store::{BoxFuture, EventStore};
use factum_core::{Aggregate, Projection, SentTo};
use factum_projections::{Monitor, Runner, SubscriberRunner, Subscription, View};
use tokio::sync::Mutex;

pub use builder::AppBuilder;
use builder::{Describe, PartsByType};
pub use error::{StartError, StopError};
pub use status::AppStatus;
pub use stopping::{StopWithinError, Unfinished};
pub use weak::WeakApp;

/// A running app: takes commands, and answers queries. A cheap handle; clones share everything.
///
/// ```
/// use factum::App;
/// use factum::prelude::*;
///
/// #[derive(Event, Clone, Debug, PartialEq)]
/// enum LampEvent {
///     #[event("lamp.lit")]
///     Lit { watts: u32 },
/// }
///
/// #[derive(Command, Serialize, Deserialize)]
/// #[command("lamp.light")]
/// struct Light { #[id] lamp: String, watts: u32 }
///
/// #[derive(Aggregate, Default)]
/// #[aggregate(name = "lamp", event = LampEvent, error = std::fmt::Error, commands(Light))]
/// struct Lamp { watts: u32 }
///
/// impl Apply<LampEvent> for Lamp {
///     fn apply(&mut self, event: &LampEvent) {
///         let LampEvent::Lit { watts } = event;
///         self.watts = *watts;
///     }
/// }
/// impl Handle<Light> for Lamp {
///     fn handle(&self, cmd: &Light, _: &Context) -> Decision<Self> {
///         emit((self.watts != cmd.watts).then_some(LampEvent::Lit { watts: cmd.watts }))
///     }
/// }
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let app = App::memory().aggregate::<Lamp>().start().await?;
/// let done = app.send(Light { lamp: "desk".into(), watts: 40 }).await?;
/// assert_eq!(done.revision, Some(0));
/// let lamp = app.events::<Lamp>().load("desk").await?.unwrap();
/// assert_eq!(lamp.state.watts, 40);
/// # app.stop().await?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

struct Inner {
    store: Arc<dyn EventStore>,
    ownership: Ownership,
    #[cfg(feature = "guard")]
    guarded: Option<factum_stores::guarded::Guarded>,
    /// `Dispatcher<A>` by the type of `A`, `View<V>` by that of `V`, `Sagas<S>` by that of `S`.
    parts: PartsByType,
    aggregates: Vec<Box<dyn Stop>>,
    /// In the order of their registration; they stay here, so that a second stop tells the same.
    projections: Mutex<Vec<Runner>>,
    subscribers: Mutex<Vec<SubscriberRunner>>,
    subscriptions: HashMap<&'static str, Subscription>,
    /// Those of all projections and subscribers, which tell how they are also while they are being stopped.
    monitors: Vec<Arc<dyn Monitor>>,
    described: Vec<Describe>,
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("store", &self.inner.store).finish_non_exhaustive()
    }
}

/// Whose the store is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ownership {
    /// The app opened it.
    Own,
    /// It was handed in.
    Shared,
}

/// What waits for its work to be done.
trait Stop: Send + Sync {
    fn stop(&self) -> BoxFuture<'_, ()>;

    /// Refuses more.
    fn close(&self);

    /// How much is left.
    fn under_way(&self) -> usize;
}

impl<A: Aggregate> Stop for Dispatcher<A> {
    fn stop(&self) -> BoxFuture<'_, ()> {
        Box::pin(Self::stop(self))
    }

    fn close(&self) {
        Self::close(self);
    }

    fn under_way(&self) -> usize {
        Self::under_way(self)
    }
}

impl App {
    /// An app on the embedded store: one SQLite file, made if it is not there.
    ///
    /// # Errors
    /// [`StoreError`](crate::store::StoreError) if the file cannot be opened, is damaged, or is open
    /// for writing in another process.
    #[cfg(feature = "embedded")]
    pub fn open(
        path: impl AsRef<std::path::Path>,
    ) -> Result<AppBuilder, factum_core::store::StoreError> {
        let store = factum_stores::SqliteStore::open(path)?;
        Ok(AppBuilder::new(Arc::new(store), Ownership::Own))
    }

    /// An app whose events are gone with it: for tests.
    pub fn memory() -> AppBuilder {
        Self::with_store(factum_stores::MemoryStore::new())
    }

    /// An app on a store of your own, which [`stop`](Self::stop) leaves open.
    pub fn with_store(store: impl EventStore) -> AppBuilder {
        AppBuilder::new(Arc::new(store), Ownership::Shared)
    }

    /// Sends a command to its aggregate. What may be said beside the command is said before the
    /// `await`: see [`Sending`].
    pub fn send<A, C>(&self, command: C) -> Sending<A>
    where
        // Before the other bound: what is wrong with a command is then one error, which names it.
        C: SentTo<A>,
        A: Aggregate,
    {
        match self.part::<A, Dispatcher<A>>() {
            Some(dispatcher) => dispatcher.send(command),
            None => Sending::refused(SendError::Unregistered { aggregate: A::NAME }),
        }
    }

    /// The typed event store of an aggregate: its state at any time, its history, its tail.
    pub fn events<A: Aggregate>(&self) -> EventLog<A> {
        match self.part::<A, Dispatcher<A>>() {
            Some(dispatcher) => dispatcher.events(),
            None => EventLog::new(self.inner.store.clone()),
        }
    }

    /// The view that a projection keeps, for queries. Where the app was started without the
    /// projection, each query is answered with an error that says so.
    pub fn view<V: Projection>(&self) -> View<V> {
        self.part::<V, View<V>>().cloned().unwrap_or_else(View::missing)
    }

    /// What the app persists, and by what: see [`schema`](crate::schema).
    pub fn describe(&self) -> Description {
        builder::describe(&self.inner.described)
    }

    /// The store, for what the app does not offer.
    pub fn store(&self) -> &Arc<dyn EventStore> {
        &self.inner.store
    }

    /// The guard before the store, if the app has one: its breakers, and reads that are answered also
    /// while the store is not there.
    #[cfg(feature = "guard")]
    pub fn guarded(&self) -> Option<&factum_stores::guarded::Guarded> {
        self.inner.guarded.as_ref()
    }

    /// Waits until the subscribers' handlers in hand are done, then until every command under way is
    /// answered, refuses later ones, and ends the projections once what they have in hand is committed. A
    /// store that the app opened is closed. Dropping the app instead loses nothing that was acknowledged.
    /// Cancellation safe: call it again. Each call gives the same answer. It waits as long as that takes:
    /// see [`stop_within`](Self::stop_within).
    ///
    /// # Errors
    /// [`StopError`] of the first subscriber or projection, in the order of their registration, that
    /// had ended before, could not commit, or was cut short by [`stop_within`](Self::stop_within). All are
    /// ended.
    pub async fn stop(&self) -> Result<(), StopError> {
        let mut ended = Ok(());
        // What they have in hand may send commands.
        for runner in self.inner.subscribers.lock().await.iter_mut() {
            ended = ended.and(runner.stop().await.map_err(StopError::from));
        }
        for aggregate in &self.inner.aggregates {
            aggregate.stop().await;
        }
        let mut projections = self.inner.projections.lock().await;
        projections.iter().for_each(Runner::tell_to_stop);
        for runner in projections.iter_mut() {
            ended = ended.and(runner.stop().await.map_err(StopError::from));
        }
        if self.inner.ownership == Ownership::Own {
            self.inner.store.close().await;
        }
        ended
    }

    fn part<T: 'static, P: 'static>(&self) -> Option<&P> {
        self.inner.parts.get(&TypeId::of::<T>())?.downcast_ref()
    }
}
