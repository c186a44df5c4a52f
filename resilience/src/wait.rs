//! Waiting for a breaker.

use std::pin::Pin;

use crate::machine::Next;
use crate::sync::lock;
use crate::{Breaker, Sleep, State};

impl Breaker {
    /// Waits for the next change of state after this call; what it is in then. It may be dropped at any
    /// time. Changes that follow each other quickly may be seen as one; [`events`](Self::events) has
    /// each.
    pub fn changed(&self) -> impl Future<Output = State> + Send + use<> {
        let (breaker, seen) = (self.clone(), self.gate());
        async move {
            loop {
                let changed = breaker.0.changed.notified();
                let mut changed = std::pin::pin!(changed);
                // From here on no change is missed.
                changed.as_mut().enable();
                let gate = breaker.gate();
                if gate != seen {
                    return gate.state();
                }
                changed.await;
            }
        }
    }

    /// Waits until a call would be admitted. It may be dropped at any time; it takes no permit, so
    /// others may be quicker. While the breaker is forced open, this waits for somebody to change that.
    pub async fn ready(&self) {
        loop {
            let mut changed = std::pin::pin!(self.0.changed.notified());
            changed.as_mut().enable();
            let next = lock(&self.0.machine).next(&self.0.rules, self.0.time.nanos());
            match next {
                Next::Now => return,
                Next::Changed => changed.await,
                Next::At(at) => either(changed, self.0.time.sleep_until(at)).await,
            }
        }
    }
}

/// Waits for the one that comes first.
async fn either(mut one: Pin<&mut impl Future<Output = ()>>, mut other: Sleep) {
    std::future::poll_fn(|context| {
        let one = one.as_mut().poll(context);
        if one.is_ready() { one } else { other.as_mut().poll(context) }
    })
    .await
}
