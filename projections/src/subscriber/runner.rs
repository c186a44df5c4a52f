use std::sync::Arc;

use factum_core::store::Mark;
use factum_core::time::SystemClock;
use factum_core::view::RowStore;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::handler::Deliver;
use super::kept::{Changes, Kept};
use super::settings::Settings;
use super::status::Status;
use super::worker::{Parts, Worker};
use super::{SubscriberError, Subscription};
use crate::Hub;

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
    pub(super) async fn start(
        hub: &Hub,
        rows: Option<Arc<dyn RowStore>>,
        name: &'static str,
        handler: Arc<dyn Deliver>,
        contexts: Vec<&'static str>,
        settings: Settings,
    ) -> Result<(Self, Subscription), SubscriberError> {
        let (kept, mut saved) = Kept::open(name, rows).await?;
        let begin = match saved {
            Some(saved) => saved,
            None => {
                let head = hub.store().head().await;
                let head = head.map_err(|source| SubscriberError::Log {
                    subscriber: name.to_owned(),
                    source,
                })?;
                if settings.from_now {
                    // Remembered before anything can happen after it.
                    kept.commit(None, head, &Changes::default(), false).await?;
                    *saved.insert(head)
                } else {
                    Mark::start(head.log)
                }
            }
        };
        let kept = Arc::new(kept);
        let (status, state) = Status::new();
        let (stop, stopped) = watch::channel(false);
        let (order, orders) = mpsc::channel(ORDERS);
        let subscription = Subscription::new(name, kept.clone(), state, order);
        let (consumer, clock) = (hub.consumer(contexts, saved), Arc::new(SystemClock));
        let parts = Parts {
            name,
            handler,
            settings,
            kept,
            consumer,
            saved,
            begin,
            status,
            clock,
            orders,
            stop: stopped,
        };
        let worker = tokio::spawn(Worker::new(parts).run());
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
}

impl Drop for SubscriberRunner {
    fn drop(&mut self) {
        self.worker.abort();
    }
}
