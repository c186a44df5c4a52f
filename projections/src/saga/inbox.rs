use std::convert::Infallible;
use std::sync::Arc;

use factum_core::StreamName;
use factum_core::saga::Saga;
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
                Err(bad) => return Tried::Failed(bad.problem.to_string(), Verdict::Park),
            };
            match driver.observe(event, route).await {
                Ok(()) => Tried::Done,
                Err(Trouble::Passing(problem)) => Tried::Failed(problem, Verdict::Retry),
                Err(Trouble::Lasting(problem)) => Tried::Failed(problem, Verdict::Park),
            }
        })
    }

    fn lane(&self, event: &Recorded) -> Option<StreamName> {
        match self.driver.seat().hears.route(event) {
            Ok(route) => StreamName::of(S::CATEGORY, &route?.instance).ok(),
            // It parks, and what comes behind it in its stream with it.
            Err(_) => Some(event.at.stream.clone()),
        }
    }

    fn beside(&self) -> BoxFuture<'_, Infallible> {
        Box::pin(self.alarm.run())
    }
}
