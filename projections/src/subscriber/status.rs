use factum_core::store::Position;
use tokio::sync::watch;

use super::SubscriberError;

#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub(super) reached: Position,
    /// What is being tried again, until it works.
    pub(super) trouble: Option<SubscriberError>,
    pub(super) ended: Option<SubscriberError>,
}

/// How far a subscriber is, as its worker announces it.
#[derive(Clone)]
pub(super) struct Status(watch::Sender<State>);

impl Status {
    /// Nothing is announced yet: a checkpoint counts only once the log is known to have it still.
    pub(super) fn new() -> (Self, watch::Receiver<State>) {
        let (sender, state) = watch::channel(State::default());
        (Self(sender), state)
    }

    /// Everything up to here is done or parked.
    pub(super) fn reach(&self, position: Position) {
        self.0.send_if_modified(|state| {
            let news = state.reached != position || state.trouble.is_some();
            (state.reached, state.trouble) = (position, None);
            news
        });
    }

    /// Something failed that is tried again.
    pub(super) fn trouble(&self, error: SubscriberError) {
        self.0.send_modify(|state| state.trouble = Some(error));
    }

    /// Nothing more will come.
    pub(super) fn end(&self, error: SubscriberError) {
        self.0.send_modify(|state| state.ended = Some(error));
    }
}
