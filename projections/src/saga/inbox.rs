use std::convert::Infallible;
use std::sync::Arc;

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
}

impl<S: Saga> Deliver for Inbox<S> {
    fn deliver(&self, event: Arc<Recorded>) -> BoxFuture<'static, Tried> {
        let driver = self.driver.clone();
        Box::pin(async move {
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
            Ok(route) => StreamName::of(S::CATEGORY, &route?.instance).ok(),
            Err(Unreadable { instance: Some(instance), .. }) => {
                StreamName::of(S::CATEGORY, &instance).ok()
            }
            Err(_) => Some(event.at.stream.clone()),
        }
    }

    fn beside(&self) -> BoxFuture<'_, Infallible> {
        Box::pin(self.alarm.run())
    }
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
        Err(Trouble::Lasting(problem)) => Tried::Failed(problem, Verdict::Park),
    }
}
