use factum_core::store::{BoxFuture, Position};
use factum_core::view::ViewSpec;
use tokio::sync::watch;

use super::building::Building;
use super::placement::Placement;
use super::progress::Reached;
use crate::status::{
    ConsumerKind, ConsumerStatus, Life, LogEnd, Monitor, RebuildStatus, SliceStatus, place_of,
    reached, slices,
};

/// What a projection consists of at a time.
#[derive(Clone, Debug)]
pub(super) struct Overview {
    live: Part,
    /// What is built beside it.
    next: Option<Part>,
    shows_older: bool,
}

/// A building, for those who only look at it.
#[derive(Clone, Debug)]
struct Part {
    view: ViewSpec,
    reached: Reached,
}

impl Part {
    fn of<P: factum_core::Projection>(building: &Building<P>) -> Self {
        Self { view: building.view, reached: building.progress.reached() }
    }
}

impl Overview {
    pub(super) fn new<P: factum_core::Projection>(
        live: &Building<P>,
        next: Option<&Building<P>>,
        shows_older: bool,
    ) -> Self {
        Self { live: Part::of(live), next: next.map(Part::of), shows_older }
    }
}

/// Tells how a projection is.
#[derive(Clone, Debug)]
pub(super) struct ProjectionMonitor {
    pub(super) overview: watch::Receiver<Overview>,
    pub(super) place: Placement,
    /// Whether it was told to stop.
    pub(super) stop: watch::Receiver<bool>,
}

impl Monitor for ProjectionMonitor {
    fn status<'a>(&'a self, end: &'a LogEnd) -> BoxFuture<'a, ConsumerStatus> {
        Box::pin(self.look(end))
    }
}

impl ProjectionMonitor {
    async fn look(&self, end: &LogEnd) -> ConsumerStatus {
        let Overview { live, next, shows_older } = self.overview.borrow().clone();
        let mut problem = None;
        let slices = self.slices(&live, end, &mut problem).await;
        let rebuild = match &next {
            Some(next) => Some(self.rebuild(next, end, &mut problem).await),
            None => None,
        };
        ConsumerStatus {
            kind: ConsumerKind::Projection,
            name: live.view.id.name.to_owned(),
            version: live.view.id.version,
            build: live.view.id.build,
            place: place_of(&self.place),
            life: self.life(&live),
            slices,
            shows_older,
            rebuild,
            problem,
        }
    }

    fn life(&self, live: &Part) -> Life {
        let ended = live.reached.ended().map(|error| error.life());
        Life::of(ended, self.overview.has_changed().is_ok(), *self.stop.borrow())
    }

    async fn slices(
        &self,
        part: &Part,
        end: &LogEnd,
        problem: &mut Option<String>,
    ) -> Vec<SliceStatus> {
        slices(&self.place, part.view, part.reached.slices(), end, problem).await
    }

    async fn rebuild(
        &self,
        next: &Part,
        end: &LogEnd,
        problem: &mut Option<String>,
    ) -> RebuildStatus {
        let slices = self.slices(next, end, problem).await;
        let whole = end.position.filter(|end_at| end.dense && *end_at > Position::START);
        let done =
            whole.map(|end| (reached(&slices).number() as f64 / end.number() as f64).min(1.0));
        let failed = next.reached.ended().map(|error| error.to_string());
        RebuildStatus { build: next.view.id.build, done, slices, failed }
    }
}
