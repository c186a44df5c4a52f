//! What keeps a view: the building that is live, the one that is made beside it, and the slices of both
//! that this process works on.
//!
//! *Problem.* Several processes share a view, come, go and fall asleep, while it may be built anew.
//! *Invariant.* Queries see one building, whole; they see the next one once it has come as far. What
//! this process knows of the others it knows from the row store alone. *Shape.* One task, which looks
//! at the row store now and then, starts and ends workers, and passes orders on to them
//! ([`carrying_out`](super::carrying_out)).

use std::sync::Arc;
use std::time::Duration;

use factum_core::Projection;
use factum_core::store::Position;
use factum_core::view::{BuildState, RowStore, ViewError, ViewId, ViewSpec};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::ProjectionError;
use super::building::{Building, Ended};
use super::commands::Command;
use super::current::Current;
use super::opening::{Opened, open_first};
use super::overview::{Overview, ProjectionMonitor};
use super::pace::Pace;
use super::placement::Placement;
use crate::Hub;
use crate::rows::{Ask, StoredAsk, spec};

/// How often the row store is looked at while a view is built that nobody else builds.
const LOOK: Duration = Duration::from_millis(100);
/// And while commands wait for it.
const LOOK_CLOSED: Duration = Duration::from_millis(2);

pub(super) struct Manager<P: Projection> {
    pub(super) hub: Hub,
    pub(super) place: Placement,
    pub(super) live: Building<P>,
    /// How far the log was at the last look, while queries see an older version.
    goal: Option<Position>,
    /// What is made beside it.
    pub(super) next: Option<Next<P>>,
    pub(super) workers: JoinSet<Ended>,
    current: watch::Sender<Arc<Current<P>>>,
    overview: watch::Sender<Overview>,
    commands: mpsc::Receiver<Command>,
    stop: watch::Receiver<bool>,
    look_at: Instant,
}

/// What the manager is woken by.
enum Wake {
    Stop,
    Ended(Ended),
    Command(Command),
    Look,
}

/// A building in the making.
pub(super) struct Next<P> {
    pub(super) building: Building<P>,
    /// How far the log was at the last look: it is done once it has come that far.
    goal: Option<Position>,
    /// Whether this process has announced that it comes.
    announced: bool,
    /// Whether another process has put it in the place of the live one, which this one still shows.
    pub(super) is_live: bool,
}

impl<P: Projection> Manager<P> {
    /// Opens the view. `Err` before anything runs.
    pub(super) async fn open(
        hub: Hub,
        place: Placement,
        commands: mpsc::Receiver<Command>,
        stop: watch::Receiver<bool>,
    ) -> Result<(Self, watch::Receiver<Arc<Current<P>>>), ViewError> {
        let slices = if place.rows.is_some() { place.slices } else { 1 };
        let first = ViewSpec { slices, ..spec::<P>() };
        let opened = match &place.rows {
            None => Opened { own: first, older: None },
            Some(rows) => open_first::<P>(&**rows, first).await?,
        };
        let building = Building::new(opened.own, &place, Pace::default());
        let older = opened.older.zip(place.rows.clone());
        let older =
            older.map(|(older, rows)| Arc::new(StoredAsk::new(rows, older)) as Arc<dyn Ask<P>>);
        let shown = Current { older, ..building.current() };
        let (overview, _) = watch::channel(Overview::new(&building, None, shown.older.is_some()));
        let (current, seen) = watch::channel(Arc::new(shown));
        let mut manager = Self {
            hub,
            place,
            live: building,
            goal: None,
            next: None,
            workers: JoinSet::new(),
            current,
            overview,
            commands,
            stop,
            look_at: Instant::now(),
        };
        manager.live.take(&manager.hub, &manager.place, &mut manager.workers).await?;
        Ok((manager, seen))
    }

    /// What tells how the projection is.
    pub(super) fn monitor(&self) -> ProjectionMonitor {
        let (overview, place) = (self.overview.subscribe(), self.place.clone());
        ProjectionMonitor { overview, place, stop: self.stop.clone() }
    }

    /// Tells what there is now.
    fn tell(&self) {
        let next = self.next.as_ref().map(|next| &next.building);
        self.overview.send_replace(Overview::new(&self.live, next, !self.is_shown()));
    }

    /// Ends with the reason, which the views are told as well.
    pub(super) async fn run(mut self) -> Result<(), ProjectionError> {
        let ended = self.work().await;
        self.workers.shutdown().await;
        self.live.release_all().await;
        if let Some(next) = &mut self.next {
            next.building.release_all().await;
        }
        let stopped = ProjectionError::Stopped { view: self.live.view.id };
        self.live.progress.end(ended.clone().err().unwrap_or(stopped));
        ended
    }

