//! What a projection tells by the crate `tracing`, as [`crate`] says; nothing, and at no cost, without
//! the feature.

use factum_core::store::Mark;

use super::ProjectionError;

/// From where to where a checkpoint moves.
type Moves = (Option<Mark>, Mark);

#[cfg(not(feature = "tracing"))]
pub(super) use silent::*;
#[cfg(feature = "tracing")]
pub(super) use traced::*;

#[cfg(not(feature = "tracing"))]
mod silent {
    use std::future::Future;

    use factum_core::Origin;
    use factum_core::store::Recorded;
    use factum_core::view::ViewId;

    use super::{Moves, ProjectionError};

    /// What an event belongs to.
    #[derive(Clone, Copy, Debug, Default)]
    pub(in crate::runner) struct Belongs {}

    impl Belongs {
        pub(in crate::runner) fn of(_: &Origin) -> Self {
            Self {}
        }
    }

    /// A commit on its way.
    pub(in crate::runner) struct CommitSpan;

    impl CommitSpan {
        pub(in crate::runner) fn new(_: ViewId, _: u16, _: Moves, _: u64, _: Belongs) -> Self {
            Self
        }
        pub(in crate::runner) fn around<F: Future>(&self, commit: F) -> F {
            commit
        }
    }

    pub(in crate::runner) fn parked(_: ViewId, _: u16, _: &Recorded, _: Option<&str>) {}
    pub(in crate::runner) fn trouble(_: ViewId, _: usize, _: &ProjectionError) {}
    pub(in crate::runner) fn ended(_: ViewId, _: u16, _: &Result<(), ProjectionError>) {}
}

#[cfg(feature = "tracing")]
mod traced {
    use std::future::Future;

    use factum_core::Origin;
    use factum_core::store::Recorded;
    use factum_core::view::ViewId;
    use tracing::instrument::Instrumented;
    use tracing::{Instrument, Span, debug, debug_span, error, field, info, warn};
    use uuid::Uuid;

    use super::{Moves, ProjectionError};

    /// What an event belongs to.
    #[derive(Clone, Copy, Debug, Default)]
    pub(in crate::runner) struct Belongs {
        correlation: Option<Uuid>,
        causation: Option<Uuid>,
    }

    impl Belongs {
        pub(in crate::runner) fn of(at: &Origin) -> Self {
            Self { correlation: Some(at.correlation()), causation: at.meta.causation }
        }
    }

    /// A commit on its way.
    pub(in crate::runner) struct CommitSpan(Span);

    impl CommitSpan {
        pub(in crate::runner) fn new(
            view: ViewId,
            slice: u16,
            (from, to): Moves,
            events: u64,
            belongs: Belongs,
        ) -> Self {
            Self(debug_span!(
                target: "factum",
                "factum.project",
                view = %view,
                slice,
                events,
                from = from.map_or(0, |from| from.position.number()),
                to = to.position.number(),
                correlation = belongs.correlation.map(field::display),
                causation = belongs.causation.map(field::display),
            ))
        }

        pub(in crate::runner) fn around<F: Future>(&self, commit: F) -> Instrumented<F> {
            commit.instrument(self.0.clone())
        }
    }

    /// An event parks: for a problem of its own, or behind another one.
    pub(in crate::runner) fn parked(
        view: ViewId,
        slice: u16,
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
                %view, slice, event = %name, position, stream, problem, correlation, causation,
                "an event is parked"
            ),
            None => debug!(
                target: "factum",
                %view, slice, event = %name, position, stream, correlation, causation,
                "an event is parked behind another one"
            ),
        }
    }

    pub(in crate::runner) fn trouble(view: ViewId, slice: usize, error: &ProjectionError) {
        warn!(target: "factum", %view, slice, error = %error, "a projection tries again what failed");
    }

    pub(in crate::runner) fn ended(view: ViewId, slice: u16, ended: &Result<(), ProjectionError>) {
        match ended {
            Ok(()) => info!(target: "factum", %view, slice, "the work on a slice is over"),
            Err(error) => {
                error!(target: "factum", %view, slice, error = %error, "the work on a slice has ended");
            }
        }
    }
}
