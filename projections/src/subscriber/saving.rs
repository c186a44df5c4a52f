//! When a worker saves how far it is.

use std::sync::Arc;
use std::time::Duration;

use factum_core::store::BoxFuture;
use tokio::time::{Instant, timeout};

use super::SubscriberError;
use super::kept::{Kept, Wanted};
use super::worker::Worker;
use crate::backoff::Backoff;
use crate::parking::ParkedEvent;

/// How long the checkpoint may stay behind what is done.
pub(super) const SAVE_EVERY: Duration = Duration::from_secs(1);

impl Worker {
    /// Saves what has to be, and announces how far all is settled.
    pub(super) async fn keep(&mut self) -> Result<(), SubscriberError> {
        if self.changes.is_empty() && Instant::now() < self.save_at {
            self.announce();
            return Ok(());
        }
        self.save().await
    }

    /// Saves whatever is not saved, and announces how far all is settled.
    pub(super) async fn save(&mut self) -> Result<(), SubscriberError> {
        if !self.changes.is_empty() || self.is_behind() {
            self.commit().await?;
        }
        self.announce();
        Ok(())
    }

    /// Whether the checkpoint is behind what is settled.
    pub(super) fn is_behind(&self) -> bool {
        self.parts.saved != Some(self.window.at())
    }

    fn announce(&mut self) {
        if self.confirmed {
            let (at, news) = (self.window.at().position, self.window.news());
            self.parts.status.settled(at, news, &*self.parts.clock);
        }
    }

    /// Moves the checkpoint to where all is settled, and changes what is parked.
    pub(super) async fn commit(&mut self) -> Result<(), SubscriberError> {
        let (from, to) = (self.parts.saved, self.window.at());
        let (changes, begun) = (Arc::new(std::mem::take(&mut self.changes)), Instant::now());
        self.patiently(|kept, repeated| {
            let changes = changes.clone();
            Box::pin(async move { kept.commit(from, to, &changes, repeated).await })
        })
        .await?;
        self.parts.saved = Some(to);
        self.parts.status.committed(begun.elapsed());
        self.parts.status.parked(self.parked);
        self.save_at = Instant::now() + SAVE_EVERY;
        Ok(())
    }

    pub(super) async fn parked(
        &mut self,
        wanted: Wanted,
    ) -> Result<Vec<ParkedEvent>, SubscriberError> {
        self.patiently(|kept, _| {
            let wanted = wanted.clone();
            Box::pin(async move { kept.parked(wanted).await })
        })
        .await
    }

    /// Asks what is kept until it answers. The call is told whether it was made before.
    ///
    /// # Errors
    /// That of the call, if trying again is no use or not wanted any more.
    pub(super) async fn patiently<T>(
        &mut self,
        call: impl Fn(Arc<Kept>, bool) -> BoxFuture<'static, Result<T, SubscriberError>>,
    ) -> Result<T, SubscriberError> {
        let (mut backoff, mut repeated) = (Backoff::new(), false);
        loop {
            match call(self.parts.kept.clone(), repeated).await {
                Err(error) if error.is_transient() => {
                    self.parts.status.trouble(error.clone());
                    let stopped = self.parts.stop.wait_for(|stop| *stop);
                    if timeout(backoff.next(), stopped).await.is_ok() {
                        return Err(error);
                    }
                }
                answered => {
                    if repeated {
                        self.parts.status.works();
                    }
                    return answered;
                }
            }
            repeated = true;
        }
    }
}
