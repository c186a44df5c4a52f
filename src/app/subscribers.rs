//! Side effects that follow the app's log.

use factum_core::Event;
use factum_core::store::BoxFuture;
use factum_projections::{Subscribe, Subscriber, Subscription};

use super::builder::Parts;
use super::{App, AppBuilder, StartError};

/// Starts a subscriber of the app.
pub(super) type StartSubscriber =
    Box<dyn for<'a> FnOnce(&'a mut Parts) -> BoxFuture<'a, Result<(), StartError>> + Send>;

impl AppBuilder {
    /// Adds a handler that does something outside for each event of an enum: at least once, in order for
    /// each stream. See [`Subscribe`] for what it has to know.
    ///
    /// How far it is, and what it could not deliver, is kept under the name, where the app's views are
    /// kept: see [`projection`](Self::projection). Where that is memory alone, each start begins with the
    /// beginning of the log, or, with [`from_now`](Subscriber::from_now), with what comes after it. Of the
    /// processes that share it one runs the subscriber at a time.
    ///
    /// ```
    /// # use factum::prelude::*;
    /// # #[derive(Event, Clone, Debug, PartialEq)]
    /// # enum UploadEvent {
    /// #     #[event("upload.received")]
    /// #     Received { file: String },
    /// # }
    /// # #[derive(Command, Serialize, Deserialize)]
    /// # #[command("upload.receive")]
    /// # struct Receive { #[id] upload: String, file: String }
    /// # #[derive(Aggregate, Default)]
    /// # #[aggregate(name = "upload", event = UploadEvent, error = std::fmt::Error, commands(Receive))]
    /// # struct Upload;
    /// # impl Apply<UploadEvent> for Upload {
    /// #     fn apply(&mut self, _: &UploadEvent) {}
    /// # }
    /// # impl Handle<Receive> for Upload {
    /// #     fn handle(&self, cmd: &Receive, _: &Context) -> Decision<Self> {
    /// #         emit(UploadEvent::Received { file: cmd.file.clone() })
    /// #     }
    /// # }
    /// # #[derive(Debug, thiserror::Error)]
    /// # #[error("the mailer is away")]
    /// # struct MailError;
    /// # struct Mailer;
    /// # impl Mailer {
    /// #     async fn send(&self, id: factum::EventId, text: &str) -> Result<(), MailError> { Ok(()) }
    /// # }
    /// struct Notifications {
    ///     mailer: Mailer,
    /// }
    ///
    /// impl Subscribe<UploadEvent> for Notifications {
    ///     type Error = MailError;
    ///     async fn on(&self, event: &UploadEvent, at: &Origin) -> Result<(), MailError> {
    ///         let UploadEvent::Received { file } = event;
    ///         // The same id each time: the mailer sends that mail once.
    ///         self.mailer.send(at.event_id(), &format!("{file} is there")).await
    ///     }
    /// }
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let app = App::memory()
    ///     .aggregate::<Upload>()
    ///     .subscriber("notifications", Notifications { mailer: Mailer })
    ///     .start()
    ///     .await?;
    /// let done = app.send(Receive { upload: "1".into(), file: "cat.png".into() }).await?;
    /// app.subscription("notifications").wait(done.position).await?;
    /// # app.stop().await?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    pub fn subscriber<E: Event, S: Subscribe<E>>(self, name: &'static str, handler: S) -> Self {
        self.subscriber_with(Subscriber::new(name, handler))
    }

    /// The same with settings: how many at the same time, how often each is tried, from where on.
    pub fn subscriber_with<E: Event, S: Subscribe<E>>(mut self, subscriber: Subscriber<S>) -> Self {
        self.names.add_subscriber::<E, S>(subscriber.name());
        self.subscribers.push(Box::new(|parts| Box::pin(start(parts, subscriber))));
        self
    }
}

impl App {
    /// How far the subscriber of this name is, and what it has parked. Where the app was started without
    /// it, all that is asked is answered with an error that says so.
    pub fn subscription(&self, name: &str) -> Subscription {
        let known = self.inner.subscriptions.get(name);
        known.cloned().unwrap_or_else(|| Subscription::missing(name))
    }
}

async fn start<E: Event, S: Subscribe<E>>(
    parts: &mut Parts,
    subscriber: Subscriber<S>,
) -> Result<(), StartError> {
    let name = subscriber.name();
    let (runner, subscription) = subscriber.start(&parts.hub, parts.usual.clone()).await?;
    parts.subscribers.push(runner);
    parts.subscriptions.insert(name, subscription);
    Ok(())
}
