use factum_core::pipeline::{LoadError, SendError};
use factum_core::saga::ProcessError;
use factum_core::view::ViewError;

use crate::{QueryError, SubscriberError};

/// Why a saga could not be started, asked, or told something.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SagaError {
    /// Nobody runs it.
    #[error("there is no saga {saga}: start the app with `.saga::<…>()`")]
    Missing {
        /// Which.
        saga: &'static str,
    },
    /// Nothing receives a command that it may send.
    #[error(
        "saga {saga} may send {command}, which goes to {receiver}, and the app has none: add it before \
         `.start()`"
    )]
    NoReceiver {
        /// Which saga.
        saga: &'static str,
        /// The command's persisted name.
        command: &'static str,
        /// What would receive it.
        receiver: String,
    },
    /// The app's store keeps no rows, in which timers are found.
    #[error(
        "saga {saga} needs a place for its timers and for how far it has heard, as the {backend} store \
         keeps no rows: name one, with `.views_in(…)`"
    )]
    NoPlace {
        /// Which saga.
        saga: &'static str,
        /// The backend of the app's store.
        backend: &'static str,
    },
    /// Its instances could not be asked or told.
    #[error("saga {saga}, instance {instance}: {source}")]
    Instance {
        /// Which saga.
        saga: &'static str,
        /// Which instance.
        instance: String,
        /// Why not.
        source: Box<SendError<ProcessError>>,
    },
    /// What was written about an instance could not be read.
    #[error("saga {saga}, instance {instance}: {source}")]
    History {
        /// Which saga.
        saga: &'static str,
        /// Which instance.
        instance: String,
        /// Why not.
        source: Box<LoadError>,
    },
    /// It cannot hear the log.
    #[error(transparent)]
    Inbox(Box<SubscriberError>),
    /// Its rows cannot be kept.
    #[error(transparent)]
    Rows(Box<ViewError>),
    /// Its rows could not be asked.
    #[error(transparent)]
    Query(Box<QueryError>),
}

impl From<SubscriberError> for SagaError {
    fn from(error: SubscriberError) -> Self {
        Self::Inbox(Box::new(error))
    }
}

impl From<QueryError> for SagaError {
    fn from(error: QueryError) -> Self {
        Self::Query(Box::new(error))
    }
}

impl From<ViewError> for SagaError {
    fn from(error: ViewError) -> Self {
        Self::Rows(Box::new(error))
    }
}
