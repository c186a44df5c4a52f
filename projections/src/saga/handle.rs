use std::fmt;
use std::sync::Arc;

use factum_core::id::AsId;
use factum_core::pipeline::{LoadError, SendError};
use factum_core::saga::{Instance, Operation, ProcessError, Saga, SagaEvent, Status};
use factum_core::store::{EventStore, Query, StoreError, Tailed};
use factum_core::{Stored, StreamName};
use futures_util::StreamExt;

use super::driver::Driver;
use super::{SagaError, SagaRow};
use crate::{Subscription, View};

/// The instances of a saga, for people: what there are, what one has been through, and what can be done
/// about one. A cheap handle, which may outlive the app.
///
/// ```
/// # use factum_core::saga::Saga;
/// # use factum_projections::{SagaError, SagaRow, Sagas};
/// # async fn f<Order: Saga>(orders: Sagas<Order>) -> Result<(), SagaError> {
/// for row in orders.rows().filter(SagaRow::STATUS.eq("stuck")).all().await? {
///     println!("{} is stuck: {}", row.id(), row.instance().reason().unwrap_or_default());
///     for moment in orders.timeline(row.id()).await? {
///         println!("  {}", moment.event);
///     }
///     orders.retry(row.id(), "alice").await?;
/// }
/// # Ok(()) }
/// ```
pub struct Sagas<S: Saga> {
    parts: Option<Arc<Parts<S>>>,
}

struct Parts<S: Saga> {
    driver: Arc<Driver<S>>,
    rows: View<SagaRow<S>>,
    inbox: Subscription,
    store: Arc<dyn EventStore>,
}

impl<S: Saga> Clone for Sagas<S> {
    fn clone(&self) -> Self {
        Self { parts: self.parts.clone() }
    }
}

impl<S: Saga> fmt::Debug for Sagas<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sagas").field("saga", &S::NAME).finish_non_exhaustive()
    }
}

impl<S: Saga> Sagas<S> {
    pub(super) fn new(
        driver: Arc<Driver<S>>,
        rows: View<SagaRow<S>>,
        inbox: Subscription,
        store: Arc<dyn EventStore>,
    ) -> Self {
        Self { parts: Some(Arc::new(Parts { driver, rows, inbox, store })) }
    }

    /// Those of a saga that nobody runs: all that is asked gives [`SagaError::Missing`].
    pub const fn missing() -> Self {
        Self { parts: None }
    }

    /// The rows of the instances, a view like any other.
    pub fn rows(&self) -> View<SagaRow<S>> {
        self.parts.as_ref().map_or_else(View::missing, |parts| parts.rows.clone())
    }

    /// How far the saga has heard the log, and the events that instances could not take in.
    pub fn inbox(&self) -> Subscription {
        let inbox = self.parts.as_ref().map(|parts| parts.inbox.clone());
        inbox.unwrap_or_else(|| Subscription::missing(S::INBOX))
    }

    /// An instance as it is now; none if it was never begun. Cancellation-safe.
    ///
    /// # Errors
    /// [`SagaError`] if it could not be read.
    pub async fn get(&self, id: &(impl AsId + ?Sized)) -> Result<Option<Instance>, SagaError> {
        let (driver, id) = (self.driver()?, id.as_id());
        let loaded = driver.dispatcher().events().load(&*id).await;
        let loaded = loaded.map_err(|source| history::<S>(&id, source))?;
        Ok(loaded.map(|loaded| loaded.state.instance().clone()))
    }

    /// All that happened to an instance, oldest first: what it heard, sent, waited for and undid.
    /// Cancellation-safe.
    ///
    /// # Errors
    /// [`SagaError`] if it could not be read.
    pub async fn timeline(
        &self,
        id: &(impl AsId + ?Sized),
    ) -> Result<Vec<Stored<SagaEvent>>, SagaError> {
        let (driver, id) = (self.driver()?, id.as_id());
        let failed = |source| history::<S>(&id, source);
        let mut history = driver.dispatcher().events().history(&*id).map_err(failed)?;
        let mut events = Vec::new();
        while let Some(event) = history.next().await {
            events.push(event.map_err(failed)?);
        }
        Ok(events)
    }

