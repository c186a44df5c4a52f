//! What a slice tells of itself by the crate `metrics`, as [`crate::metrics`] lists it; nothing, and at
//! no cost, without the feature.

use std::time::Duration;

use factum_core::store::Position;
use factum_core::view::ViewId;

#[cfg(not(feature = "metrics"))]
#[derive(Clone, Debug)]
pub(super) struct Meter;

#[cfg(not(feature = "metrics"))]
impl Meter {
    pub(super) fn new(_: ViewId, _: u16) -> Self {
        Self
    }
    pub(super) fn took(&self) {}
    pub(super) fn left(&self) {}
    pub(super) fn reached(&self, _: Position, _: u64, _: Duration) {}
    pub(super) fn caught_up(&self) {}
    pub(super) fn committed(&self, _: Duration) {}
    pub(super) fn tried_again(&self) {}
    pub(super) fn parked(&self, _: usize) {}
}

#[cfg(feature = "metrics")]
pub(super) use with_metrics::Meter;

#[cfg(feature = "metrics")]
mod with_metrics {
    use metrics::{Counter, Gauge, Histogram, Label, counter, gauge, histogram};

    use super::{Duration, Position, ViewId};
    use crate::metrics::{
        COMMIT_SECONDS, COMMITS, EVENTS, LAG_SECONDS, OWNED, OWNER_CHANGES, PARKED, POSITION,
        RETRIES,
    };

    #[derive(Clone, Debug)]
    pub(in crate::runner) struct Meter {
        position: Gauge,
        lag: Gauge,
        events: Counter,
        commits: Counter,
        commit_seconds: Histogram,
        retries: Counter,
        parked: Gauge,
        owned: Gauge,
        owner_changes: Counter,
    }

    impl Meter {
        pub(in crate::runner) fn new(view: ViewId, slice: u16) -> Self {
            let labels = vec![
                Label::new("view", view.name),
                Label::new("build", format!("{}.{}", view.version, view.build)),
                Label::new("slice", slice.to_string()),
            ];
            Self {
                position: gauge!(POSITION, labels.clone()),
                lag: gauge!(LAG_SECONDS, labels.clone()),
                events: counter!(EVENTS, labels.clone()),
                commits: counter!(COMMITS, labels.clone()),
                commit_seconds: histogram!(COMMIT_SECONDS, labels.clone()),
                retries: counter!(RETRIES, labels.clone()),
                parked: gauge!(PARKED, labels.clone()),
                owned: gauge!(OWNED, labels.clone()),
                owner_changes: counter!(OWNER_CHANGES, labels),
            }
        }

        pub(in crate::runner) fn took(&self) {
            self.owned.set(1.0);
            self.owner_changes.increment(1);
        }

        pub(in crate::runner) fn left(&self) {
            self.owned.set(0.0);
            self.owner_changes.increment(1);
            // What is parked is counted by whoever has the slice.
            self.parked.set(0.0);
        }

        pub(in crate::runner) fn reached(&self, position: Position, events: u64, age: Duration) {
            self.position.set(position.number() as f64);
            self.events.increment(events);
            if events > 0 {
                self.lag.set(age.as_secs_f64());
            }
        }

        pub(in crate::runner) fn caught_up(&self) {
            self.lag.set(0.0);
        }

        pub(in crate::runner) fn committed(&self, took: Duration) {
            self.commits.increment(1);
            self.commit_seconds.record(took.as_secs_f64());
        }

        pub(in crate::runner) fn tried_again(&self) {
            self.retries.increment(1);
        }

        pub(in crate::runner) fn parked(&self, events: usize) {
            self.parked.set(events as f64);
        }
    }
}
