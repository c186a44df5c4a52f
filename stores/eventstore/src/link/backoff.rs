//! How long to wait before the next attempt.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_millis(500);

/// Waits that grow from one attempt to the next.
#[derive(Debug)]
pub(crate) struct Backoff(Duration);

impl Default for Backoff {
    fn default() -> Self {
        Self(FIRST)
    }
}

impl Backoff {
    /// Waits, but not longer than `most`; the next time twice as long.
    pub(crate) async fn wait(&mut self, most: Duration) {
        tokio::time::sleep(self.0.min(most)).await;
        self.0 = LONGEST.min(self.0 * 2);
    }

    /// Begins again with a short wait, after an attempt that got somewhere.
    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }
}
