use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use factum_core::Event;

use super::handler::{Deliver, Typed};
use super::{Subscribe, SubscriberError, SubscriberRunner, Subscription};
use crate::{Hub, Placement};

/// A handler under a name, and how it is run.
///
/// ```
/// # use std::time::Duration;
/// # use factum_core::Event;
/// # use factum_projections::{Hub, Subscribe, Subscriber, SubscriberError};
/// # async fn f<E: Event>(hub: Hub, thumbnails: impl Subscribe<E>) -> Result<(), SubscriberError> {
/// let thumbnails = Subscriber::new("thumbnails", thumbnails)
///     .concurrency(8)
///     .attempts(5)
///     .backoff(Duration::from_millis(200), Duration::from_secs(30))
///     .time_limit(Duration::from_secs(60));
/// let (runner, subscription) = thumbnails.start(&hub, None).await?;
/// # Ok(()) }
/// ```
#[must_use = "a subscriber does nothing before it is started"]
pub struct Subscriber<S> {
    name: &'static str,
    handler: S,
    settings: Settings,
}

/// How a handler is run.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(super) concurrency: usize,
    pub(super) attempts: u32,
    first_pause: Duration,
    longest_pause: Duration,
    time_limit: Option<Duration>,
    pub(super) from_now: bool,
}

impl Settings {
    /// Those of the inbox of a saga, which tries what may pass for as long as it takes.
    pub(crate) fn for_saga(concurrency: usize, from_now: bool) -> Self {
        Self { concurrency, attempts: u32::MAX, from_now, ..Self::default() }
    }

    /// How long to wait after so many tries: each time twice as long, up to a bound.
    pub(super) fn pause_after(&self, attempts: u32) -> Duration {
        let doubled = 1_u32.checked_shl(attempts.saturating_sub(1)).unwrap_or(u32::MAX);
        self.first_pause.saturating_mul(doubled).min(self.longest_pause)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            concurrency: 4,
            attempts: 5,
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(30),
            time_limit: None,
            from_now: false,
        }
    }
}

impl<S> fmt::Debug for Subscriber<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, settings, .. } = self;
        f.debug_struct("Subscriber")
            .field("name", name)
            .field("settings", settings)
            .finish_non_exhaustive()
    }
}

impl<S> Subscriber<S> {
    /// A handler under the name that its checkpoint is kept by: another name begins anew.
    pub fn new(name: &'static str, handler: S) -> Self {
        Self { name, handler, settings: Settings::default() }
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// How many events are delivered at the same time, each of another stream: 4 unless set. None is
    /// taken for one.
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.settings.concurrency = NonZeroUsize::new(calls).map_or(1, NonZeroUsize::get);
        self
    }

    /// How often an event is tried before it parks: 5 times unless set. None is taken for one.
    pub fn attempts(mut self, tries: u32) -> Self {
        self.settings.attempts = tries.max(1);
        self
    }

    /// How long to wait before an event is tried again: `first` after the first try, then twice as long
    /// each time, up to `longest`. From 100 ms to 30 s unless set.
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        (self.settings.first_pause, self.settings.longest_pause) = (first, longest);
        self
    }

    /// After how long a try is given up, which counts as a failure that may pass. Unless set a try may
    /// take for ever, and a stop waits as long.
    pub fn time_limit(mut self, each: Duration) -> Self {
        self.settings.time_limit = Some(each);
        self
    }

    /// Begins with what happens after the first start, instead of the beginning of the log. The first
    /// start is remembered; where nothing is kept, each one is the first.
    pub fn from_now(mut self) -> Self {
        self.settings.from_now = true;
        self
    }

    /// Starts to follow the log from the checkpoint that its place has. In memory nothing is kept: at
    /// each start everything comes again, from the beginning of the log, or nothing that came before,
    /// with [`from_now`](Self::from_now). Nothing comes before the hub is started.
    ///
    /// Of the processes that share a place by leases one runs it, and another as soon as that one is gone:
    /// see [`Placement::leased`]. It has one slice. It runs until it is stopped, or meets what it cannot
    /// get over: see [`SubscriberError`].
    ///
    /// # Errors
    /// [`SubscriberError`] if the place cannot be opened, or the log's head cannot be read.
    pub async fn start<E: Event>(
        self,
        hub: &Hub,
        place: impl Into<Placement>,
    ) -> Result<(SubscriberRunner, Subscription), SubscriberError>
    where
        S: Subscribe<E>,
    {
        let Self { name, handler, settings } = self;
        let handler: Arc<dyn Deliver> = Arc::new(Typed::<E, S>::new(handler, settings.time_limit));
        SubscriberRunner::start(
            hub,
            place.into(),
            name,
            handler,
            factum_core::event::contexts::<E>(),
            settings,
        )
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_bound_however_often_it_is_tried() {
        let subscriber = Subscriber::new("s", ());
        let settings =
            subscriber.backoff(Duration::from_millis(10), Duration::from_millis(70)).settings;
        let pauses =
            [1, 2, 3, 4, 33, u32::MAX].map(|tries| settings.pause_after(tries).as_millis());
        assert_eq!(pauses, [10, 20, 40, 70, 70, 70]);
    }

    #[test]
    fn none_is_taken_for_one() {
        let settings = Subscriber::new("s", ()).concurrency(0).attempts(0).settings;
        assert_eq!((settings.concurrency, settings.attempts), (1, 1));
    }
}
