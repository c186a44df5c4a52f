//! Consumers that share the work of reacting to events.
//!
//! *Problem.* Some work, such as sending mail, is to be spread over processes, and no event's turn
//! depends on another's. *Invariant.* Each event of a group is delivered until a consumer has dealt with
//! it or it is parked. *Shape.* The server's persistent subscriptions: it keeps the group's place and
//! hands out events, [`CompetingConsumer`] takes them and answers. As the client panics when the server
//! ends such a subscription in order, the call goes over a channel of our own.

mod consumer;
mod delivery;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use eventstore::{
    Error, PersistentSubscriptionOptions, PersistentSubscriptionToAllOptions,
    Position as LogPosition, StreamPosition, SubscriptionFilter,
};
use factum_core::StreamName;
use factum_core::store::{Mark, Position, StoreError};

pub use consumer::CompetingConsumer;
use consumer::Membership;
pub use delivery::Delivery;

use crate::link::Fault;
use crate::marks;
use crate::names;
use crate::shared::Shared;

/// The protocol has milliseconds in 32 bits: 24 days.
const LONGEST: Duration = Duration::from_millis(i32::MAX as u64);

/// How a consumer takes part in a group: what is left to say before [`start`](Self::start).
///
/// A group is known by its name, and by its stream if it has one. All consumers of a group, in any
/// number of processes, share its events. The server keeps what the group has dealt with.
///
/// **What it promises**: each event is delivered at least once, until it is acknowledged or parked. It
/// comes more than once after a lost connection, a restart of the server, or an answer that came too
/// late. There is no order, not even within one stream. Whoever deals with an event has to bear
/// repeats: its key and index say which it is.
///
/// **When to use something else**: a projection reads in order and counts each event exactly once, as
/// its rows and its place are stored together; a saga reacts exactly once, as its commands are
/// idempotent. Use those unless the work has to be spread over processes and is slow or done outside.
///
/// ```no_run
/// use factum_core::store::{Recorded, StoreError};
/// use factum_eventstore::EventStoreDb;
///
/// # async fn send_mail(_: &Recorded) -> Result<(), std::io::Error> { Ok(()) }
/// # async fn example() -> Result<(), StoreError> {
/// let store = EventStoreDb::connect("esdb://127.0.0.1:2113?tls=false").await?;
/// let mut consumer = store.competing("mailer").in_flight(32).start().await?;
/// loop {
///     let delivery = match consumer.next().await {
///         Ok(delivery) => delivery,
///         Err(StoreError::CorruptEvent { .. }) => continue, // It is parked.
///         Err(error) => return Err(error),
///     };
///     match send_mail(delivery.event()).await {
///         Ok(()) => delivery.ack(),
///         Err(error) => delivery.retry(&error.to_string()),
///     }
/// }
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "it does nothing before `start`"]
pub struct Competing {
    shared: Arc<Shared>,
    group: String,
    /// As the server calls it; `None` for all.
    stream: Option<String>,
    begin: Begin,
    in_flight: u16,
    answer_within: Duration,
    retries: u16,
}

/// Where a new group begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Begin {
    Start,
    After(Mark),
    End,
}

impl Competing {
    pub(crate) fn new(shared: Arc<Shared>, group: &str) -> Self {
        Self {
            shared,
            group: group.to_owned(),
            stream: None,
            begin: Begin::Start,
            in_flight: 10,
            answer_within: Duration::from_secs(30),
            retries: 10,
        }
    }

    /// Only the events of one stream, instead of all.
    pub fn stream(self, stream: &StreamName) -> Self {
        Self { stream: Some(names::on_server(stream).into_owned()), ..self }
    }

    /// Only events after a mark, instead of all that are stored. To be said by all consumers of the group.
    pub fn after(self, mark: Mark) -> Self {
        Self { begin: Begin::After(mark), ..self }
    }

    /// Only events that are appended after the group was made. Counts for the consumer that makes the
    /// group, which is the first to start.
    pub fn new_events(self) -> Self {
        Self { begin: Begin::End, ..self }
    }

