//! How far a building of a view is, as its workers announce it and its queries see it.

use std::time::Duration;

use factum_core::Timestamp;
use factum_core::store::Position;
use factum_core::view::{SliceState, ViewId};
use tokio::sync::watch;

use super::ProjectionError;
use super::spans;
use super::step::Step;
use crate::meter::Meter;
use crate::status::{ConsumerKind, Done, SliceNow};

#[derive(Clone, Debug)]
struct State {
    slices: Vec<SliceProgress>,
    ended: Option<ProjectionError>,
}

#[derive(Clone, Debug, Default)]
struct SliceProgress {
    reached: Position,
    /// What is being tried again, until it works.
    trouble: Option<ProjectionError>,
    /// What this process has done on it, if it works on it.
    here: Option<Done>,
}

impl State {
    fn reached(&self) -> Position {
        self.slices.iter().map(|slice| slice.reached).min().unwrap_or_default()
    }
}

/// The side that announces.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    view: ViewId,
    state: watch::Sender<State>,
}

/// What the worker of one slice announces.
#[derive(Clone, Debug)]
pub(crate) struct Status {
    progress: Progress,
    slice: usize,
    meter: Meter,
}

/// The side that waits.
#[derive(Clone, Debug)]
pub(crate) struct Reached {
    view: ViewId,
    state: watch::Receiver<State>,
}

impl Progress {
    /// Nothing is announced yet: a checkpoint counts only once the log is known to have it still.
    pub(crate) fn new(view: ViewId, slices: u16) -> Self {
        let slices = vec![SliceProgress::default(); usize::from(slices.max(1))];
        let (state, _) = watch::channel(State { slices, ended: None });
        Self { view, state }
    }

    pub(crate) fn reached(&self) -> Reached {
        Reached { view: self.view, state: self.state.subscribe() }
    }

    /// This process works on a slice, until [`left`](Self::left).
    pub(super) fn took(&self, slice: u16) -> Status {
        let meter = Meter::new(ConsumerKind::Projection, self.view, slice);
        meter.took();
        let slice = usize::from(slice);
        self.change(slice, |slice| slice.here = Some(Done::nothing()));
        Status { progress: self.clone(), slice, meter }
    }

    pub(super) fn left(&self, slice: u16) {
        Meter::new(ConsumerKind::Projection, self.view, slice).left();
        self.change(usize::from(slice), |slice| (slice.here, slice.trouble) = (None, None));
    }

    /// Nothing more will come.
    pub(crate) fn end(&self, error: ProjectionError) {
        self.state.send_modify(|state| {
            state.ended.get_or_insert(error);
        });
    }

    fn change(&self, slice: usize, change: impl FnOnce(&mut SliceProgress)) {
        self.state.send_modify(|state| {
            if let Some(slice) = state.slices.get_mut(slice) {
                change(slice);
            }
        });
    }

    /// Takes note of what nobody waits for.
    fn note(&self, slice: usize, note: impl FnOnce(&mut Done)) {
        self.state.send_if_modified(|state| {
            let slice = state.slices.get_mut(slice);
            if let Some(done) = slice.and_then(|slice| slice.here.as_mut()) {
                note(done);
            }
            false
        });
    }
}

impl Status {
    /// Everything up to here is committed, this step with it.
    pub(super) fn reach(&self, position: Position, step: Step) {
        self.meter.reached(position, step.events);
        if step.events > 0 {
            self.meter.lags(step.age);
        }
        self.progress.change(self.slice, |slice| {
            (slice.reached, slice.trouble) = (position, None);
            if let Some(done) = &mut slice.here {
                done.add(step.events);
                done.see(step.newest);
            }
        });
    }

    /// The log has been seen to its end, as it was then.
    pub(super) fn caught_up(&self, then: Timestamp) {
        self.meter.lags(Duration::ZERO);
        self.progress.note(self.slice, |done| done.see(Some(then)));
    }

    /// A commit has taken so long.
    pub(super) fn committed(&self, took: Duration) {
        self.meter.committed(took);
    }

    /// So many events are parked now.
    pub(super) fn parked(&self, events: usize) {
        self.meter.parked(events);
        self.progress.note(self.slice, |done| done.park(events as u64));
    }

    /// Something failed that is tried again.
    pub(super) fn trouble(&self, error: ProjectionError) {
        self.meter.tried_again();
        spans::trouble(self.progress.view, self.slice, &error);
        self.progress.change(self.slice, |slice| {
            slice.trouble = Some(error);
            slice.here.iter_mut().for_each(Done::try_again);
        });
    }
}

impl Reached {
    pub(crate) fn view(&self) -> ViewId {
        self.view
    }

    /// Everything up to here is committed.
    pub(crate) fn position(&self) -> Position {
        self.state.borrow().reached()
    }

    /// Whether others work on a part of it.
    pub(crate) fn is_shared(&self) -> bool {
        self.state.borrow().slices.iter().any(|slice| slice.here.is_none())
    }

    /// Everything up to here is committed, by what others say of the slices that they work on.
    pub(crate) fn with_others(&self, others: &[SliceState]) -> Position {
        let state = self.state.borrow();
        let theirs = others.iter().map(|slice| slice.checkpoint.map(|mark| mark.position));
        let each = state.slices.iter().zip(theirs.chain(std::iter::repeat(None)));
        let reached = each.map(|(slice, theirs)| match theirs {
            Some(theirs) if slice.here.is_none() => theirs,
            _ if slice.here.is_some() => slice.reached,
            _ => Position::START,
        });
        reached.min().unwrap_or_default()
    }

    /// Why the projection has ended, if it has.
    pub(crate) fn ended(&self) -> Option<ProjectionError> {
        self.state.borrow().ended.clone()
    }

    /// What keeps the view from going on, though it may pass.
    pub(crate) fn trouble(&self) -> Option<ProjectionError> {
        self.state.borrow().slices.iter().find_map(|slice| slice.trouble.clone())
    }

    /// Every slice as it is now.
    pub(super) fn slices(&self) -> Vec<SliceNow> {
        let state = self.state.borrow();
        let now = |slice: &SliceProgress| {
            let trouble = slice.trouble.as_ref().map(ToString::to_string);
            let here = slice.here.clone().map(|done| (done, trouble));
            SliceNow { reached: slice.reached, here }
        };
        state.slices.iter().map(now).collect()
    }

    /// Takes what is known now as seen.
    pub(crate) fn seen(&mut self) {
        self.state.borrow_and_update();
    }

    /// Waits for what is new since it was seen; for ever once nothing more can come.
    pub(crate) async fn changed(&mut self) {
        if self.state.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Waits for anything new, for a moment at the most.
    pub(crate) async fn news(mut self) {
        const MOMENT: Duration = Duration::from_millis(20);
        // However this ends, it is time to look.
        drop(tokio::time::timeout(MOMENT, self.state.changed()).await);
    }

    /// Waits until everything up to the position is committed. Cancellation-safe.
    ///
    /// # Errors
    /// Why the projection ended before, or that the log was rewound: then the rows are those of
    /// another log, and no position of this one is among them.
    pub(crate) async fn wait(&mut self, wanted: Position) -> Result<(), ProjectionError> {
        let stopped = ProjectionError::Stopped { view: self.view };
        let there = |state: &State| state.reached() >= wanted || state.ended.is_some();
        match self.state.wait_for(there).await {
            Ok(state) => match &state.ended {
                Some(error) if state.reached() < wanted || error.is_rewound() => Err(error.clone()),
                _ => Ok(()),
            },
            // Aborted: the worker could not say so.
            Err(_) => Err(stopped),
        }
    }
}
