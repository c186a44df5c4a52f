use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use factum_core::StreamName;
use factum_core::saga::{Saga, Unreadable};
use factum_core::store::{BoxFuture, Recorded};

use super::alarm::Alarm;
use super::driver::{Driver, Trouble};
use crate::subscriber::{Deliver, Tried, Verdict};

/// Has the instances of a saga hear what concerns them: a subscriber whose lanes are the instances.
pub(super) struct Inbox<S: Saga> {
    pub(super) driver: Arc<Driver<S>>,
    pub(super) alarm: Alarm<S>,
    /// Where the first event is that cannot be read and may be anybody's.
    pub(super) barrier: AtomicU64,
}

impl<S: Saga> Deliver for Inbox<S> {
    fn deliver(&self, event: Arc<Recorded>) -> BoxFuture<'static, Tried> {
        let driver = self.driver.clone();
        let barrier = self.barrier.load(Ordering::SeqCst);
        Box::pin(async move {
            // Whoever took it in now would take the one before for one that it has seen.
            if event.at.position.number() > barrier {
                let problem = format!("the event {barrier} before it cannot be read");
                return Tried::Failed(problem, Verdict::Retry);
            }
            let route = match driver.seat().hears.route(&event) {
                Ok(Some(route)) => route,
                Ok(None) => return Tried::Done,
                Err(bad) => return unreadable(&driver, &event, bad).await,
            };
            tried(driver.observe(event, route).await)
        })
    }

    fn lane(&self, event: &Recorded) -> Option<StreamName> {
        match self.driver.seat().hears.route(event) {
            Ok(route) => Some(lane_of::<S>(&route?.instance, event)),
            Err(Unreadable { instance: Some(instance), .. }) => {
                Some(lane_of::<S>(&instance, event))
            }
            Err(_) => {
                self.barrier.fetch_min(event.at.position.number(), Ordering::SeqCst);
                Some(event.at.stream.clone())
            }
        }
    }

    fn beside(&self) -> BoxFuture<'_, Infallible> {
        // Another process may have read it since.
        self.barrier.store(u64::MAX, Ordering::SeqCst);
        Box::pin(self.alarm.run())
    }
}

/// What no instance can be called after keeps the lane of its stream, and parks there.
fn lane_of<S: Saga>(instance: &str, event: &Recorded) -> StreamName {
    StreamName::of(S::CATEGORY, instance).unwrap_or_else(|_| event.at.stream.clone())
}

/// An event that this code cannot read stalls its instance, which it must not be missing from.
async fn unreadable<S: Saga>(driver: &Driver<S>, event: &Recorded, found: Unreadable) -> Tried {
    let Unreadable { instance, bad } = found;
    let problem = bad.problem.to_string();
    match instance {
        Some(instance) => tried(driver.stalls(&instance, problem, event.at.position).await),
        // It may be anybody's: what comes behind it waits until code comes that can read it.
        None => Tried::Failed(problem, Verdict::Retry),
    }
}

fn tried(led: Result<(), Trouble>) -> Tried {
    match led {
        Ok(()) => Tried::Done,
        Err(Trouble::Passing(problem)) => Tried::Failed(problem, Verdict::Retry),
        Err(Trouble::Stuck(problem) | Trouble::Lasting(problem)) => {
            Tried::Failed(problem, Verdict::Park)
        }
    }
}
