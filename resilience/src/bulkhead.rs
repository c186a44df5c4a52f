//! So many calls at a time.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::BadSettings;

/// How many calls there may be at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct BulkheadSettings {
    /// How many: 25.
    pub concurrent: u32,
    /// How long a call waits for a place: not at all.
    #[cfg_attr(feature = "serde", serde(with = "crate::humane"))]
    pub wait: Duration,
}

impl Default for BulkheadSettings {
    fn default() -> Self {
        Self { concurrent: 25, wait: Duration::ZERO }
    }
}

/// Lets so many calls through at a time, so that one slow backend does not take all there is of a
/// program. Clones are the same one; who waits is served in turn.
///
/// ```
/// # use factum_resilience::{BadSettings, Bulkhead, BulkheadSettings};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), BadSettings> {
/// let reports = Bulkhead::new("reports", BulkheadSettings { concurrent: 1, ..Default::default() })?;
/// let place = reports.enter().await;
/// assert!(place.is_ok());
/// assert_eq!(reports.call(async { 7 }).await.unwrap_err().concurrent, 1);
/// drop(place);
/// assert_eq!(reports.call(async { 7 }).await, Ok(7));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Bulkhead {
    name: Arc<str>,
    settings: BulkheadSettings,
    places: Arc<Semaphore>,
}

/// A place in a [`Bulkhead`], until it is dropped.
#[derive(Debug)]
#[must_use = "a place that is dropped at once is nobody's"]
pub struct Place<'a> {
    _permit: SemaphorePermit<'a>,
}

/// There was no place within the wait; nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} is full: {concurrent} calls are under way, and none ended within {wait:?}")]
pub struct Full {
    /// The bulkhead's name.
    pub name: Arc<str>,
    /// How many calls it takes.
    pub concurrent: u32,
    /// How long this one waited.
    pub wait: Duration,
}

impl Bulkhead {
    /// An empty bulkhead of this name, which is in its errors.
    ///
    /// # Errors
    /// It would have no place, or more than there can be.
    pub fn new(name: &str, settings: BulkheadSettings) -> Result<Self, BadSettings> {
        let most = u32::try_from(Semaphore::MAX_PERMITS).unwrap_or(u32::MAX);
        let fine = (1..=most).contains(&settings.concurrent);
        let wanted = "it must be at least 1, and no more than a semaphore takes";
        BadSettings::unless(fine, "concurrent", settings.concurrent, wanted)?;
        let places = Arc::new(Semaphore::new(settings.concurrent as usize));
        Ok(Self { name: name.into(), settings, places })
    }

    /// Takes a place if one is free.
    pub fn try_enter(&self) -> Option<Place<'_>> {
        self.places.try_acquire().ok().map(|permit| Place { _permit: permit })
    }

    /// Takes a place. Dropping the future gives up the place in the queue.
    ///
    /// # Errors
    /// None got free within the wait.
    pub async fn enter(&self) -> Result<Place<'_>, Full> {
        if let Some(place) = self.try_enter() {
            return Ok(place);
        }
        let place = tokio::time::timeout(self.settings.wait, self.places.acquire()).await;
        // It is never closed.
        let place = place.ok().and_then(Result::ok);
        place.map(|permit| Place { _permit: permit }).ok_or_else(|| Full {
            name: self.name.clone(),
            concurrent: self.settings.concurrent,
            wait: self.settings.wait,
        })
    }

    /// Makes a call in a place. Dropping the future cancels the call and frees the place.
    ///
    /// # Errors
    /// None got free within the wait; the call was not polled.
    pub async fn call<T>(&self, call: impl Future<Output = T>) -> Result<T, Full> {
        let _place = self.enter().await?;
        Ok(call.await)
    }

    /// How many places are free.
    pub fn free(&self) -> usize {
        self.places.available_permits()
    }
}
