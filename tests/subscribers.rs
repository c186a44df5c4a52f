//! Subscribers as parts of an app.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use factum::prelude::*;
use factum::{Key, StartError, StopError, Subscriber, SubscriberError, WeakApp};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Far more than any wait of a test needs.
const LONG: Duration = Duration::from_secs(60);

#[derive(Event, Clone, Debug, PartialEq)]
enum UploadEvent {
    #[event("upload.received")]
    Received { owner: String },
    #[event("upload.drawn")]
    Drawn,
}

/// Another enum of the same context.
#[derive(Event, Clone, Debug, PartialEq)]
enum OtherEvent {
    #[event("upload.lost")]
    Lost,
}

#[derive(Command, Serialize, Deserialize)]
#[command("upload.receive")]
struct Receive {
    #[id]
    upload: String,
    owner: String,
}

#[derive(Command, Serialize, Deserialize)]
#[command("upload.draw")]
struct Draw {
    #[id]
    upload: String,
}

#[derive(Aggregate, Default)]
#[aggregate(name = "upload", event = UploadEvent, error = Infallible, commands(Receive, Draw))]
struct Upload;

impl Apply<UploadEvent> for Upload {
    fn apply(&mut self, _: &UploadEvent) {}
}

impl Handle<Receive> for Upload {
    fn handle(&self, cmd: &Receive, _: &Context) -> Decision<Self> {
        emit(UploadEvent::Received { owner: cmd.owner.clone() })
    }
}

impl Handle<Draw> for Upload {
    fn handle(&self, _: &Draw, _: &Context) -> Decision<Self> {
        emit(UploadEvent::Drawn)
    }
}

#[derive(Projection, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[projection(name = "drawings", from(UploadEvent))]
struct Drawing {
    #[key]
    upload: String,
    drawn: u32,
}

impl Project<UploadEvent> for Drawing {
    fn project(&mut self, event: &UploadEvent, _: &Origin) {
        self.drawn += u32::from(*event == UploadEvent::Drawn);
    }
}

/// Draws what was received, once there is a permit.
struct Draughtsman {
    app: WeakApp,
    begun: Arc<AtomicUsize>,
    permits: Arc<Semaphore>,
}

impl Subscribe<UploadEvent> for Draughtsman {
    type Error = String;

    async fn on(&self, event: &UploadEvent, at: &Origin) -> Result<(), String> {
        let UploadEvent::Received { .. } = event else { return Ok(()) };
        self.begun.fetch_add(1, Ordering::SeqCst);
        self.permits.acquire().await.map_err(|closed| closed.to_string())?.forget();
        let app = self.app.upgrade().ok_or("the app is gone")?;
        let draw = app.send(Draw { upload: at.id().to_owned() });
        let id = Key::from(at.event_id().uuid()).derive("draw");
        draw.id(id).await.map(drop).map_err(|error| error.to_string())
    }
}

/// Does nothing, for whatever enum.
struct Idle;

impl<E: Event> Subscribe<E> for Idle {
    type Error = Infallible;

    async fn on(&self, _: &E, _: &Origin) -> Result<(), Infallible> {
        Ok(())
    }
}

fn receive(upload: &str) -> Receive {
    Receive { upload: upload.to_owned(), owner: "alice".to_owned() }
}

#[tokio::test]
async fn a_stop_lets_what_is_in_hand_send_its_commands() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("uploads.db");
    let (begun, permits) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
    let start = || async {
        let builder = App::open(&file).unwrap().aggregate::<Upload>().projection::<Drawing>();
        let (begun, permits) = (begun.clone(), permits.clone());
        let draughtsman = Draughtsman { app: builder.weak(), begun, permits };
        builder.subscriber("draughtsman", draughtsman).start().await.unwrap()
    };
    let app = start().await;
    app.send(receive("one")).await.unwrap();
    while begun.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    let mut stop = Box::pin(app.stop());
    assert!(timeout(Duration::ZERO, &mut stop).await.is_err(), "one is in hand");
    permits.add_permits(2);
    timeout(LONG, stop).await.unwrap().unwrap();

    let app = start().await;
    let done = app.send(receive("two")).await.unwrap();
    timeout(LONG, app.subscription("draughtsman").wait(done.position)).await.unwrap().unwrap();
    let head = app.store().head().await.unwrap().position;
    let rows = app.view::<Drawing>().after(head).all().await.unwrap();
    let drawn: Vec<_> = rows.iter().map(|row| (&*row.upload, row.drawn)).collect();
    assert_eq!(drawn, [("one", 1), ("two", 1)]);
    assert_eq!(begun.load(Ordering::SeqCst), 2, "none came again");
    app.stop().await.unwrap();
}

