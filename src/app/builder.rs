use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use factum_core::pipeline::{Dispatcher, Settings};
use factum_core::schema::{AggregateSchema, Description, ProjectionSchema};
use factum_core::store::{BoxFuture, Durability, EventStore};
use factum_core::time::{Clock, Ids};
use factum_core::view::{InlineView, RowStore};
use factum_core::{Aggregate, Projection};
use factum_projections::{Hub, Placement, Runner, SubscriberRunner, Subscription};
#[cfg(feature = "guard")]
use factum_stores::guarded::{Guard, Guarded};
use tokio::runtime::Handle;
use tokio::sync::Mutex;

use super::names::Names;
use super::sagas::StartSaga;
use super::subscribers::StartSubscriber;
use super::{App, Inner, Ownership, StartError, Stop, WeakApp};

/// An app before it starts: what it consists of.
#[must_use = "an app does nothing before `.start().await`"]
pub struct AppBuilder {
    store: Arc<dyn EventStore>,
    ownership: Ownership,
    #[cfg(feature = "guard")]
    guard: Option<Guard>,
    settings: Settings,
    pub(super) names: Names,
    aggregates: Vec<fn(&mut Parts)>,
    views: Option<Arc<dyn RowStore>>,
    projections: Vec<StartProjection>,
    pub(super) subscribers: Vec<StartSubscriber>,
    pub(super) sagas: Vec<StartSaga>,
    /// What carries out commands that go to no aggregate, by its type.
    pub(super) steps: PartsByType,
    pub(super) weak: WeakApp,
    described: Vec<Describe>,
}

/// The parts of an app by the types that they are for.
pub(super) type PartsByType = HashMap<TypeId, Box<dyn Any + Send + Sync>>;

type StartProjection =
    Box<dyn for<'a> FnOnce(&'a mut Parts) -> BoxFuture<'a, Result<(), StartError>> + Send>;

/// How long a process that keeps views with others may be silent before they take its part over.
const LEASE: Duration = Duration::from_secs(10);

/// What has been started.
pub(super) struct Parts {
    store: Arc<dyn EventStore>,
    /// Where views are kept unless something else is said, and how far subscribers are.
    pub(super) usual: Placement,
    pub(super) settings: Settings,
    runtime: Handle,
    pub(super) by_type: PartsByType,
    pub(super) aggregates: Vec<Box<dyn Stop>>,
    pub(super) hub: Hub,
    pub(super) projections: Vec<Runner>,
    pub(super) subscribers: Vec<SubscriberRunner>,
    pub(super) subscriptions: HashMap<&'static str, Subscription>,
    /// The views that commands change.
    inline: Vec<Arc<dyn InlineView>>,
}

impl fmt::Debug for AppBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppBuilder").field("store", &self.store).finish_non_exhaustive()
    }
}

impl AppBuilder {
    pub(super) fn new(store: Arc<dyn EventStore>, ownership: Ownership) -> Self {
        Self {
            store,
            ownership,
            #[cfg(feature = "guard")]
            guard: None,
            settings: Settings::default(),
            names: Names::default(),
            aggregates: Vec::new(),
            views: None,
            projections: Vec::new(),
            subscribers: Vec::new(),
            sagas: Vec::new(),
            steps: HashMap::new(),
            weak: WeakApp::default(),
            described: Vec::new(),
        }
    }

    /// Adds an aggregate, with the commands that it lists.
    pub fn aggregate<A: Aggregate>(mut self) -> Self {
        if self.names.add_aggregate::<A>() {
            self.aggregates.push(start_aggregate::<A>);
            self.described.push(|app| app.aggregates.push(AggregateSchema::of::<A>()));
        }
        self
    }

    /// Adds a projection. Its view lives where [`views_in`](Self::views_in) says, else in the app's store
    /// where that keeps rows (the embedded store, PostgreSQL and Redis do), else in memory, built anew from
    /// the log at each start. Processes that share the store share the view: one of them works on it.
    ///
    /// A projection whose version was raised is built anew beside the rows of the version before, which
    /// queries see until the new ones have caught up, if the columns are the same. They stay in the store
    /// after that, as programs of the version before may still use them, until
    /// [`RowStore::drop_view`] takes them out.
    pub fn projection<P: Projection>(self) -> Self {
        self.projection_with::<P>(|usual| usual)
    }

