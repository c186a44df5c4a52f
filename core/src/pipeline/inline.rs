//! The views whose rows change in the commits of one aggregate's commands.

use std::sync::Arc;

use super::request::{Answer, Job};
use crate::store::Receipt;
use crate::view::{InlineRows, InlineView};
use crate::{Aggregate, event};

pub(super) struct Inline(Vec<Arc<dyn InlineView>>);

impl Inline {
    /// Those of the views that follow the aggregate's events.
    pub(super) fn of<A: Aggregate>(mut views: Vec<Arc<dyn InlineView>>) -> Self {
        let contexts = event::contexts::<A::Event>();
        views.retain(|view| contexts.iter().any(|context| view.follows(context)));
        Self(views)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn all(&self) -> Vec<Arc<dyn InlineView>> {
        self.0.clone()
    }

    /// What commits are to carry, once no view lacks anything.
    pub(super) async fn ready(&self) -> Vec<Arc<dyn InlineRows>> {
        let mut ready = Vec::with_capacity(self.0.len());
        for view in &self.0 {
            ready.extend(view.ready().await);
        }
        ready
    }

    /// Takes note of a commit; gives the views that do not have it yet.
    pub(super) fn without(&self, receipt: &Receipt) -> Vec<Arc<dyn InlineView>> {
        let position = receipt.mark.position;
        let late = self.0.iter().filter(|view| !view.committed(position, &receipt.views));
        late.cloned().collect()
    }
}

/// Answers once the views have what the answer speaks of.
pub(super) async fn answer_after<A: Aggregate>(
    views: Vec<Arc<dyn InlineView>>,
    job: Job<A>,
    answer: Answer<A>,
) {
    if let Ok(done) = &answer {
        for view in views {
            view.reached(done.position).await;
        }
    }
    job.answer(answer);
}
