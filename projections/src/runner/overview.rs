use std::time::Duration;

use factum_core::store::{BoxFuture, Position};
use factum_core::view::{Owner, SliceState, ViewSpec};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::ProjectionError;
use super::building::Building;
use super::placement::Placement;
use super::progress::{Done, Reached};
use crate::status::{
    ConsumerKind, ConsumerStatus, Life, LogEnd, Monitor, Place, RebuildStatus, SliceOwner,
    SliceStatus, SliceWork, reached,
};

/// How long the row store has to say what others do.
const OTHERS_WITHIN: Duration = Duration::from_secs(2);

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
            place: self.place(),
            life: self.life(&live),
            slices,
            shows_older,
            rebuild,
            problem,
        }
    }

    fn place(&self) -> Place {
        match (&self.place.rows, self.place.lease) {
            (None, _) => Place::Memory,
            (Some(_), None) => Place::Stored,
            (Some(_), Some(_)) => Place::Shared,
        }
    }

    fn life(&self, live: &Part) -> Life {
        match live.reached.ended() {
            Some(ProjectionError::Stopped { .. }) => Life::Stopped,
            Some(error @ ProjectionError::Panicked { .. }) => Life::Died(error.to_string()),
            Some(error) => Life::Ended(error.to_string()),
            None if self.overview.has_changed().is_ok() => Life::Running,
            // Its task is gone, and could not say why.
            None if *self.stop.borrow() => Life::Stopped,
            None => Life::Died("its task is gone".to_owned()),
        }
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

    /// The slices, those of others as the row store has them.
    async fn slices(
        &self,
        part: &Part,
        end: &LogEnd,
        problem: &mut Option<String>,
    ) -> Vec<SliceStatus> {
        let stored = self.stored(part).await.unwrap_or_else(|unknown| {
            *problem = Some(unknown);
            Vec::new()
        });
        let mut stored = stored.into_iter().map(Some).chain(std::iter::repeat(None));
        let me = &self.place.owner;
        let slices = (0..).zip(part.reached.slices());
        slices
            .map(|(slice, now)| match (now.here, stored.next().flatten()) {
                // This process finds out by its next commit.
                (_, Some(state)) if state.owner.as_ref().is_some_and(|owner| owner != me) => {
                    theirs(slice, state, me, end)
                }
                (Some(here), _) => ours(slice, now.reached, here, end),
                (None, Some(state)) => theirs(slice, state, me, end),
                (None, None) if self.place.lease.is_none() => {
                    unseen(slice, SliceOwner::Nobody, now.reached, end)
                }
                (None, None) => unseen(slice, SliceOwner::Unknown, now.reached, end),
            })
            .collect()
    }

    /// What the row store says of the slices, where others may work on them; why it did not.
    async fn stored(&self, part: &Part) -> Result<Vec<SliceState>, String> {
        let (Some(rows), Some(_)) = (&self.place.rows, self.place.lease) else {
            return Ok(Vec::new());
        };
        match timeout(OTHERS_WITHIN, rows.slices(part.view)).await {
            Ok(slices) => slices.map_err(|error| error.to_string()),
            Err(_) => Err(format!("the row store did not answer within {OTHERS_WITHIN:?}")),
        }
    }
}

/// A slice that this process works on.
fn ours(
    slice: u16,
    reached: Position,
    (done, trouble): (Done, Option<ProjectionError>),
    end: &LogEnd,
) -> SliceStatus {
    let behind = |newest: i64| {
        let seen = done.seen_until?.as_micros();
        Some(Duration::from_micros(newest.saturating_sub(seen).max(0).unsigned_abs()))
    };
    let caught_up = unseen(slice, SliceOwner::Here, reached, end);
    let lag = end.time.and_then(|newest| behind(newest.as_micros()));
    let work = SliceWork {
        events: done.events,
        events_per_second: done.rate.map_or(0.0, |rate| rate.per_second(Instant::now())),
        retries: done.retries,
        parked: done.parked,
        trouble: trouble.map(|error| error.to_string()),
    };
    SliceStatus {
        lag_seconds: caught_up.lag_seconds.or(lag.map(|lag| lag.as_secs_f64())),
        work: Some(work),
        ..caught_up
    }
}

/// A slice as the row store has it.
fn theirs(slice: u16, state: SliceState, me: &Owner, end: &LogEnd) -> SliceStatus {
    let owner = match state.owner {
        None => SliceOwner::Nobody,
        // It is about to begin, or to end.
        Some(owner) if owner == *me => SliceOwner::Here,
        Some(owner) => SliceOwner::Another(owner.as_str().to_owned()),
    };
    let reached = state.checkpoint.map(|mark| mark.position).unwrap_or_default();
    unseen(slice, owner, reached, end)
}

/// A slice of which nothing but the position is known.
fn unseen(slice: u16, owner: SliceOwner, reached: Position, end: &LogEnd) -> SliceStatus {
    let caught_up = end.position.is_some_and(|end| reached >= end);
    SliceStatus {
        slice,
        owner,
        reached,
        lag_events: end.events_after(reached),
        lag_seconds: caught_up.then_some(0.0),
        work: None,
    }
}
