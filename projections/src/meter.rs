//! What a slice of a consumer tells of itself by the crate `metrics`, as [`crate::metrics`] lists it; nothing, and at
//! no cost, without the feature.

use std::time::Duration;

use factum_core::store::Position;
use factum_core::view::ViewId;

use crate::status::ConsumerKind;

#[cfg(not(feature = "metrics"))]
#[derive(Clone, Debug)]
pub(crate) struct Meter;

#[cfg(not(feature = "metrics"))]
impl Meter {
    pub(crate) fn new(_: ConsumerKind, _: ViewId, _: u16) -> Self {
        Self
    }
    pub(crate) fn took(&self) {}
    pub(crate) fn left(&self) {}
    pub(crate) fn reached(&self, _: Position, _: u64) {}
    pub(crate) fn lags(&self, _: Duration) {}
    pub(crate) fn committed(&self, _: Duration) {}
    pub(crate) fn tried_again(&self) {}
    pub(crate) fn parked(&self, _: usize) {}
}

#[cfg(feature = "metrics")]
pub(crate) use with_metrics::Meter;

#[cfg(feature = "metrics")]
mod with_metrics {
    use metrics::{Counter, Gauge, Histogram, Label, counter, gauge, histogram};

    use super::{ConsumerKind, Duration, Position, ViewId};
    use crate::metrics::{
        COMMIT_SECONDS, COMMITS, EVENTS, LAG_SECONDS, OWNED, OWNER_CHANGES, PARKED, POSITION,
        RETRIES,
    };

    #[derive(Clone, Debug)]
    pub(crate) struct Meter {
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
        pub(crate) fn new(kind: ConsumerKind, view: ViewId, slice: u16) -> Self {
            let labels = vec![
                Label::new("kind", kind.as_str()),
                Label::new("consumer", view.name),
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

        pub(crate) fn took(&self) {
            self.owned.set(1.0);
            self.owner_changes.increment(1);
        }

        pub(crate) fn left(&self) {
            self.owned.set(0.0);
            self.owner_changes.increment(1);
            // What is parked is counted by whoever has the slice.
            self.parked.set(0.0);
        }

        /// Everything up to here is taken in, so many events since the last time.
        pub(crate) fn reached(&self, position: Position, events: u64) {
            self.position.set(position.number() as f64);
            self.events.increment(events);
        }

        /// How old what was taken in last was then.
        pub(crate) fn lags(&self, age: Duration) {
            self.lag.set(age.as_secs_f64());
        }

        pub(crate) fn committed(&self, took: Duration) {
            self.commits.increment(1);
            self.commit_seconds.record(took.as_secs_f64());
        }

        pub(crate) fn tried_again(&self) {
            self.retries.increment(1);
        }

        pub(crate) fn parked(&self, events: usize) {
            self.parked.set(events as f64);
        }
    }
}
