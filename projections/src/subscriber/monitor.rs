use factum_core::store::BoxFuture;
use factum_core::view::ViewSpec;
use tokio::sync::watch;

use super::SubscriberError;
use super::status::State;
use crate::Placement;
use crate::status::{
    ConsumerKind, ConsumerStatus, Life, LogEnd, Monitor, SliceNow, place_of, slices,
};

/// Tells how a subscriber is.
#[derive(Clone, Debug)]
pub(super) struct SubscriberMonitor {
    /// Under which its checkpoint is kept.
    pub(super) view: ViewSpec,
    pub(super) place: Placement,
    pub(super) state: watch::Receiver<State>,
    /// Whether it was told to stop.
    pub(super) stop: watch::Receiver<bool>,
}

impl Monitor for SubscriberMonitor {
    fn status<'a>(&'a self, end: &'a LogEnd) -> BoxFuture<'a, ConsumerStatus> {
        Box::pin(self.look(end))
    }
}

impl SubscriberMonitor {
    async fn look(&self, end: &LogEnd) -> ConsumerStatus {
        let (slice, life) = self.now();
        let (id, mut problem) = (self.view.id, None);
        let slices = slices(&self.place, self.view, vec![slice], end, &mut problem).await;
        ConsumerStatus {
            kind: ConsumerKind::Subscriber,
            name: id.name.to_owned(),
            version: id.version,
            build: id.build,
            place: place_of(&self.place),
            life,
            slices,
            shows_older: false,
            rebuild: None,
            problem,
        }
    }

    fn now(&self) -> (SliceNow, Life) {
        let state = self.state.borrow();
        let ended = state.ended.as_ref().map(SubscriberError::life);
        (state.slice(), Life::of(ended, self.state.has_changed().is_ok(), *self.stop.borrow()))
    }
}