    /// How many events this consumer may have without having answered them; 10 by default, at least 1.
    pub fn in_flight(self, events: u16) -> Self {
        Self { in_flight: events.max(1), ..self }
    }

    /// After how long without an answer an event is delivered again, possibly to another consumer; 30 s
    /// by default, 24 days at most. Counts for the consumer that makes the group.
    pub fn answer_within(self, limit: Duration) -> Self {
        Self { answer_within: limit.min(LONGEST), ..self }
    }

    /// How often an event is delivered again before it is parked; 10 by default. Counts for the consumer
    /// that makes the group.
    pub fn retries(self, times: u16) -> Self {
        Self { retries: times, ..self }
    }

    /// Makes the group if there is none, and takes part in it. Connections are made, and made again when
    /// they are lost, in the background.
    ///
    /// # Errors
    ///
    /// [`StoreError::Open`] if the server is too old for groups that are not of one stream, or the
    /// user may not make a group; [`StoreError::Unavailable`] if the server did not answer in time;
    /// [`StoreError::Rewound`] if the mark is not of this log; [`StoreError::Closed`].
    pub async fn start(self) -> Result<CompetingConsumer, StoreError> {
        let shared = &*self.shared;
        shared.check_open()?;
        if let Begin::After(mark) = self.begin {
            marks::check(shared, mark).await?;
        }
        match self.make_group().await {
            Ok(()) | Err(Fault::Client(Error::ResourceAlreadyExists)) => {}
            Err(fault) => return Err(fault.into_store(shared.link.place())),
        }
        let after = self.after_position();
        let Self { shared, group, stream, in_flight, .. } = self;
        Ok(CompetingConsumer::start(Membership { shared, stream, group, in_flight, after }))
    }

    /// Events up to here are no work of the group.
    fn after_position(&self) -> Option<u64> {
        match self.begin {
            Begin::After(mark) if mark.position != Position::START => Some(mark.position.number()),
            _ => None,
        }
    }

    /// May be done twice: then there is one.
    async fn make_group(&self) -> Result<(), Fault> {
        match &self.stream {
            Some(stream) => self.make_group_of(stream).await,
            None => self.make_group_of_all().await,
        }
    }

    async fn make_group_of(&self, stream: &str) -> Result<(), Fault> {
        let start = match self.begin {
            // The revision is not known: what comes before the mark is answered here.
            Begin::Start | Begin::After(_) => StreamPosition::Start,
            Begin::End => StreamPosition::End,
        };
        let options = PersistentSubscriptionOptions::default()
            .start_from(start)
            .message_timeout(self.answer_within)
            .max_retry_count(self.retries.into());
        let options =
            self.shared.link.authenticated(options, PersistentSubscriptionOptions::authenticated);
        let make = |client: eventstore::Client, left| {
            let options = options.clone().deadline(left);
            async move { client.create_persistent_subscription(stream, &self.group, &options).await }
        };
        self.shared.link.repeat(make).await
    }

    async fn make_group_of_all(&self) -> Result<(), Fault> {
        let start = match (self.begin, self.after_position()) {
            (Begin::End, _) => StreamPosition::End,
            (_, Some(at)) => StreamPosition::Position(LogPosition { commit: at, prepare: at }),
            (_, None) => StreamPosition::Start,
        };
        let options = PersistentSubscriptionToAllOptions::default()
            .start_from(start)
            .filter(SubscriptionFilter::on_stream_name().exclude_system_events())
            .message_timeout(self.answer_within)
            .max_retry_count(self.retries.into());
        let options = self
            .shared
            .link
            .authenticated(options, PersistentSubscriptionToAllOptions::authenticated);
        let make = |client: eventstore::Client, left| {
            let options = options.clone().deadline(left);
            async move { client.create_persistent_subscription_to_all(&self.group, &options).await }
        };
        self.shared.link.repeat(make).await
    }
}

#[cfg(test)]
mod tests;