#[tokio::test]
async fn an_app_that_its_own_handler_knows_can_be_dropped() {
    let builder = App::memory().aggregate::<Upload>();
    let permits = Arc::new(Semaphore::new(0));
    let weak = builder.weak();
    let draughtsman =
        Draughtsman { app: weak.clone(), begun: Arc::default(), permits: permits.clone() };
    let app = builder.subscriber("draughtsman", draughtsman).start().await.unwrap();
    let subscription = app.subscription("draughtsman");
    let done = app.send(receive("one")).await.unwrap();
    drop(app);
    assert!(weak.upgrade().is_none());
    let ended = timeout(LONG, subscription.wait(done.position)).await.unwrap().unwrap_err();
    assert!(matches!(ended, SubscriberError::Stopped { .. }), "{ended}");
}

#[tokio::test]
async fn consumers_that_share_a_name_stop_the_start() {
    let app = || App::memory().aggregate::<Upload>().projection::<Drawing>();
    let start = |app: factum::AppBuilder| async { app.start().await.unwrap_err() };
    let as_projection = app().subscriber::<UploadEvent, _>("drawings", Idle);
    let twice =
        app().subscriber::<UploadEvent, _>("s", Idle).subscriber::<UploadEvent, _>("s", Idle);
    for (app, name) in [(as_projection, "drawings"), (twice, "s")] {
        let refused = start(app).await;
        let told = format!("there are two consumers `{name}`, of ");
        assert!(refused.to_string().starts_with(&told), "{refused}");
    }
    // Two enums of one context: what one of them does not know would be lost on it.
    let other = start(app().subscriber::<OtherEvent, _>("s", Idle)).await;
    assert!(matches!(other, StartError::SameName { what: "context", .. }), "{other}");
    let unnamed = start(app().subscriber::<UploadEvent, _>("", Idle)).await;
    assert!(unnamed.to_string().contains("subscriber \"\" is empty"), "{unnamed}");
}

#[tokio::test]
async fn what_went_wrong_is_told_when_the_app_stops() {
    struct Broken;
    impl Subscribe<UploadEvent> for Broken {
        type Error = &'static str;
        async fn on(&self, _: &UploadEvent, _: &Origin) -> Result<(), &'static str> {
            Err("it is broken")
        }
        fn verdict(&self, _: &&'static str) -> factum::Verdict {
            factum::Verdict::Park
        }
    }
    let broken = Subscriber::new("broken", Broken).concurrency(1);
    let app = App::memory().aggregate::<Upload>().subscriber_with(broken).start().await.unwrap();
    let mut done = None;
    for number in 0..=1_000 {
        done = Some(app.send(receive(&number.to_string())).await.unwrap().position);
    }
    let subscription = app.subscription("broken");
    timeout(LONG, subscription.wait(done.unwrap())).await.unwrap().unwrap_err();
    assert_eq!(subscription.parked().list(2_000).await.unwrap().len(), 1_000);
    for _ in 0..2 {
        let ended = app.stop().await.unwrap_err();
        assert!(matches!(&ended, StopError::Subscriber(SubscriberError::Full(_))), "{ended}");
        assert!(ended.to_string().contains("it is broken"), "{ended}");
    }
    let missing = app.subscription("mails").parked().list(1).await.unwrap_err();
    assert!(missing.to_string().contains("there is no subscriber \"mails\""), "{missing}");
}