    /// Adds a projection that is kept in another way than the usual one.
    ///
    /// ```
    /// # use factum::{App, prelude::*};
    /// # #[derive(Event, Clone)]
    /// # enum LampEvent { #[event("lamp.lit")] Lit }
    /// # #[derive(Projection, Default, Clone, Serialize, Deserialize)]
    /// # #[projection(name = "lamps", from(LampEvent))]
    /// # struct LampRow { #[key] lamp: String, lit: u32 }
    /// # impl Project<LampEvent> for LampRow {
    /// #     fn project(&mut self, _: &LampEvent, _: &Origin) { self.lit += 1; }
    /// # }
    /// use factum::Placement;
    ///
    /// // Live: in memory, whatever the store is.
    /// let app = App::memory().projection_with::<LampRow>(|_| Placement::memory());
    /// // In eight slices, on which as many processes work as there are.
    /// let app = App::memory().projection_with::<LampRow>(|usual| usual.slices(8));
    /// // Inline: changed by the commits of commands, and there when these are answered.
    /// let app = App::memory().projection_with::<LampRow>(|usual| usual.inline());
    /// ```
    pub fn projection_with<P: Projection>(
        mut self,
        place: impl FnOnce(Placement) -> Placement + Send + 'static,
    ) -> Self {
        if self.names.add_projection::<P>() {
            self.projections.push(Box::new(|parts| Box::pin(start_projection::<P>(parts, place))));
            self.described.push(|app| app.projections.push(ProjectionSchema::of::<P>()));
        }
        self
    }

    /// Keeps the views, and the places of subscribers, in another store than the app's: where that keeps
    /// none, or to have them elsewhere. Processes share one on PostgreSQL or Redis; an SQLite file belongs to
    /// one process. The app does not close it.
    ///
    /// ```
    /// use factum::App;
    /// use factum::store::EventStore;
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("views.db");
    /// let file = factum::stores::SqliteStore::open(path)?;
    /// let app = App::memory().views_in(file.rows().expect("it keeps rows"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn views_in(mut self, rows: Arc<dyn RowStore>) -> Self {
        self.views = Some(rows);
        self
    }

    /// What the app persists, and by what: see [`schema`](crate::schema). Takes some milliseconds for
    /// a hundred types. Why the app would not start is among it.
    pub fn describe(&self) -> Description {
        Description { problems: self.names.problems(), ..describe(&self.described) }
    }

    /// Puts circuit breakers, time limits, bulkheads and retries before the store: see
    /// [`guarded`](crate::stores::guarded).
    ///
    /// ```
    /// # use factum::App;
    /// # use factum::stores::guarded::Guard;
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let app = App::memory().guard(Guard::default()).start().await?;
    /// let guarded = app.guarded().expect("it has a guard");
    /// println!("appends: {:?}", guarded.append_breaker().state());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    #[cfg(feature = "guard")]
    pub fn guard(mut self, guard: Guard) -> Self {
        self.guard = Some(guard);
        self
    }

    /// Takes the time from elsewhere than the system: for tests.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.settings.clock = Arc::new(clock);
        self
    }

    /// Takes ids of commands from elsewhere than the system: for tests.
    pub fn ids(mut self, ids: impl Ids) -> Self {
        self.settings.ids = Arc::new(ids);
        self
    }

    /// Changes how commands are worked on.
    pub fn settings(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// Starts the app, on the tokio runtime that this is called in; its time driver must be enabled.
    /// Cancellation ends what has been started.
    ///
    /// # Errors
    /// [`StartError`] if two parts claim one name, the store cannot do what a part needs or cannot be read, or a view cannot be
    /// opened. Nothing runs then, and a store that the app opened is closed.
    pub async fn start(self) -> Result<App, StartError> {
        let (store, ownership) = (self.store.clone(), self.ownership);
        // Before the store is asked, which may work on the runtime itself.
        let runtime = Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        let started = self.start_parts(runtime).await;
        if started.is_err() && ownership == Ownership::Own {
            store.close().await;
        }
        started
    }

    /// The store behind its guard, if it has one.
    #[cfg(feature = "guard")]
    fn guarded(&self) -> Result<Option<Guarded>, StartError> {
        let guard = self.guard.clone();
        let guarded = guard.map(|guard| Guarded::new(self.store.clone(), guard));
        Ok(guarded.transpose()?)
    }

    async fn start_parts(self, runtime: Handle) -> Result<App, StartError> {
        #[cfg(feature = "guard")]
        let guarded = self.guarded()?;
        let Self { store, ownership, settings, names, views, described, weak, .. } = self;
        let Self { aggregates, projections, subscribers, sagas, steps, .. } = self;
        names.verdict(&store.capabilities())?;
        #[cfg(feature = "guard")]
        let store = match &guarded {
            Some(guarded) => Arc::new(guarded.clone()),
            None => store,
        };
        // What cannot be read is found now, and not at the first command.
        store.head().await?;
        let mut parts = Parts {
            usual: usual(&*store, views, &settings),
            hub: Hub::new(store.clone()),
            store,
            settings,
            runtime,
            by_type: steps,
            aggregates: Vec::new(),
            projections: Vec::new(),
            subscribers: Vec::new(),
            subscriptions: HashMap::new(),
            inline: Vec::new(),
        };
        for start in projections {
            start(&mut parts).await?;
        }
        aggregates.iter().for_each(|start| start(&mut parts));
        for start in subscribers {
            start(&mut parts).await?;
        }
        // They send commands to what is there.
        for start in sagas {
            start(&mut parts).await?;
        }
        let Parts { store, by_type, aggregates, projections, subscribers, .. } = parts;
        let of_projections = projections.iter().map(Runner::monitor);
        let of_subscribers = subscribers.iter().map(SubscriberRunner::monitor);
        let monitors = of_projections.chain(of_subscribers).collect();
        let app = App {
            inner: Arc::new(Inner {
                store,
                ownership,
                #[cfg(feature = "guard")]
                guarded,
                parts: by_type,
                aggregates,
                projections: Mutex::new(projections),
                subscribers: Mutex::new(subscribers),
                subscriptions: parts.subscriptions,
                monitors,
                described,
            }),
        };
        weak.is(&app);
        // All are there: one tail is to feed those that start together.
        parts.hub.start();
        Ok(app)
    }
}

