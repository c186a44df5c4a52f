use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use factum::time::{Clock, Ids};
use factum::{Key, Timestamp};
use tokio::time::Instant;

/// The moment at which every simulation begins: 2026-01-01.
const BEGIN: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);

/// The time of the simulation, which is tokio's and can be put forward.
#[derive(Clone, Debug)]
pub struct SimClock {
    begun: Instant,
    skipped: Arc<AtomicI64>,
}

impl SimClock {
    /// One that begins now.
    pub fn new() -> Self {
        Self { begun: Instant::now(), skipped: Arc::default() }
    }

    /// Puts it forward, without that anybody's sleep ends.
    pub fn skip(&self, time: Duration) {
        let micros = i64::try_from(time.as_micros()).unwrap();
        self.skipped.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Default for SimClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        let skipped = u64::try_from(self.skipped.load(Ordering::SeqCst)).unwrap();
        BEGIN.plus(self.begun.elapsed()).plus(Duration::from_micros(skipped))
    }
}

/// Ids one after another.
#[derive(Clone, Debug, Default)]
pub struct SimIds {
    next: Arc<AtomicU64>,
}

impl Ids for SimIds {
    fn next(&self) -> Key {
        let number = self.next.fetch_add(1, Ordering::SeqCst);
        Key::from_bytes([0x51; 16]).derive(&number.to_string())
    }
}