    async fn work(&mut self) -> Result<(), ProjectionError> {
        loop {
            match self.wake().await {
                Wake::Stop => return self.drain().await,
                Wake::Ended(ended) => self.ended(ended)?,
                Wake::Command(command) => self.carry_out(command).await,
                Wake::Look => self.look().await?,
            }
        }
    }

    async fn wake(&mut self) -> Wake {
        loop {
            tokio::select! {
                biased;
                _ = self.stop.wait_for(|stop| *stop) => return Wake::Stop,
                Some(ended) = self.workers.join_next() => {
                    // What panics is caught in the worker.
                    if let Ok(ended) = ended {
                        return Wake::Ended(ended);
                    }
                }
                Some(command) = self.commands.recv() => return Wake::Command(command),
                () = sleep_until(self.look_at) => return Wake::Look,
            }
        }
    }

    /// Lets the workers commit what they have in hand, and gives back each slice whose worker is done: one
    /// that hangs holds up nobody else.
    async fn drain(&mut self) -> Result<(), ProjectionError> {
        self.live.stop();
        if let Some(next) = &self.next {
            next.building.stop();
        }
        let mut done = Ok(());
        while let Some(ended) = self.workers.join_next().await {
            let Ok((worker, result)) = ended else { continue };
            if self.live.release(worker).await {
                if !self.is_taken(&result) {
                    done = done.and(result);
                }
            } else if let Some(next) = &mut self.next {
                next.building.release(worker).await;
            }
        }
        done
    }

    /// Whether a worker ended only because somebody else works on its slice now.
    fn is_taken(&self, ended: &Result<(), ProjectionError>) -> bool {
        let fenced = matches!(ended, Err(ProjectionError::Rows(ViewError::Fenced(_))));
        fenced && self.place.lease.is_some()
    }

    fn ended(&mut self, (worker, result): Ended) -> Result<(), ProjectionError> {
        if self.live.ended(worker).is_some() {
            // Whoever took it may lose it again.
            return if self.is_taken(&result) { Ok(()) } else { result };
        }
        if let Some(next) = &mut self.next
            && next.building.ended(worker).is_some()
            && let Err(error) = result
            && !matches!(error, ProjectionError::Rows(ViewError::Fenced(_)))
        {
            // The live one goes on; what is wrong with the next one is told by its status.
            next.building.progress.end(error);
        }
        Ok(())
    }

    /// Looks at what has become of the view in the row store.
    async fn look(&mut self) -> Result<(), ProjectionError> {
        self.look_at = Instant::now() + self.pause();
        match self.look_around().await {
            Err(error) if error.passes() => Ok(()),
            looked => looked,
        }
    }

    /// How long until the next look.
    fn pause(&self) -> Duration {
        match (self.place.lease, &self.next, self.is_shown()) {
            (_, Some(_), _) | (_, _, false) => LOOK,
            (Some(lease), None, true) => lease / 3,
            // Nobody else changes anything.
            (None, None, true) => Duration::from_secs(3600),
        }
    }

    /// Whether queries see the live building, and not yet an older one.
    fn is_shown(&self) -> bool {
        self.current.borrow().older.is_none()
    }

    async fn look_around(&mut self) -> Result<(), ProjectionError> {
        let Self { hub, place, workers, live, .. } = self;
        live.take(hub, place, workers).await?;
        if !self.is_shown() {
            self.show_own().await?;
        }
        self.look_for_builds().await?;
        self.look_after_next().await
    }

    /// Shows the building of this version in place of an older one, once it has come as far as the log
    /// was.
    async fn show_own(&mut self) -> Result<(), ProjectionError> {
        let reached = self.live.reached().await?;
        let goal = self.goal.replace(self.head().await?);
        if goal.is_none_or(|goal| reached < goal) {
            return Ok(());
        }
        if let Some(rows) = &self.place.rows {
            rows.promote(self.live.view.id).await?;
        }
        self.current.send_replace(Arc::new(self.live.current()));
        self.tell();
        Ok(())
    }

    /// Takes note of buildings that others have begun, given up, or made live.
    async fn look_for_builds(&mut self) -> Result<(), ProjectionError> {
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
    async fn look_after_next(&mut self) -> Result<(), ProjectionError> {
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

    async fn head(&self) -> Result<Position, ProjectionError> {
        let view = self.live.view.id;
        let head = self.hub.store().head().await;
        Ok(head.map_err(|source| ProjectionError::Log { view, source })?.position)
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
