use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use factum::Key;
use factum::prelude::*;
use factum::saga::{Once, Step, StepError};
use fastrand::Rng;
use tokio::time::sleep;

use crate::sim::Life;

#[derive(Command, Serialize, Deserialize)]
#[command("payment.charge")]
pub struct Charge {
    #[id]
    pub order: String,
    pub item: String,
    pub cents: u64,
}

#[derive(Command, Serialize, Deserialize)]
#[command("payment.refund")]
pub struct Refund {
    #[id]
    pub order: String,
    pub cents: u64,
}

/// Takes payments and gives them back, somewhere else: it survives the processes that call it, knows
/// calls by their idempotency key, and fails by the dice.
#[derive(Clone, Debug)]
pub struct Provider {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug)]
struct Shared {
    rng: Rng,
    /// The chance of each fault.
    faults: f64,
    /// The chance that a card is declined.
    declines: f64,
    book: Book,
}

/// What the provider has done, by order and then by idempotency key.
#[derive(Clone, Debug, Default)]
pub struct Book {
    pub charges: BTreeMap<String, BTreeMap<Key, u64>>,
    pub refunds: BTreeMap<String, BTreeMap<Key, u64>>,
    declined: Vec<Key>,
}

impl Book {
    /// The cents that were taken for an order, and those that were given back.
    pub fn of(&self, order: &str) -> (u64, u64) {
        let sum = |book: &BTreeMap<String, BTreeMap<Key, u64>>| {
            book.get(order).map_or(0, |calls| calls.values().sum())
        };
        (sum(&self.charges), sum(&self.refunds))
    }
}

impl Provider {
    pub fn new(seed: u64, faults: f64, declines: f64) -> Self {
        let (rng, book) = (Rng::with_seed(seed), Book::default());
        Self { shared: Arc::new(Mutex::new(Shared { rng, faults, declines, book })) }
    }

    /// Changes how often it fails.
    pub fn set(&self, faults: f64) {
        self.shared().faults = faults;
    }

    pub fn book(&self) -> Book {
        self.shared().book.clone()
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap()
    }

    /// Something goes wrong, or only takes its time.
    async fn falter(&self, life: &Life) -> Result<(), StepError> {
        let (fault, pause) = {
            let shared = &mut *self.shared();
            let (faults, rng) = (shared.faults, &mut shared.rng);
            let mut falls = |chance: f64| (rng.f64() < chance).then(|| rng.u64(..));
            (falls(faults), falls(faults))
        };
        if let Some(dice) = pause {
            sleep(Duration::from_millis(dice % 3_000)).await;
        }
        life.awake().await;
        match fault {
            None => Ok(()),
            Some(dice) if dice % 4 == 0 => {
                // As a panic, but for the message on the terminal.
                std::panic::resume_unwind(Box::new("the code of the step panics"));
            }
            Some(_) => Err(StepError::passing("the provider is away")),
        }
    }

    fn charge(&self, call: &Charge, key: Key) -> Result<(), StepError> {
        let Shared { rng, declines, book, .. } = &mut *self.shared();
        let known = book.charges.get(&call.order).is_some_and(|calls| calls.contains_key(&key));
        if !known && (book.declined.contains(&key) || rng.f64() < *declines) {
            book.declined.push(key);
            return Err(StepError::refused("the card was declined"));
        }
        // What was given back before it was taken is not taken any more.
        if !book.refunds.contains_key(&call.order) {
            book.charges.entry(call.order.clone()).or_default().insert(key, call.cents);
        }
        Ok(())
    }

    fn refund(&self, call: &Refund, key: Key) {
        let Shared { book, .. } = &mut *self.shared();
        let cents = if book.charges.contains_key(&call.order) { call.cents } else { 0 };
        book.refunds.entry(call.order.clone()).or_default().entry(key).or_insert(cents);
    }
}

/// The provider, as a process calls it.
#[derive(Clone, Debug)]
pub struct Payments {
    pub provider: Provider,
    pub life: Life,
}

impl Step<Charge> for Payments {
    async fn run(&self, call: &Charge, once: &Once) -> Result<(), StepError> {
        self.provider.falter(&self.life).await?;
        self.provider.charge(call, once.key())?;
        self.provider.falter(&self.life).await
    }
}

impl Step<Refund> for Payments {
    async fn run(&self, call: &Refund, once: &Once) -> Result<(), StepError> {
        self.provider.falter(&self.life).await?;
        self.provider.refund(call, once.key());
        self.provider.falter(&self.life).await
    }
}
