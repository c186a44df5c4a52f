//! How one building of a view comes in the place of another: begun by this process or by others, given up,
//! caught up, swapped in.

use std::sync::Arc;
use std::time::Duration;

use factum_core::Projection;
use factum_core::store::Position;
use factum_core::view::{BuildState, RowStore, ViewError, ViewId, ViewSpec};
use tokio::time::Instant;

use super::ProjectionError;
use super::building::Building;
use super::manager::{LOOK_CLOSED, Manager, Next};
use super::pace::Pace;

impl<P: Projection> Manager<P> {
    /// Takes note of buildings that others have begun, given up, or made live.
    pub(super) async fn look_for_builds(&mut self) -> Result<(), ProjectionError> {
        let Some(rows) = self.place.rows.clone() else { return Ok(()) };
        let builds = rows.builds(P::NAME).await?;
        let own: Vec<&BuildState> = builds.iter().filter(|b| b.id.version == P::VERSION).collect();
        if let Some(live) = own.iter().find(|build| build.live)
            && live.id.build > self.live.view.id.build
        {
            self.follow(live.id);
        }
        let begun = own.iter().map(|build| build.id).max().filter(|id| *id > self.live.view.id);
        match (begun, &self.next) {
            (None, Some(next)) => {
                next.building.stop();
                self.next = None;
                self.tell();
                self.keep_live();
            }
            (Some(id), None) => self.begin(id, Pace::default()),
            _ => {}
        }
        Ok(())
    }

    /// Has the building come next that another process has put in the place of the live one.
    fn follow(&mut self, id: ViewId) {
        if let Some(other) = self.next.take_if(|next| next.building.view.id != id) {
            other.building.stop();
        }
        if self.next.is_none() {
            self.begin(id, Pace::default());
        }
        if let Some(next) = &mut self.next {
            next.is_live = true;
        }
        // What commits did to the live one until then is in the other, and they do nothing to it any more.
        self.live.written.close();
    }

    /// Works on the next building, and swaps it in once it has caught up.
    pub(super) async fn look_after_next(&mut self) -> Result<(), ProjectionError> {
        if self.next.is_none() {
            return Ok(());
        }
        let head = self.head().await?;
        let Self { hub, place, workers, next, live, .. } = self;
        let Some(Next { building, goal, announced, is_live }) = next else { return Ok(()) };
        let is_live = *is_live;
        if building.progress.reached().ended().is_some() && !is_live {
            if let Some(rows) = place.rows.as_ref().filter(|_| *announced) {
                rows.announce(building.view.id, false).await?;
                *announced = false;
            }
            self.keep_live();
            return Ok(());
        }
        building.take(hub, place, workers).await?;
        let reached = building.reached().await?;
        let wanted = goal.replace(head);
        if !live.written.is_closed() && wanted.is_none_or(|wanted| reached < wanted) {
            return Ok(());
        }
        // Never behind what queries have seen, also of what commands have done, here or elsewhere.
        if let Some(rows) = place.rows.as_ref().filter(|_| !*announced && !is_live) {
            rows.announce(building.view.id, true).await?;
            *announced = true;
        }
        let written = live.written.close();
        let seen = match live.reached().await {
            // It was taken out, so that there is nothing left to be seen.
            Err(ViewError::Missing { .. }) if is_live => Position::START,
            reached => reached?.max(written),
        };
        if building.reached().await? < seen && building.progress.reached().ended().is_none() {
            if place.inline {
                self.look_at = Instant::now() + LOOK_CLOSED;
            }
            return Ok(());
        }
        if let Some(rows) = place.rows.as_ref().filter(|_| !is_live) {
            rows.promote(building.view.id).await?;
        }
        if let Some(next) = self.next.take() {
            self.swap(next.building);
        }
        Ok(())
    }

    /// Nothing comes in the place of the live building: commands change it again.
    fn keep_live(&self) {
        if self.live.written.is_closed() {
            self.live.written.reopen();
            self.current.send_replace(Arc::new(self.live.current()));
        }
    }

    /// Puts a building in the place of the live one.
    fn swap(&mut self, building: Building<P>) {
        let old = std::mem::replace(&mut self.live, building);
        old.written.close();
        self.current.send_replace(Arc::new(self.live.current()));
        self.tell();
        old.stop();
        if let Some(rows) = self.place.rows.clone() {
            let grace = self.place.lease.unwrap_or_default();
            tokio::spawn(drop_later(rows, old.view.id, grace));
        }
    }

    fn begin(&mut self, id: ViewId, pace: Pace) {
        let view = ViewSpec { id, ..self.live.view };
        let building = Building::new(view, &self.place, pace);
        self.next = Some(Next { building, goal: None, announced: false, is_live: false });
        self.look_at = Instant::now();
        self.tell();
    }

    /// Begins to build the view anew beside the one that is live; goes on with one that was begun.
    pub(super) async fn rebuild(&mut self, pace: Pace) -> Result<(), ProjectionError> {
        self.look_for_builds().await?;
        if self.next.is_some() {
            return Ok(());
        }
        let live = self.live.view.id;
        let id = ViewId { build: live.build + 1, ..live };
        if let Some(rows) = &self.place.rows {
            rows.open(ViewSpec { id, ..self.live.view }).await?;
        }
        self.begin(id, pace);
        Ok(())
    }

    /// Gives the next building up; whether there was one.
    pub(super) async fn cancel(&mut self) -> Result<bool, ProjectionError> {
        self.look_for_builds().await?;
        let Some(next) = self.next.take_if(|next| !next.is_live) else { return Ok(false) };
        self.tell();
        next.building.stop();
        self.keep_live();
        if let Some(rows) = &self.place.rows {
            rows.drop_view(next.building.view.id).await?;
        }
        Ok(true)
    }
}

/// Takes a building out that nobody needs any more, after a while: other processes may still ask it.
async fn drop_later(rows: Arc<dyn RowStore>, view: ViewId, grace: Duration) {
    tokio::time::sleep(grace).await;
    // What is left of it only takes room; the next rebuild does not use its number.
    drop(rows.drop_view(view).await);
}
