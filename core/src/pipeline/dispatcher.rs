use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use super::inline::Inline;
use super::loader::Loader;
use super::mailboxes::Mailboxes;
use super::request::{self, Asked, Job};
use super::sending::{Letter, Sending};
use super::target::Target;
use super::turns::Turns;
use super::worker::{self, Shift};
use super::{EventLog, SendError, Settings};
use crate::store::EventStore;
use crate::view::InlineView;
use crate::{Aggregate, SentTo};

/// Takes commands to the aggregates of one type. A cheap handle: clones share everything.
pub struct Dispatcher<A: Aggregate> {
    inner: Arc<Inner<A>>,
}

pub(super) struct Inner<A: Aggregate> {
    pub(super) loader: Arc<Loader<A>>,
    pub(super) mailboxes: Mailboxes<A>,
    pub(super) turns: Turns,
    pub(super) inline: Inline,
    pub(super) settings: Settings,
    pub(super) permits: Arc<Semaphore>,
    pub(super) runtime: Handle,
    /// Nobody else writes to the log, so a cached state is the newest one.
    pub(super) authoritative: bool,
}

impl<A: Aggregate> Clone for Dispatcher<A> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone() }
    }
}

impl<A: Aggregate> fmt::Debug for Dispatcher<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dispatcher").field("aggregate", &A::NAME).finish_non_exhaustive()
    }
}

impl<A: Aggregate> Dispatcher<A> {
    /// Takes up work on a store. The workers run on the given runtime, which must have its time driver
    /// enabled. Where the store says that it is the log's only writer, there must be one dispatcher for
    /// each aggregate type: its cache is taken to be the newest state.
    pub fn start(store: Arc<dyn EventStore>, settings: Settings, runtime: Handle) -> Self {
        Self::with_views(store, settings, runtime, Vec::new())
    }

    /// As [`start`](Self::start); the commits of its commands change the rows of those of the views that
    /// follow the aggregate's events. A command is answered once all of them have what it did.
    pub fn with_views(
        store: Arc<dyn EventStore>,
        settings: Settings,
        runtime: Handle,
        views: Vec<Arc<dyn InlineView>>,
    ) -> Self {
        let authoritative = store.capabilities().single_writer;
        let settings = settings.within_bounds();
        let inner = Inner {
            loader: Arc::new(Loader::new(store)),
            mailboxes: Mailboxes::new(settings.cached_aggregates),
            turns: Turns::default(),
            inline: Inline::of::<A>(views),
            permits: Arc::new(Semaphore::new(settings.in_flight)),
            settings,
            runtime,
            authoritative,
        };
        Self { inner: Arc::new(inner) }
    }

    /// Sends a command to its aggregate: see [`Sending`].
    pub fn send<C: SentTo<A>>(&self, command: C) -> Sending<A> {
        let address = || (Target::of::<A, C>(&command), request::mark(&command));
        match catch_unwind(AssertUnwindSafe(address)) {
            Ok((Ok(target), mark)) => {
                let (inner, ask) = (self.inner.clone(), Box::new(Asked::new(command)));
                Sending::new(Letter { inner, target, mark, ask })
            }
            Ok((Err(problem), _)) => {
                Sending::refused(SendError::Target { command: C::NAME, problem })
            }
            Err(panic) => Sending::refused(SendError::Panicked {
                command: self.inner.settings.ids.next(),
                message: crate::panic::message(&*panic),
            }),
        }
    }

    /// The typed event store of the aggregate.
    pub fn events(&self) -> EventLog<A> {
        EventLog::over(self.inner.loader.clone())
    }

    /// Waits until every command under way is answered. Commands that are sent later are refused
    /// with [`SendError::Closed`].
    ///
    /// Cancellation safe: a dropped call leaves the dispatcher at work.
    pub async fn stop(&self) {
        let all = u32::try_from(self.inner.settings.in_flight).unwrap_or(u32::MAX);
        // An error means that it is stopped already.
        let _all = self.inner.permits.acquire_many(all).await;
        self.inner.permits.close();
    }

    /// Refuses commands that are sent later, and those that wait for their turn, with
    /// [`SendError::Closed`], without waiting for those under way: they are answered all the same.
    pub fn close(&self) {
        self.inner.permits.close();
    }

    /// How many commands are under way. While [`stop`](Self::stop) waits they cannot be counted: then
    /// it is as many as there may be.
    pub fn under_way(&self) -> usize {
        self.inner.settings.in_flight.saturating_sub(self.inner.permits.available_permits())
    }
}

impl<A: Aggregate> Inner<A> {
    /// Puts a command into its mailbox and sees that somebody works on it.
    pub(super) fn post(self: &Arc<Self>, target: Target, job: Job<A>) {
        if let Some(start) = self.mailboxes.post(&target, job) {
            // Made here and not by the task, which may be dropped before it is ever polled.
            let shift = Shift::new(self.clone(), target);
            self.runtime.spawn(worker::work(shift, start));
        }
    }
}
