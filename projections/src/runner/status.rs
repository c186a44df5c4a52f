use factum_core::store::Position;
use factum_core::view::ViewId;
use tokio::sync::watch;

use super::ProjectionError;

#[derive(Clone, Debug, Default)]
struct State {
    reached: Position,
    /// What is being tried again, until it works.
    trouble: Option<ProjectionError>,
    ended: Option<ProjectionError>,
}

/// How far a view is, as its worker announces it.
pub(crate) struct Status {
    state: watch::Sender<State>,
}

/// How far a view is, as its queries see it.
#[derive(Clone, Debug)]
pub(crate) struct Reached {
    view: ViewId,
    state: watch::Receiver<State>,
}

impl Status {
    /// Nothing is announced yet: a checkpoint counts only once the log is known to have it still.
    pub(crate) fn new(view: ViewId) -> (Self, Reached) {
        let (sender, state) = watch::channel(State::default());
        (Self { state: sender }, Reached { view, state })
    }

    /// Everything up to here is committed.
    pub(super) fn reach(&self, position: Position) {
        self.state.send_modify(|state| (state.reached, state.trouble) = (position, None));
    }

    /// Something failed that is tried again.
    pub(super) fn trouble(&self, error: ProjectionError) {
        self.state.send_modify(|state| state.trouble = Some(error));
    }

    /// Nothing more will come.
    pub(crate) fn end(&self, error: ProjectionError) {
        self.state.send_modify(|state| state.ended = Some(error));
    }
}

impl Reached {
    pub(crate) fn view(&self) -> ViewId {
        self.view
    }

    /// Everything up to here is committed.
    pub(crate) fn position(&self) -> Position {
        self.state.borrow().reached
    }

    /// Why the projection has ended, if it has.
    pub(crate) fn ended(&self) -> Option<ProjectionError> {
        self.state.borrow().ended.clone()
    }

    /// What keeps the view from going on, though it may pass.
    pub(crate) fn trouble(&self) -> Option<ProjectionError> {
        self.state.borrow().trouble.clone()
    }

    /// Waits until everything up to the position is committed. Cancellation-safe.
    ///
    /// # Errors
    /// Why the projection ended before, or that the log was rewound: then the rows are those of
    /// another log, and no position of this one is among them.
    pub(crate) async fn wait(&mut self, wanted: Position) -> Result<(), ProjectionError> {
        let stopped = ProjectionError::Stopped { view: self.view };
        let there = |state: &State| state.reached >= wanted || state.ended.is_some();
        match self.state.wait_for(there).await {
            Ok(state) => match &state.ended {
                Some(error) if state.reached < wanted || error.is_rewound() => Err(error.clone()),
                _ => Ok(()),
            },
            // Aborted: the worker could not say so.
            Err(_) => Err(stopped),
        }
    }
}
