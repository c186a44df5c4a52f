//! An app at work: what it says of itself, and how it comes to an end.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;
use std::time::Duration;

use factum::prelude::*;
use factum::status::{ConsumerKind, Life, Place};
use factum::store::BoxFuture;
use factum::stores::faulty::{Faults, Faulty};
use factum::stores::{MemoryRowStore, MemoryStore};
use factum::view::{
    BuildState, Hold, Owner, RowBatch, RowStore, Select, SliceState, Taken, ViewError, ViewId,
    ViewSpec,
};
use factum::{
    HealthBounds, Placement, SendError, StopError, StopWithinError, SubscriberError, Unfinished,
};
use tokio::sync::{Semaphore, watch};

/// Far more than anything here needs.
const LONG: Duration = Duration::from_secs(60);

#[derive(Event, Clone, Debug, PartialEq)]
enum LampEvent {
    #[event("lamp.lit")]
    Lit,
}

#[derive(Command, Serialize, Deserialize)]
#[command("lamp.light")]
struct Light {
    #[id]
    lamp: String,
}

#[derive(Aggregate, Default)]
#[aggregate(name = "lamp", event = LampEvent, error = std::fmt::Error, commands(Light))]
struct Lamp;

impl Apply<LampEvent> for Lamp {
    fn apply(&mut self, _: &LampEvent) {}
}

impl Handle<Light> for Lamp {
    fn handle(&self, _: &Light, _: &Context) -> Decision<Self> {
        emit(LampEvent::Lit)
    }
}

macro_rules! lamps {
    ($type:ident, $name:literal) => {
        #[derive(Projection, Default, Clone, Debug, Serialize, Deserialize)]
        #[projection(name = $name, from(LampEvent))]
        struct $type {
            #[key]
            lamp: String,
            lit: u32,
        }
        impl Project<LampEvent> for $type {
            fn project(&mut self, _: &LampEvent, _: &Origin) {
                self.lit += 1;
            }
        }
    };
}
lamps!(Lamps, "lamps");
lamps!(MoreLamps, "more_lamps");

/// Writes each light to somebody, if there is a permit.
struct Letters(Arc<Semaphore>);

impl Subscribe<LampEvent> for Letters {
    type Error = String;

    async fn on(&self, _: &LampEvent, _: &Origin) -> Result<(), String> {
        self.0.acquire().await.map(|permit| permit.forget()).map_err(|closed| closed.to_string())
    }
}

fn light() -> Light {
    Light { lamp: "desk".into() }
}

/// Rows whose commits wait while it is told to.
#[derive(Debug)]
struct Slow {
    inner: MemoryRowStore,
    hangs: watch::Sender<bool>,
    waiting: watch::Sender<usize>,
}

impl Slow {
    fn new() -> Arc<Self> {
        let (hangs, waiting) = (watch::Sender::new(false), watch::Sender::new(0));
        Arc::new(Self { inner: MemoryRowStore::new(), hangs, waiting })
    }

    async fn until_one_waits(&self) {
        let mut waiting = self.waiting.subscribe();
        let waits = waiting.wait_for(|waiting| *waiting > 0);
        tokio::time::timeout(LONG, waits).await.unwrap().unwrap();
    }
}

impl RowStore for Slow {
    fn open(&self, view: ViewSpec) -> BoxFuture<'_, Result<(), ViewError>> {
        self.inner.open(view)
    }
    fn take(
        &self,
        view: ViewSpec,
        slice: u16,
        owner: Owner,
        lease: Option<Duration>,
    ) -> BoxFuture<'_, Result<Taken, ViewError>> {
        self.inner.take(view, slice, owner, lease)
    }
    fn release(&self, view: ViewSpec, hold: Hold) -> BoxFuture<'_, Result<(), ViewError>> {
        self.inner.release(view, hold)
    }
    fn slices(&self, view: ViewSpec) -> BoxFuture<'_, Result<Vec<SliceState>, ViewError>> {
        self.inner.slices(view)
    }
    fn builds(&self, name: &'static str) -> BoxFuture<'_, Result<Vec<BuildState>, ViewError>> {
        self.inner.builds(name)
    }
    fn promote(&self, view: ViewId) -> BoxFuture<'_, Result<(), ViewError>> {
        self.inner.promote(view)
    }
    fn drop_view(&self, view: ViewId) -> BoxFuture<'_, Result<(), ViewError>> {
        self.inner.drop_view(view)
    }
    fn load(
        &self,
        view: ViewSpec,
        keys: Vec<String>,
    ) -> BoxFuture<'_, Result<Vec<Option<bytes::Bytes>>, ViewError>> {
        self.inner.load(view, keys)
    }
    fn commit(&self, batch: RowBatch) -> BoxFuture<'_, Result<(), ViewError>> {
        Box::pin(async move {
            let mut hangs = self.hangs.subscribe();
            if *hangs.borrow_and_update() {
                self.waiting.send_modify(|waiting| *waiting += 1);
                hangs.wait_for(|hangs| !*hangs).await.unwrap();
            }
            self.inner.commit(batch).await
        })
    }
    fn select(
        &self,
        view: ViewSpec,
        select: Select,
    ) -> BoxFuture<'_, Result<Vec<bytes::Bytes>, ViewError>> {
        self.inner.select(view, select)
    }
}

