use factum_core::names::BadName;
use factum_core::store::StoreError;
use factum_core::view::ViewError;
use factum_projections::{ProjectionError, SagaError, SubscriberError};

/// Why an app does not start.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A view could not be opened.
    #[error(transparent)]
    View(#[from] ViewError),
    /// A subscriber could not be started.
    #[error(transparent)]
    Subscriber(#[from] SubscriberError),
    /// A saga could not be started: what receives its commands is missing, or a place for it.
    #[error(transparent)]
    Saga(Box<SagaError>),
    /// Two types have one persisted name.
    #[error("{first} and {second} are both the {what} `{name}`: give one of them another name")]
    SameName {
        /// What they are: aggregate, command, event, context or projection. The events of a
        /// context are all in one enum, which aggregates and projections may share.
        what: &'static str,
        /// The name.
        name: &'static str,
        /// The one Rust type.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// Two aggregates list one command.
    #[error(
        "{first} and {second} both list the command `{command}`: take it out of the `commands(…)` of \
         one, and give that one a command of its own"
    )]
    SeveralReceivers {
        /// The command's name.
        command: &'static str,
        /// The Rust type of the one aggregate.
        first: &'static str,
        /// That of the other.
        second: &'static str,
    },
    /// One name is used for two things that keep a checkpoint under it.
    #[error(
        "there are two consumers `{name}`, of {first} and {second}: give one of them another name"
    )]
    SameConsumer {
        /// The name.
        name: &'static str,
        /// The Rust type of the one projection or handler.
        first: &'static str,
        /// That of the other, which may be the same.
        second: &'static str,
    },
    /// A name that cannot be persisted.
    #[error("{of}: {problem}")]
    BadName {
        /// The Rust type that has it.
        of: &'static str,
        /// What is wrong with it.
        problem: BadName,
    },
    /// The store cannot do what a part of the app needs.
    #[error(
        "{of} needs {what}, which the {backend} store cannot do: run the app on a store that can, \
         such as the embedded one"
    )]
    Unsupported {
        /// The Rust type that needs it.
        of: &'static str,
        /// What it needs.
        what: &'static str,
        /// The store's backend.
        backend: &'static str,
    },
    /// A setting of the guard makes no sense.
    #[cfg(feature = "guard")]
    #[error("the guard of the store: {0}")]
    Guard(#[from] factum_stores::guarded::BadGuard),
    /// There is no runtime to work on.
    #[error("the app needs a tokio runtime: start it inside of one")]
    NoRuntime,
}

/// What had gone wrong by the time an app stopped.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StopError {
    /// A projection had ended before, could not commit, or was cut short.
    #[error(transparent)]
    Projection(#[from] ProjectionError),
    /// A subscriber had ended before, could not save how far it is, or was cut short.
    #[error(transparent)]
    Subscriber(#[from] SubscriberError),
}

impl From<SagaError> for StartError {
    fn from(error: SagaError) -> Self {
        Self::Saga(Box::new(error))
    }
}
