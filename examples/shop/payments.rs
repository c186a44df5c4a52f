//! What takes and gives back money: two commands that go to no aggregate but to a step, and the step,
//! which calls the provider behind a circuit breaker.

use std::sync::Arc;

use factum::prelude::*;
use factum::resilience::{Breaker, Called, Verdict};
use factum::saga::{Once, Step, StepError};

use super::provider::{Provider, Trouble};

/// Takes money from a card. Whoever sends it tries the one to spare if that card is declined.
#[derive(Command, Debug, Serialize, Deserialize)]
#[command("payment.charge")]
pub struct Charge {
    #[id]
    pub order: String,
    pub card: String,
    pub spare: Option<String>,
    pub cents: u32,
}

/// Gives back what was taken for an order. Does nothing where nothing was.
#[derive(Command, Debug, Serialize, Deserialize)]
#[command("payment.refund")]
pub struct Refund {
    #[id]
    pub order: String,
}

#[derive(Clone)]
pub struct Payments {
    pub(crate) provider: Arc<Provider>,
    pub breaker: Breaker,
}

impl Payments {
    async fn call(&self, call: impl Future<Output = Result<(), Trouble>>) -> Result<(), StepError> {
        // A card that is declined says nothing against the provider.
        let judged = self.breaker.call_judged(call, |result| match result {
            Err(trouble) if !trouble.is_answer() => Verdict::Failure,
            _ => Verdict::Success,
        });
        match judged.await {
            Ok(()) => Ok(()),
            Err(Called::Failed(trouble)) if trouble.is_answer() => Err(StepError::refused(trouble)),
            Err(Called::Failed(trouble)) => Err(StepError::passing(trouble)),
            Err(Called::Denied(denied)) => {
                let pause = denied.retry_after.unwrap_or_default();
                Err(StepError::passing(denied).retry_after(pause))
            }
        }
    }
}

impl Step<Charge> for Payments {
    async fn run(&self, cmd: &Charge, once: &Once) -> Result<(), StepError> {
        let Charge { order, card, cents, .. } = cmd;
        self.call(self.provider.charge(once.key(), order, card, *cents)).await
    }
}

impl Step<Refund> for Payments {
    async fn run(&self, cmd: &Refund, _: &Once) -> Result<(), StepError> {
        self.call(self.provider.refund(&cmd.order)).await
    }
}