fn app(store: impl factum::store::EventStore, rows: Arc<Slow>) -> factum::AppBuilder {
    // Long enough for this process, which is alone; short for whoever comes after it.
    let brief = |usual: Placement| usual.leased(Duration::from_millis(200));
    let app = App::with_store(store).aggregate::<Lamp>().projection_with::<Lamps>(brief);
    app.views_in(rows).projection_with::<MoreLamps>(|_| Placement::memory())
}

fn unfinished(stopped: Result<(), StopWithinError>) -> Unfinished {
    match stopped {
        Err(StopWithinError::Unfinished(left)) => left,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_app_tells_how_its_projections_are_also_when_it_is_stopped() {
    let app = app(MemoryStore::new(), Slow::new()).start().await.unwrap();
    let done = app.send(light()).await.unwrap();
    app.view::<Lamps>().after(done.position).all().await.unwrap();
    app.view::<MoreLamps>().after(done.position).all().await.unwrap();
    let status = app.status().await;
    assert_eq!((status.end, status.problem.as_deref()), (Some(done.position), None));
    assert!(status.newest > Some(Timestamp::default()));
    let names: Vec<_> = status.consumers.iter().map(|consumer| &*consumer.name).collect();
    assert_eq!(names, ["lamps", "more_lamps"]);
    let lamps = status.consumer("lamps").unwrap();
    assert_eq!((lamps.place, lamps.lag_seconds()), (Place::Shared, Some(0.0)));
    assert_eq!(status.consumer("more_lamps").unwrap().place, Place::Memory);
    assert!(status.to_string().starts_with("log: ends at @1\nlamps 1.0: reached @1"), "{status}");
    let health = app.health().await;
    assert!(health.live.ok && health.ready.ok, "{health}");

    app.stop_within(LONG).await.unwrap();
    assert!(matches!(app.send(light()).await, Err(SendError::Closed { .. })));
    let status = app.status().await;
    assert!(status.consumers.iter().all(|consumer| consumer.life == Life::Stopped), "{status}");
    assert!(!app.health().await.ready.ok);
    // Again, and in the other way.
    app.stop_within(Duration::MAX).await.unwrap();
    app.stop().await.unwrap();
}

#[tokio::test]
async fn an_app_tells_how_its_subscribers_are_beside_its_projections() {
    let permits = Arc::new(Semaphore::new(1));
    let letters = Letters(permits.clone());
    let app = app(MemoryStore::new(), Slow::new()).subscriber("letters", letters);
    let app = app.start().await.unwrap();
    let done = app.send(light()).await.unwrap();
    tokio::time::timeout(LONG, app.subscription("letters").wait(done.position))
        .await
        .unwrap()
        .unwrap();
    let status = app.status().await;
    let kinds: Vec<_> = status.consumers.iter().map(|told| (told.kind, &*told.name)).collect();
    let (projection, subscriber) = (ConsumerKind::Projection, ConsumerKind::Subscriber);
    assert_eq!(kinds, [(projection, "lamps"), (projection, "more_lamps"), (subscriber, "letters")]);
    let letters = status.consumer("letters").unwrap();
    // Rows are elsewhere than the log: they may be shared.
    assert_eq!((letters.place, letters.lag_events()), (Place::Shared, Some(0)));
    assert!(status.to_string().contains("\nsubscriber letters: reached @1, caught up"), "{status}");

    // One that is behind makes nobody unready, one that was closed does.
    let done = app.send(light()).await.unwrap();
    app.view::<Lamps>().after(done.position).all().await.unwrap();
    app.view::<MoreLamps>().after(done.position).all().await.unwrap();
    assert_eq!(app.status().await.consumer("letters").unwrap().lag_events(), Some(1));
    assert!(app.health().await.ready.ok);
    permits.add_permits(1);
    app.stop().await.unwrap();
    let health = app.health().await;
    assert!(health.live.ok && !health.ready.ok, "{health}");
    assert!(
        health.ready.reasons.contains(&"subscriber letters was stopped".to_owned()),
        "{health}"
    );
}

#[tokio::test]
async fn a_subscriber_that_hangs_is_named_by_every_stop() {
    let app = App::memory().aggregate::<Lamp>().projection::<Lamps>();
    let app = app.subscriber("letters", Letters(Arc::new(Semaphore::new(0))));
    let app = app.start().await.unwrap();
    app.send(light()).await.unwrap();
    let within = Duration::from_millis(100);
    for _ in 0..2 {
        let left = unfinished(app.stop_within(within).await);
        assert_eq!((left.subscribers.as_slice(), left.projections.len()), (&["letters"][..], 0));
        assert!(left.to_string().contains("subscriber letters was cut short"), "{left}");
        let stopped = app.stop().await.unwrap_err();
        let StopError::Subscriber(error) = &stopped else { panic!("{stopped}") };
        assert!(matches!(error, SubscriberError::CutShort { .. }), "{error}");
    }
    assert_eq!(app.status().await.consumer("letters").unwrap().life, Life::Stopped);
}

#[tokio::test]
async fn a_log_that_does_not_answer_makes_an_app_unready_and_hangs_nobody() {
    let store = Faulty::new(Arc::new(MemoryStore::new()), 1);
    let app = app(store.clone(), Slow::new()).start().await.unwrap();
    store.set(Faults { hang: 1.0, ..Faults::default() });
    let bounds = HealthBounds { store_within: Duration::from_millis(20), ..Default::default() };
    let health = app.health_within(&bounds).await;
    assert_eq!(health.ready.reasons, ["the log: the store did not answer within 20ms"]);
    assert!(health.live.ok, "{health}");
    store.heal();
    assert!(app.status().await.problem.is_none());
}

#[tokio::test]
async fn a_projection_that_hangs_is_named_when_the_time_is_over() {
    let (store, rows) = (MemoryStore::new(), Slow::new());
    let app_1 = app(store.clone(), rows.clone()).start().await.unwrap();
    rows.hangs.send_replace(true);
    let done = app_1.send(light()).await.unwrap();
    rows.until_one_waits().await;
    let within = Duration::from_millis(100);
    let left = unfinished(app_1.stop_within(within).await);
    assert_eq!(left.projections, [ViewId::new("lamps", 1)]);
    assert_eq!((left.within, left.commands, left.store_open), (within, 0, false));
    assert!(left.to_string().contains("view lamps version 1 was cut short"), "{left}");
    // The other one has finished.
    app_1.view::<MoreLamps>().after(done.position).all().await.unwrap();
    assert_eq!(unfinished(app_1.stop_within(within).await), left, "it stays so");
    assert!(app_1.stop().await.unwrap_err().to_string().contains("cut short"));
    rows.hangs.send_replace(false);

    // Nothing is lost: the slice is taken over once its lease has run out.
    let app_2 = app(store, rows).start().await.unwrap();
    let lamps = app_2.view::<Lamps>().within(LONG).after(done.position).all().await.unwrap();
    assert_eq!((lamps.len(), lamps[0].lit), (1, 1));
}

#[cfg(feature = "embedded")]
#[tokio::test]
async fn a_stop_that_still_waits_is_told_of_and_a_store_that_is_the_apps_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let (file, rows) = (folder.path().join("lamps.db"), Slow::new());
    let app = App::open(&file).unwrap().aggregate::<Lamp>().projection::<Lamps>();
    let app = app.views_in(rows.clone()).start().await.unwrap();
    rows.hangs.send_replace(true);
    app.send(light()).await.unwrap();
    rows.until_one_waits().await;
    let mut patient = std::pin::pin!(app.stop());
    while !matches!(app.send(light()).await, Err(SendError::Closed { .. })) {
        let mut nobody = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(patient.as_mut().poll(&mut nobody).is_pending());
    }
    // The patient one has the projections now.
    let left = unfinished(app.stop_within(Duration::from_millis(50)).await);
    assert!(left.stopping_elsewhere && left.projections.is_empty(), "{left}");
    rows.hangs.send_replace(false);
    tokio::time::timeout(LONG, patient).await.unwrap().unwrap();
    app.stop_within(LONG).await.unwrap();
    assert!(app.store().head().await.is_err(), "it is closed");
    App::open(&file).unwrap().start().await.unwrap().stop_within(LONG).await.unwrap();
}

#[tokio::test]
async fn commands_that_hang_are_counted_and_the_projections_have_their_time() {
    let store = Faulty::new(Arc::new(MemoryStore::new()), 1);
    let app = app(store.clone(), Slow::new()).start().await.unwrap();
    let done = app.send(light()).await.unwrap();
    app.view::<Lamps>().after(done.position).all().await.unwrap();
    store.set(Faults { hang: 1.0, ..Faults::default() });
    // Under way from its first poll on.
    let mut sent = app.send(light());
    let mut nobody = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(std::pin::Pin::new(&mut sent).poll(&mut nobody).is_pending());
    let left = unfinished(app.stop_within(Duration::from_millis(200)).await);
    assert_eq!((left.commands, left.projections.len()), (1, 0));
    assert!(left.to_string().contains("1 commands are not answered"), "{left}");
    assert!(matches!(app.send(light()).await, Err(SendError::Closed { .. })));
    // It is answered as soon as the store says anything.
    store.heal();
    let answer = tokio::time::timeout(LONG, sent).await.unwrap();
    assert!(matches!(answer, Err(SendError::Store { .. } | SendError::Load { .. })), "{answer:?}");
    // What was left is done.
    app.stop_within(LONG).await.unwrap();
    app.stop().await.unwrap();
}
