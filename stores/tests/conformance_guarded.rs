//! A store behind a guard keeps the contract, also while the store inside fails now and then.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use factum_core::store::EventStore;
use factum_resilience::{BreakerSettings, RetrySettings};
use factum_stores::MemoryStore;
use factum_stores::faulty::{Faults, Faulty};
use factum_stores::guarded::{Guard, Guarded, Operation};

mod sound {
    use super::*;

    async fn guarded() -> Arc<dyn EventStore> {
        Arc::new(Guarded::new(Arc::new(MemoryStore::new()), Guard::default()).unwrap())
    }

    factum_stores::conformance!(guarded);
}

mod failing {
    use super::*;

    /// Every fifth call fails, or is late; enough tries hide that.
    async fn guarded() -> Arc<dyn EventStore> {
        let faulty = Faulty::new(Arc::new(MemoryStore::new()), 7);
        let delay_by = Duration::from_micros(200);
        faulty.set(Faults { before: 0.2, delay: 0.2, delay_by, ..Faults::default() });
        let operation = Operation {
            retry: Some(RetrySettings {
                attempts: 30,
                first: Duration::from_micros(50),
                cap: Duration::from_millis(1),
                ..RetrySettings::default()
            }),
            retry_share: Some(1.0),
            // What the suite expects are answers, so the breaker is not to open.
            breaker: Some(BreakerSettings { failure_rate: 1.0, ..BreakerSettings::default() }),
            ..Operation::default()
        };
        let guard = Guard {
            append: operation.clone(),
            read: operation.clone(),
            tail: operation,
            ..Guard::default()
        };
        Arc::new(Guarded::new(Arc::new(faulty), guard).unwrap())
    }

    factum_stores::conformance!(guarded);
}
