//! Why a call did not succeed.

use std::sync::Arc;
use std::time::Duration;

use crate::State;

/// A breaker refused a call; nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} is {state}{}", wait(.retry_after))]
pub struct Denied {
    /// The breaker's name.
    pub name: Arc<str>,
    /// What it was in.
    pub state: State,
    /// When to try again, as far as that is known: never for a breaker that is forced open.
    pub retry_after: Option<Duration>,
}

fn wait(after: &Option<Duration>) -> String {
    match after {
        Some(after) => format!(": try again in {after:?}"),
        None => String::new(),
    }
}

/// Why a call through a breaker did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Called<E> {
    /// It was not made.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// It was made, and failed with this.
    #[error("{0}")]
    Failed(E),
}

impl<E> Called<E> {
    /// The error of the call itself, if it was made.
    pub fn failed(self) -> Option<E> {
        match self {
            Self::Denied(_) => None,
            Self::Failed(error) => Some(error),
        }
    }
}
