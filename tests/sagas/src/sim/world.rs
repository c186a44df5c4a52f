use std::sync::Arc;
use std::time::Duration;

use factum::App;
use factum::SagaSettings;
use factum::stores::faulty::{Faults, Faulty};
use factum::stores::{MemoryRowStore, MemoryStore};
use tokio::time::sleep;

use super::{Life, MortalRows, MortalStore, Plan, SimClock, SimIds};
use crate::bank::{Account, Transfers};
use crate::shop::{Charge, Order, Orders, Payments, Provider, Refund, Stock};

/// What outlives the processes: the log, the rows, the provider of payments, and time.
#[derive(Debug)]
pub struct World {
    pub log: MemoryStore,
    faulty: Faulty,
    rows: Option<MemoryRowStore>,
    pub clock: SimClock,
    ids: SimIds,
    pub provider: Provider,
    shared: bool,
}

/// Where a saga's rows, and how far it has heard, are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the process: they are gone with it.
    Process,
    /// Where they survive it.
    Outside,
    /// There, and several processes work on one log at the same time.
    Shared,
}

impl World {
    pub fn new(seed: u64, plan: &Plan) -> Self {
        let Plan { place, provider: (faults, declines), .. } = *plan;
        let log = MemoryStore::new();
        Self {
            faulty: Faulty::new(Arc::new(log.clone()), seed),
            log,
            rows: (place != Place::Process).then(MemoryRowStore::new),
            clock: SimClock::new(),
            ids: SimIds::default(),
            provider: Provider::new(seed, faults, declines),
            shared: place == Place::Shared,
        }
    }

    /// Whether several processes work on the log at the same time.
    pub fn is_shared(&self) -> bool {
        self.shared
    }

    /// Changes what goes wrong with the log from now on.
    pub fn set(&self, faults: Faults) {
        self.faulty.set(faults);
    }

    /// Starts a process, however often that takes.
    pub async fn start(&self, life: &Life) -> App {
        loop {
            let log = Arc::new(self.faulty.clone());
            let log = MortalStore::new(life.clone(), log, self.shared);
            let payments = Payments { provider: self.provider.clone(), life: life.clone() };
            let settings = || {
                let pauses = (Duration::from_millis(50), Duration::from_secs(1));
                SagaSettings::default().attempts(5).backoff(pauses.0, pauses.1)
            };
            let mut app = App::with_store(log)
                .clock(self.clock.clone())
                .ids(self.ids.clone())
                .aggregate::<Account>()
                .aggregate::<Order>()
                .aggregate::<Stock>()
                .step::<Charge>(payments.clone())
                .step::<Refund>(payments)
                .saga_with::<Transfers>(settings())
                .saga_with::<Orders>(settings());
            if let Some(rows) = &self.rows {
                app = app.views_in(Arc::new(MortalRows::new(life.clone(), Arc::new(rows.clone()))));
            }
            match app.start().await {
                Ok(app) => return app,
                Err(_) => sleep(Duration::from_millis(100)).await,
            }
        }
    }
}