/// Adds a part to the description of its app.
pub(super) type Describe = fn(&mut Description);

pub(super) fn describe(parts: &[Describe]) -> Description {
    let mut app = Description::default();
    parts.iter().for_each(|describe| describe(&mut app));
    app
}

fn start_aggregate<A: Aggregate>(parts: &mut Parts) {
    let (store, settings) = (parts.store.clone(), parts.settings.clone());
    let (runtime, views) = (parts.runtime.clone(), parts.inline.clone());
    let dispatcher = Dispatcher::<A>::with_views(store, settings, runtime, views);
    parts.aggregates.push(Box::new(dispatcher.clone()));
    parts.by_type.insert(TypeId::of::<A>(), Box::new(dispatcher));
}

async fn start_projection<P: Projection>(
    parts: &mut Parts,
    place: impl FnOnce(Placement) -> Placement,
) -> Result<(), StartError> {
    let place = place(parts.usual.clone());
    let (runner, view) = Runner::start::<P>(&parts.hub, place).await?;
    parts.inline.extend(runner.inline());
    parts.projections.push(runner);
    parts.by_type.insert(TypeId::of::<P>(), Box::new(view));
    Ok(())
}

/// Where views are kept unless something else is said. What only this process writes to needs no leases.
fn usual(
    store: &dyn EventStore,
    views: Option<Arc<dyn RowStore>>,
    settings: &Settings,
) -> Placement {
    let can = store.capabilities();
    let alone = views.is_none() && can.single_writer;
    // What is gone with the process anyway is faster as values than as JSON.
    let own = || store.rows().filter(|_| can.durability != Durability::Volatile);
    let place = match views.or_else(own) {
        None => Placement::memory(),
        Some(rows) if alone => Placement::stored(rows),
        Some(rows) => Placement::stored(rows).leased(LEASE),
    };
    place.clock(settings.clock.clone())
}
