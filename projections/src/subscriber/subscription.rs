use std::fmt;
use std::sync::Arc;

use factum_core::StreamName;
use factum_core::store::Position;
use tokio::sync::{mpsc, oneshot, watch};

use super::SubscriberError;
use super::kept::{Kept, Wanted};
use super::orders::{Answer, Order};
use super::status::State;
use crate::{ParkedEvent, Retried};

/// What a subscriber is about: how far it is, and what it has parked. A cheap handle, which may outlive
/// the subscriber.
#[derive(Clone)]
pub struct Subscription {
    name: Arc<str>,
    kept: Option<Arc<Kept>>,
    state: watch::Receiver<State>,
    orders: mpsc::Sender<Order>,
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subscription({}, reached {})", self.name, self.reached())
    }
}

impl Subscription {
    pub(super) fn new(
        name: &str,
        kept: Arc<Kept>,
        state: watch::Receiver<State>,
        orders: mpsc::Sender<Order>,
    ) -> Self {
        Self { name: name.into(), kept: Some(kept), state, orders }
    }

    /// That of a subscriber that nobody runs: all that is asked of it gives
    /// [`SubscriberError::Missing`].
    pub fn missing(name: &str) -> Self {
        let missing = SubscriberError::Missing { subscriber: name.to_owned() };
        let (_, state) = watch::channel(State::ended(missing));
        // Nobody takes an order.
        let (orders, _) = mpsc::channel(1);
        Self { name: name.into(), kept: None, state, orders }
    }

    /// The subscriber's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How far it is: everything up to here is done or parked.
    pub fn reached(&self) -> Position {
        self.state.borrow().reached
    }

    /// What keeps it from going on, though it may pass, and why it has ended, if it has.
    pub fn trouble(&self) -> Option<SubscriberError> {
        let state = self.state.borrow();
        state.ended.clone().or_else(|| state.trouble.clone())
    }

    /// Waits until everything up to the position is done or parked, however long that takes.
    /// Cancellation-safe.
    ///
    /// # Errors
    /// Why the subscriber ended before.
    pub async fn wait(&self, wanted: Position) -> Result<(), SubscriberError> {
        let mut state = self.state.clone();
        let there = |state: &State| state.reached >= wanted || state.ended.is_some();
        match state.wait_for(there).await {
            Ok(state) => match &state.ended {
                Some(error) if state.reached < wanted || error.is_rewound() => Err(error.clone()),
                _ => Ok(()),
            },
            Err(_) => Err(self.stopped()),
        }
    }

    /// What it could not deliver, and what waits behind that.
    pub fn parked(&self) -> ParkedDeliveries {
        ParkedDeliveries { of: self.clone() }
    }

    /// It was aborted, and could not say so.
    fn stopped(&self) -> SubscriberError {
        SubscriberError::Stopped { subscriber: self.name.to_string() }
    }

    async fn order<T>(&self, order: impl FnOnce(Answer<T>) -> Order) -> Result<T, SubscriberError> {
        let (answer, answered) = oneshot::channel();
        if self.orders.send(order(answer)).await.is_ok()
            && let Ok(answered) = answered.await
        {
            return answered;
        }
        let mut state = self.state.clone();
        let ended = state.wait_for(|state| state.ended.is_some()).await;
        Err(ended.ok().and_then(|state| state.ended.clone()).unwrap_or_else(|| self.stopped()))
    }
}

/// The events that a subscriber could not deliver, or that wait behind such a one of their stream, and
/// what can be done about them. The subscriber goes on with all other streams meanwhile; parked events
/// are tried again only when somebody says so.
///
/// ```
/// # use factum_projections::{SubscriberError, Subscription};
/// # async fn f(mails: Subscription) -> Result<(), SubscriberError> {
/// for event in mails.parked().list(10).await? {
///     println!("{} of {}: {:?}", event.name, event.stream, event.problem);
/// }
/// let retried = mails.parked().retry_stream("upload-cat.png").await?;
/// println!("{} delivered, {} left", retried.taken, retried.left);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct ParkedDeliveries {
    of: Subscription,
}

impl ParkedDeliveries {
    /// The first of them, in the order of the log. Cancellation-safe.
    ///
    /// # Errors
    /// [`SubscriberError`] if they could not be read.
    pub async fn list(&self, limit: usize) -> Result<Vec<ParkedEvent>, SubscriberError> {
        let Some(kept) = &self.of.kept else {
            return Err(SubscriberError::Missing { subscriber: self.of.name.to_string() });
        };
        kept.parked(Wanted { limit, ..Wanted::default() }).await
    }

    /// How many of one stream, `category-id`, are parked. Cancellation-safe.
    ///
    /// # Errors
    /// [`SubscriberError`] if they could not be counted.
    pub async fn count(&self, stream: &str) -> Result<usize, SubscriberError> {
        let Some(kept) = &self.of.kept else {
            return Err(SubscriberError::Missing { subscriber: self.of.name.to_string() });
        };
        // Of what is no name of a stream nothing can be parked.
        let Ok(stream) = StreamName::new(stream) else { return Ok(0) };
        kept.count(&stream).await
    }

    /// Tries all of them again, each stream in order, until one fails: it stays with what waits behind
    /// it. What comes for these streams meanwhile is tried as well. Dropping the future leaves the rest
    /// of it to the subscriber.
    ///
    /// # Errors
    /// [`SubscriberError`] if the subscriber has ended, or what is parked could not be read or written.
    pub async fn retry(&self) -> Result<Retried, SubscriberError> {
        self.of.order(|answer| Order::Retry { stream: None, answer }).await
    }

    /// The same for those of one stream, `category-id`.
    ///
    /// # Errors
    /// As [`retry`](Self::retry).
    pub async fn retry_stream(&self, stream: &str) -> Result<Retried, SubscriberError> {
        // Of what is no name of a stream nothing can be parked.
        let Ok(stream) = StreamName::new(stream) else { return Ok(Retried::default()) };
        self.of.order(|answer| Order::Retry { stream: Some(stream), answer }).await
    }

    /// Gives the event at a position up: it will not be delivered, but for what a crash repeats. What
    /// waited behind it is tried with the next retry. Whether it was parked.
    ///
    /// # Errors
    /// As [`retry`](Self::retry).
    pub async fn discard(&self, position: Position) -> Result<bool, SubscriberError> {
        self.of.order(|answer| Order::Discard { position, answer }).await
    }
}
