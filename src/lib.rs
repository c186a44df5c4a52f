#![doc = include_str!("../README.md")]

#[doc(hidden)]
pub mod __private;
mod app;
mod derives;
pub mod prelude;
pub mod schema;
pub mod stores;

pub use app::{
    App, AppBuilder, AppStatus, StartError, StopError, StopWithinError, Unfinished, WeakApp,
};
pub use derives::{Aggregate, Command, Event, Id, Projection, Saga};
pub use factum_core as core;
pub use factum_core::pipeline::{Done, EventLog, LoadError, SendError, Sending};
pub use factum_core::saga::{Answer, Answered, React, Reaction, Saga};
#[cfg(feature = "testing")]
pub use factum_core::testing;
pub use factum_core::{
    Aggregate, Apply, BadId, BadName, Command, Commands, Context, Decision, Event, EventId,
    EventName, EventType, Events, Handle, Id, Key, Mark, Origin, Position, Project, Projection,
    SentTo, Stored, StreamName, Tag, Tags, Timestamp, emit, require,
};
pub use factum_core::{
    codec, event, names, pipeline, projection, saga, snapshot, store, time, upcast, view,
};
#[cfg(feature = "metrics")]
pub use factum_projections::metrics;
pub use factum_projections::status;
pub use factum_projections::{ConsumerStatus, Health, HealthBounds};
pub use factum_projections::{
    EventProblem, FailedDelivery, FailedEvent, Find, Parked, ParkedDeliveries, ParkedEvent,
    Placement, ProjectionError, QueryError, Rebuild, Rebuilding, Retried, SagaError, SagaRow,
    SagaSettings, Sagas, Subscribe, Subscriber, SubscriberError, Subscription, Verdict, View,
    Watch,
};
#[cfg(feature = "resilience")]
pub use factum_resilience as resilience;
