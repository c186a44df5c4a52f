//! What a subscriber tells by the crate `tracing`, as [`crate`] says; nothing, and at no cost, without
//! the feature.

use super::SubscriberError;

#[cfg(not(feature = "tracing"))]
pub(super) use silent::*;
#[cfg(feature = "tracing")]
pub(super) use traced::*;

#[cfg(not(feature = "tracing"))]
mod silent {
    use std::future::Future;

    use factum_core::store::Recorded;

    use super::SubscriberError;

    /// A try of a delivery.
    pub(in crate::subscriber) struct DeliverySpan;

    impl DeliverySpan {
        pub(in crate::subscriber) fn new(_: &'static str, _: &Recorded, _: u32) -> Self {
            Self
        }
        pub(in crate::subscriber) fn around<F: Future>(&self, delivery: F) -> F {
            delivery
        }
        pub(in crate::subscriber) fn failed(&self, _: &str) {}
    }

    pub(in crate::subscriber) fn parked(_: &'static str, _: &Recorded, _: Option<&str>) {}
    pub(in crate::subscriber) fn failing(_: &'static str, _: &Recorded, _: &str) {}
    pub(in crate::subscriber) fn trouble(_: &'static str, _: &SubscriberError) {}
    pub(in crate::subscriber) fn ended(_: &'static str, _: &Result<(), SubscriberError>) {}
}

#[cfg(feature = "tracing")]
mod traced {
    use std::future::Future;

    use factum_core::store::Recorded;
    use tracing::instrument::Instrumented;
    use tracing::{Instrument, Span, debug, debug_span, error, field, info, warn};

    use super::SubscriberError;

    /// A try of a delivery.
    pub(in crate::subscriber) struct DeliverySpan(Span);

    impl DeliverySpan {
        pub(in crate::subscriber) fn new(
            consumer: &'static str,
            event: &Recorded,
            attempt: u32,
        ) -> Self {
            let Recorded { at, name, .. } = event;
            Self(debug_span!(
                target: "factum",
                "factum.deliver",
                consumer,
                event = %name,
                position = at.position.number(),
                stream = %at.stream,
                attempt,
                correlation = %at.correlation(),
                causation = at.meta.causation.map(field::display),
                error = field::Empty,
            ))
        }

        pub(in crate::subscriber) fn around<F: Future>(&self, delivery: F) -> Instrumented<F> {
            delivery.instrument(self.0.clone())
        }

        pub(in crate::subscriber) fn failed(&self, problem: &str) {
            self.0.record("error", problem);
        }
    }

    /// An event parks: for a problem of its own, or behind another one.
    pub(in crate::subscriber) fn parked(
        consumer: &'static str,
        event: &Recorded,
        problem: Option<&str>,
    ) {
        let Recorded { at, name, .. } = event;
        let (position, stream) = (at.position.number(), field::display(&at.stream));
        let correlation = field::display(at.correlation());
        let causation = at.meta.causation.map(field::display);
        match problem {
            Some(problem) => warn!(
                target: "factum",
                consumer, event = %name, position, stream, problem, correlation, causation,
                "an event is parked"
            ),
            None => debug!(
                target: "factum",
                consumer, event = %name, position, stream, correlation, causation,
                "an event is parked behind another one"
            ),
        }
    }

    pub(in crate::subscriber) fn failing(consumer: &'static str, event: &Recorded, problem: &str) {
        let Recorded { at, name, .. } = event;
        warn!(
            target: "factum",
            consumer, event = %name, position = at.position.number(), stream = %at.stream, problem,
            correlation = %at.correlation(), causation = at.meta.causation.map(field::display),
            "a delivery failed and is tried again"
        );
    }

    pub(in crate::subscriber) fn trouble(consumer: &'static str, error: &SubscriberError) {
        warn!(target: "factum", consumer, error = %error, "a subscriber tries again what failed");
    }

    pub(in crate::subscriber) fn ended(
        consumer: &'static str,
        ended: &Result<(), SubscriberError>,
    ) {
        match ended {
            Ok(()) => info!(target: "factum", consumer, "the work of a subscriber is over"),
            Err(error) => {
                error!(target: "factum", consumer, error = %error, "the work of a subscriber has ended");
            }
        }
    }
}
