use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Lets those who drive one instance take turns within this process, so that none of its commands is
/// sent by two at once.
#[derive(Debug, Default)]
pub(super) struct Turns {
    instances: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// A turn, which ends when it is dropped.
pub(super) struct Turn<'a> {
    turns: &'a Turns,
    instance: &'a str,
    permit: Option<OwnedSemaphorePermit>,
}

impl Turns {
    /// Waits for the turn of an instance. First come, first served. Cancellation-safe.
    pub(super) async fn take<'a>(&'a self, instance: &'a str) -> Turn<'a> {
        let semaphore = {
            let mut instances = self.lock();
            let one = || Arc::new(Semaphore::new(1));
            instances.entry(instance.to_owned()).or_insert_with(one).clone()
        };
        let mut turn = Turn { turns: self, instance, permit: None };
        // It is never closed.
        turn.permit = semaphore.acquire_owned().await.ok();
        turn
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Semaphore>>> {
        self.instances.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        drop(self.permit.take());
        let mut instances = self.turns.lock();
        // Whoever waits has taken a share of it under this lock.
        if instances.get(self.instance).is_some_and(|one| Arc::strong_count(one) == 1) {
            instances.remove(self.instance);
        }
    }
}
