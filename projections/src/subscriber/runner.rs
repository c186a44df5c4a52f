use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::handler::Deliver;
use super::kept::Kept;
use super::monitor::SubscriberMonitor;
use super::settings::Settings;
use super::status::Status;
use super::tenure::Tenure;
use super::{SubscriberError, Subscription};
use crate::status::Monitor;
use crate::{Hub, Placement};

/// How many orders wait for a worker before whoever gives one waits, too.
const ORDERS: usize = 16;

/// A subscriber that is being followed. Dropping it ends the work without waiting, handlers in hand
/// included, which loses nothing: what is not saved as done comes again. [`stop`](Self::stop) waits.
#[derive(Debug)]
#[must_use = "the subscriber ends when this is dropped"]
pub struct SubscriberRunner {
    name: &'static str,
    stop: watch::Sender<bool>,
    worker: JoinHandle<Result<(), SubscriberError>>,
    monitor: SubscriberMonitor,
    /// What the worker ended with, once it was waited for.
    ended: Option<Result<(), SubscriberError>>,
}

impl SubscriberRunner {
    pub(crate) async fn start(
        hub: &Hub,
        place: Placement,
        name: &'static str,
        handler: Arc<dyn Deliver>,
        contexts: Vec<&'static str>,
        settings: Settings,
    ) -> Result<(Self, Subscription), SubscriberError> {
        let kept = Arc::new(Kept::open(name, place.rows.clone()).await?);
        let (status, state) = Status::new(kept.view().id);
        let (stop, stopped) = watch::channel(false);
        let monitor = SubscriberMonitor {
            view: kept.view(),
            place: place.clone(),
            state: state.clone(),
            stop: stopped.clone(),
        };
        let (order, orders) = mpsc::channel(ORDERS);
        let subscription = Subscription::new(name, kept.clone(), state, order);
        let hub = hub.clone();
        let tenure =
            Tenure { name, hub, place, kept, handler, contexts, settings, status, stop: stopped };
        // Whoever begins from now on has that remembered before anything can happen after it.
        let first = tenure.begin().await?;
        let worker = tokio::spawn(tenure.run(first, orders));
        Ok((Self { name, stop, worker, monitor, ended: None }, subscription))
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What tells how the subscriber is, also once this is gone.
    pub fn monitor(&self) -> Arc<dyn Monitor> {
        Arc::new(self.monitor.clone())
    }

    /// Begins nothing more, waits for the handlers in hand, saves what they have done, and ends. What
    /// was to be tried again comes again at the next start. Cancellation-safe: it ends all the same,
    /// and calling this again gives the same answer.
    ///
    /// # Errors
    /// [`SubscriberError`] if it had ended before, or could not save.
    pub async fn stop(&mut self) -> Result<(), SubscriberError> {
        if let Some(ended) = &self.ended {
            return ended.clone();
        }
        self.stop.send_replace(true);
        let aborted = SubscriberError::Stopped { subscriber: self.name.to_owned() };
        let ended = (&mut self.worker).await.unwrap_or(Err(aborted));
        self.ended.insert(ended).clone()
    }

    /// As [`stop`](Self::stop), but waits no longer than this: what is left then is ended hard, handlers
    /// in hand included, whose events come again at the next start.
    ///
    /// # Errors
    /// As [`stop`](Self::stop), and [`SubscriberError::CutShort`] if the time was not enough.
    pub async fn stop_within(&mut self, within: Duration) -> Result<(), SubscriberError> {
        if let Ok(ended) = timeout(within, self.stop()).await {
            return ended;
        }
        self.worker.abort();
        let cut_short = SubscriberError::CutShort { subscriber: self.name.to_owned(), within };
        self.ended.insert(Err(cut_short)).clone()
    }
}

impl Drop for SubscriberRunner {
    fn drop(&mut self) {
        self.worker.abort();
    }
}
