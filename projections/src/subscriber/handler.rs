use std::convert::Infallible;
use std::fmt;
use std::future::{Future, pending};
use std::marker::PhantomData;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use factum_core::store::{BoxFuture, Recorded, StoreError};
use factum_core::{Event, Origin, StreamName, codec, panic};
use futures_util::FutureExt;
use tokio::time::timeout;

/// Does something outside for each event of an enum.
///
/// An event comes **at least once**: again after a failure, and again after a crash, if it was in hand
/// or not yet saved as done. Events of one stream come in order, one at a time; those of different
/// streams at the same time. So that what is done twice has one effect, hand the event's id on,
/// [`at.event_id()`](Origin::event_id), which is the same each time and for ever: most systems that are
/// worth calling take an idempotency key, a message id, or a name for what is put there.
///
/// ```
/// # use factum_core::{Event, EventId, Origin};
/// # use factum_projections::Subscribe;
/// # struct MailError;
/// # impl std::fmt::Display for MailError {
/// #     fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { Ok(()) }
/// # }
/// # struct Mailer;
/// # impl Mailer {
/// #     async fn send(&self, id: EventId, to: &str) -> Result<(), MailError> { Ok(()) }
/// # }
/// # trait Upload: Event { fn owner(&self) -> &str; }
/// struct Notifications {
///     mailer: Mailer,
/// }
///
/// # struct Of<U>(U, Notifications);
/// # impl<U> std::ops::Deref for Of<U> {
/// #     type Target = Notifications;
/// #     fn deref(&self) -> &Notifications { &self.1 }
/// # }
/// # impl<UploadEvent: Upload> Subscribe<UploadEvent> for Of<UploadEvent> {
/// // impl Subscribe<UploadEvent> for Notifications {
///     type Error = MailError;
///     async fn on(&self, event: &UploadEvent, at: &Origin) -> Result<(), MailError> {
///         // The mailer knows an id that it has had, and sends that mail once.
///         self.mailer.send(at.event_id(), event.owner()).await
///     }
/// // }
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not subscribe to `{E}`",
    label = "`Subscribe<{E}>` is missing",
    note = "write `impl Subscribe<{E}> for {Self} {{ type Error = …; async fn on(&self, event: &{E}, \
            at: &Origin) -> Result<(), Self::Error> {{ … }} }}`"
)]
pub trait Subscribe<E: Event>: Send + Sync + 'static {
    /// Why it failed. Its text, in the alternate form (`{:#}`), is kept with a parked event.
    type Error: fmt::Display + Send;

    /// Does what the event calls for. It may be dropped at any await, when the app is dropped or the
    /// time limit has passed; the event comes again then. A panic parks the event at once.
    ///
    /// # Errors
    /// What is to be tried again, or parked: see [`verdict`](Self::verdict).
    fn on(&self, event: &E, at: &Origin) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// What a failure calls for. Everything is tried again unless this says otherwise.
    fn verdict(&self, _error: &Self::Error) -> Verdict {
        Verdict::Retry
    }
}

/// What a failed delivery calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Verdict {
    /// It may pass: wait, and try again, as often as the subscriber allows.
    #[default]
    Retry,
    /// It will fail again: park the event at once.
    Park,
}

/// What came of one try.
pub(crate) enum Tried {
    Done,
    /// Why not, and what that calls for.
    Failed(String, Verdict),
    /// The log did not give the event.
    Unread(StoreError),
}

/// A handler, whatever its enum.
pub(crate) trait Deliver: Send + Sync {
    fn deliver(&self, event: Arc<Recorded>) -> BoxFuture<'static, Tried>;

    /// What the event must come in order with: its lane. None if the event is of no concern.
    fn lane(&self, event: &Recorded) -> Option<StreamName> {
        Some(event.at.stream.clone())
    }

    /// What goes on beside the deliveries, for as long as this process has them to do.
    fn beside(&self) -> BoxFuture<'_, Infallible> {
        Box::pin(pending())
    }
}

/// One that decodes the events of an enum.
pub(super) struct Typed<E, S> {
    handler: Arc<S>,
    time_limit: Option<Duration>,
    events: PhantomData<fn() -> E>,
}

impl<E, S> Typed<E, S> {
    pub(super) fn new(handler: S, time_limit: Option<Duration>) -> Self {
        Self { handler: Arc::new(handler), time_limit, events: PhantomData }
    }
}

impl<E: Event, S: Subscribe<E>> Deliver for Typed<E, S> {
    fn deliver(&self, event: Arc<Recorded>) -> BoxFuture<'static, Tried> {
        let (handler, time_limit) = (self.handler.clone(), self.time_limit);
        Box::pin(async move {
            // What a panic leaves half done is the handler's own, as after a crash.
            let tried =
                AssertUnwindSafe(one_try(&*handler, &event, time_limit)).catch_unwind().await;
            tried.unwrap_or_else(|panic| {
                let problem = format!("`on` panicked: {}", panic::message(&*panic));
                Tried::Failed(problem, Verdict::Park)
            })
        })
    }
}

async fn one_try<E: Event, S: Subscribe<E>>(
    handler: &S,
    event: &Recorded,
    time_limit: Option<Duration>,
) -> Tried {
    // Another's decoded form cannot be held across a wait: it goes with the page that it came on.
    let decoded: E = match codec::decode(event) {
        Ok(decoded) => decoded,
        Err(bad) => return Tried::Failed(bad.problem.to_string(), Verdict::Park),
    };
    let call = handler.on(&decoded, &event.at);
    let answered = match time_limit {
        None => call.await,
        Some(limit) => match timeout(limit, call).await {
            Ok(answered) => answered,
            Err(_) => {
                let problem = format!("it was not done within {limit:?}");
                return Tried::Failed(problem, Verdict::Retry);
            }
        },
    };
    match answered {
        Ok(()) => Tried::Done,
        Err(error) => Tried::Failed(format!("{error:#}"), handler.verdict(&error)),
    }
}
