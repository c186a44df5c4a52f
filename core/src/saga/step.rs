use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

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
    /// Does it. It may be dropped at any await, when the app is stopped or dropped, or another process takes
    /// the saga over; it is called again then.
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
    retry_after: Option<Duration>,
}

impl StepError {
    /// It was not done, and will not be.
    pub fn refused(problem: impl fmt::Display) -> Self {
        Self { problem: format!("{problem:#}"), passing: false, retry_after: None }
    }

    /// It may go through another time.
    pub fn passing(problem: impl fmt::Display) -> Self {
        Self { problem: format!("{problem:#}"), passing: true, retry_after: None }
    }

    /// It is to be tried again not before this time, as a circuit breaker or the other side has said. The
    /// pauses of the saga's settings go on to count.
    #[must_use]
    pub fn retry_after(self, pause: Duration) -> Self {
        Self { retry_after: Some(pause), ..self }
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
                    Ok(Err(error)) if error.passing => failed(error.problem, error.retry_after),
                    Ok(Err(error)) => Outcome::Refused(error.problem),
                    Err(panic) => {
                        failed(format!("`run` panicked: {}", panic::message(&*panic)), None)
                    }
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
fn failed(problem: String, retry_after: Option<Duration>) -> Outcome {
    Outcome::Failed { problem, in_doubt: false, retry_after }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::codec::Form;
    use crate::saga::Json;

    #[derive(Serialize, Deserialize)]
    struct Charge {
        order: String,
    }

    impl Command for Charge {
        const NAME: &'static str = "payment.charge";
        const SHAPE: u32 = 1;
        fn id(&self) -> Cow<'_, str> {
            Cow::Borrowed(&self.order)
        }
        fn form() -> Form<Self> {
            Form::serde()
        }
    }

    struct Away(StepError);

    impl Step<Charge> for Away {
        async fn run(&self, _: &Charge, _: &Once) -> Result<(), StepError> {
            Err(self.0.clone())
        }
    }

    fn outcome(error: StepError) -> Outcome {
        let fields = Json::of(Charge::form(), &Charge { order: "a".to_owned() }).unwrap();
        let envelope = Envelope {
            id: Key::from_bytes([1; 16]),
            tried: 0,
            is_unsent: false,
            correlation: Uuid::nil(),
            causation: None,
            sender: "saga.order-a".into(),
        };
        let calls = Calls::<Charge>::by(Away(error));
        (calls.dispatch)(&fields, envelope).unwrap().now_or_never().unwrap()
    }

    #[test]
    fn a_step_says_when_to_come_back() {
        let pause = Duration::from_secs(3);
        let problem = || "away".to_owned();
        let failed =
            |retry_after| Outcome::Failed { problem: problem(), in_doubt: false, retry_after };
        let passing = StepError::passing("away");
        assert_eq!(outcome(passing.clone()), failed(None));
        assert_eq!(outcome(passing.retry_after(pause)), failed(Some(pause)));
        assert_eq!(outcome(StepError::refused("away")), Outcome::Refused(problem()));
    }
}
