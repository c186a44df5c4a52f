use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use uuid::Uuid;

use super::{Dispatch, Envelope, Outcome};
use crate::{Command, Key, panic};

/// Does something outside for a saga: takes a payment, calls a carrier, sends a letter.
///
/// It is called **at least once**: again after a failure, and again after a crash. So that what is done
/// twice has one effect, hand [`Once::key`] on: it is the same each time and for ever, and most systems
/// that are worth calling take an idempotency key.
///
/// ```
/// # use factum_core::saga::{Once, Step, StepError};
/// # use factum_core::{Command, Key};
/// # trait Charge: Command { fn cents(&self) -> u64; }
/// # enum Declined { Card, Away }
/// # struct Provider;
/// # impl Provider { async fn charge(&self, key: Key, cents: u64) -> Result<(), Declined> { Ok(()) } }
/// struct Payments { provider: Provider }
///
/// # struct Of<C>(Payments, std::marker::PhantomData<fn() -> C>);
/// # impl<C> std::ops::Deref for Of<C> { type Target = Payments; fn deref(&self) -> &Payments { &self.0 } }
/// # impl<C: Charge> Step<C> for Of<C> {
/// // impl Step<Charge> for Payments {
///     async fn run(&self, charge: &C, once: &Once) -> Result<(), StepError> {
///         match self.provider.charge(once.key(), charge.cents()).await {
///             Ok(()) => Ok(()),
///             Err(Declined::Card) => Err(StepError::refused("the card was declined")),
///             Err(Declined::Away) => Err(StepError::passing("the provider is away")),
///         }
///     }
/// // }
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not carry out `{C}`",
    label = "`Step<{C}>` is missing",
    note = "write `impl Step<{C}> for {Self} {{ async fn run(&self, call: &{C}, once: &Once) -> Result<(), \
            StepError> {{ … }} }}`"
)]
pub trait Step<C: Command>: Send + Sync + 'static {
    /// Does it. It may be dropped at any await, when the app is dropped; it is called again then.
    ///
    /// # Errors
    /// [`StepError::refused`] if it was not done and will not be: the saga takes that as it takes a
    /// rejected command. [`StepError::passing`] if it is to be tried again; after the last try what undoes
    /// the step is done as well, as it may have happened: an undo must do nothing where nothing was done.
    fn run(&self, call: &C, once: &Once) -> impl Future<Output = Result<(), StepError>> + Send;
}

/// Why a step was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct StepError {
    problem: String,
    passing: bool,
}

impl StepError {
    /// It was not done, and will not be.
    pub fn refused(problem: impl fmt::Display) -> Self {
        Self { problem: format!("{problem:#}"), passing: false }
    }

    /// It may go through another time.
    pub fn passing(problem: impl fmt::Display) -> Self {
        Self { problem: format!("{problem:#}"), passing: true }
    }

    /// Whether it is to be tried again.
    pub fn is_passing(&self) -> bool {
        self.passing
    }
}

/// Which call of a step it is: the same call has the same key.
#[derive(Clone, Debug)]
pub struct Once {
    envelope: Envelope,
}

impl Once {
    /// The idempotency key: the same for each try of one call, and of no other call.
    pub fn key(&self) -> Key {
        self.envelope.id
    }

    /// How often it was tried before.
    pub fn tried(&self) -> u32 {
        self.envelope.tried
    }

    /// What the saga's instance belongs to.
    pub fn correlation(&self) -> Uuid {
        self.envelope.correlation
    }

    /// The saga and its instance, `saga.NAME-ID`.
    pub fn sender(&self) -> &str {
        &self.envelope.sender
    }
}

/// What carries out the commands of one type: a [`Step`] as an app keeps it.
pub struct Calls<C> {
    dispatch: Dispatch,
    command: std::marker::PhantomData<fn() -> C>,
}

impl<C> fmt::Debug for Calls<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Calls").finish_non_exhaustive()
    }
}

impl<C: Command> Calls<C> {
    /// By a step.
    pub fn by(step: impl Step<C>) -> Self {
        let step = Arc::new(step);
        let dispatch: Dispatch = Arc::new(move |fields, envelope| {
            let (step, command) = (step.clone(), fields.read(C::form())?);
            Ok(Box::pin(async move {
                let once = Once { envelope };
                // What a panic leaves half done is the step's own, as after a crash.
                let ran = AssertUnwindSafe(step.run(&command, &once)).catch_unwind().await;
                match ran {
                    Ok(Ok(())) => Outcome::Accepted,
                    Ok(Err(error)) if error.passing => failed(error.problem),
                    Ok(Err(error)) => Outcome::Refused(error.problem),
                    Err(panic) => failed(format!("`run` panicked: {}", panic::message(&*panic))),
                }
            }))
        });
        Self { dispatch, command: std::marker::PhantomData }
    }

    pub(super) fn dispatch(&self) -> Dispatch {
        self.dispatch.clone()
    }
}

/// It may have been done; what undoes it is there for that.
fn failed(problem: String) -> Outcome {
    Outcome::Failed { problem, in_doubt: false, retry_after: None }
}
