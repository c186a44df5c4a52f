use std::time::Duration;

use factum_core::saga::{Saga, Seat};

/// How a saga is run.
///
/// ```
/// # use std::time::Duration;
/// # use factum_projections::SagaSettings;
/// let settings = SagaSettings::default()
///     .attempts(5)
///     .backoff(Duration::from_millis(50), Duration::from_secs(10));
/// ```
#[derive(Clone, Debug)]
#[must_use = "settings do nothing by themselves"]
pub struct SagaSettings {
    attempts: u32,
    first_pause: Duration,
    longest_pause: Duration,
    pub(super) concurrency: usize,
    pub(super) from_now: bool,
}

impl Default for SagaSettings {
    fn default() -> Self {
        Self {
            attempts: 10,
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(60),
            concurrency: 128,
            from_now: false,
        }
    }
}

impl SagaSettings {
    /// How often a command is tried before it counts as failed: 10 times unless set. None is taken for
    /// one. What fails is undone; an undo that fails so often waits for a person.
    pub fn attempts(self, tries: u32) -> Self {
        Self { attempts: tries.max(1), ..self }
    }

    /// How long to wait before a command is tried again: `first` after the first try, then twice as long
    /// each time, up to `longest`. From 100 ms to 60 s unless set.
    pub fn backoff(self, first: Duration, longest: Duration) -> Self {
        Self { first_pause: first, longest_pause: longest, ..self }
    }

    /// How many instances are worked on at the same time: 128 unless set. None is taken for one.
    pub fn concurrency(self, instances: usize) -> Self {
        Self { concurrency: instances.max(1), ..self }
    }

    /// Hears what happens after its first start, instead of from the beginning of the log: for a saga that
    /// comes to a system which has been running without it. The first start is remembered.
    pub fn from_now(self) -> Self {
        Self { from_now: true, ..self }
    }

    pub(super) fn seat<S: Saga>(&self) -> Seat<S> {
        let Self { attempts, first_pause, longest_pause, .. } = *self;
        Seat { attempts, first_pause, longest_pause, ..Seat::default() }
    }
}
