use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::handler::Deliver;
use super::kept::Kept;
use super::settings::Settings;
use super::status::Status;
use super::tenure::Tenure;
use super::{SubscriberError, Subscription};
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
        let (status, state) = Status::new();
        let (stop, stopped) = watch::channel(false);
        let (order, orders) = mpsc::channel(ORDERS);
        let subscription = Subscription::new(name, kept.clone(), state, order);
        let hub = hub.clone();
        let tenure =
            Tenure { name, hub, place, kept, handler, contexts, settings, status, stop: stopped };
        // Whoever begins from now on has that remembered before anything can happen after it.
        let first = tenure.begin().await?;
        let worker = tokio::spawn(tenure.run(first, orders));
        Ok((Self { name, stop, worker, ended: None }, subscription))
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
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

    /// Ends the work at once, handlers in hand included, which come again at the next start.
    pub fn cut_short(&mut self) {
        self.worker.abort();
        let stopped = SubscriberError::Stopped { subscriber: self.name.to_owned() };
        self.ended.get_or_insert(Err(stopped));
    }
}

impl Drop for SubscriberRunner {
    fn drop(&mut self) {
        self.worker.abort();
    }
}