    /// Waits until an instance has begun and then ended, or is stuck, however long that takes. The
    /// instance as it is then. Cancellation-safe.
    ///
    /// # Errors
    /// [`SagaError`] if what happens to it could not be read.
    pub async fn ended(&self, id: &(impl AsId + ?Sized)) -> Result<Instance, SagaError> {
        let (parts, id) = (self.parts()?, id.as_id());
        let stream =
            StreamName::of(S::CATEGORY, &id).map_err(|bad| history::<S>(&id, bad.into()))?;
        let events = parts.driver.dispatcher().events();
        loop {
            let loaded = events.load(&*id).await.map_err(|source| history::<S>(&id, source))?;
            let (instance, mark) =
                loaded.map(|loaded| (loaded.state.instance().clone(), loaded.mark)).unzip();
            let ended = |instance: &Instance| {
                let status = instance.status();
                status.is_over() || status == Status::Stuck
            };
            if let Some(instance) = instance.filter(ended) {
                return Ok(instance);
            }
            let mut tail = parts.store.tail(Query::Stream(stream.clone()), mark);
            loop {
                match tail.next().await {
                    Some(Ok(Tailed::Events(_))) => break,
                    Some(Ok(Tailed::Progress(_))) => {}
                    Some(Err(error)) if error.is_transient() => {}
                    Some(Err(error)) => return Err(history::<S>(&id, error.into())),
                    None => return Err(history::<S>(&id, StoreError::Closed.into())),
                }
            }
        }
    }

    /// Tries again what an instance is stuck at, or waits to try again; who wants it is written down.
    /// Events that could not be taken in are delivered again. Dropped before its end it may have been done
    /// or not: call it again.
    ///
    /// # Errors
    /// [`SagaError`] if there is nothing to try again.
    pub async fn retry(&self, id: &(impl AsId + ?Sized), by: &str) -> Result<(), SagaError> {
        self.operate(&id.as_id(), Operation::Retry, by).await
    }

    /// Goes on without what an instance is stuck at, or waits to try again: as if the command had been
    /// accepted and needed no undoing, or the event had come to nothing.
    ///
    /// # Errors
    /// [`SagaError`] if there is nothing to skip.
    pub async fn skip(&self, id: &(impl AsId + ?Sized), by: &str) -> Result<(), SagaError> {
        self.operate(&id.as_id(), Operation::Skip, by).await
    }

    /// Gives an instance up: what is registered is undone now. A command that may have been sent is
    /// answered first.
    ///
    /// # Errors
    /// [`SagaError`] if it has ended, or is being undone already.
    pub async fn compensate(&self, id: &(impl AsId + ?Sized), by: &str) -> Result<(), SagaError> {
        self.operate(&id.as_id(), Operation::Compensate, by).await
    }

    async fn operate(&self, id: &str, operation: Operation, by: &str) -> Result<(), SagaError> {
        let parts = self.parts()?;
        let operated = parts.driver.operate(id, operation, by).await;
        let (lane, parked) = (format!("{}-{id}", S::CATEGORY), parts.inbox.parked());
        // Whoever tries again takes the saga over from another process.
        let waits = parked.count(&lane).await? > 0;
        match operated {
            // What is parked may wait for nothing else.
            Err(SendError::Rejected(
                ProcessError::NothingToDo(_) | ProcessError::Over(_) | ProcessError::Missing,
            )) if waits && operation == Operation::Retry => {}
            operated => operated.map_err(|source| SagaError::Instance {
                saga: S::NAME,
                instance: id.to_owned(),
                source: Box::new(source),
            })?,
        }
        if waits {
            parked.retry_stream(&lane).await?;
        }
        Ok(())
    }

    fn driver(&self) -> Result<&Driver<S>, SagaError> {
        Ok(&self.parts()?.driver)
    }

    fn parts(&self) -> Result<&Parts<S>, SagaError> {
        self.parts.as_deref().ok_or(SagaError::Missing { saga: S::NAME })
    }
}

fn history<S: Saga>(instance: &str, source: LoadError) -> SagaError {
    let (instance, source) = (instance.to_owned(), Box::new(source));
    SagaError::History { saga: S::NAME, instance, source }
}
