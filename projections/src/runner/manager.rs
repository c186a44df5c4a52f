//! What keeps a view: the building that is live, the one that is made beside it, and the slices of both
//! that this process works on.
//!
//! *Problem.* Several processes share a view, come, go and fall asleep, while it may be built anew.
//! *Invariant.* Queries see one building, whole; they see the next one once it has come as far. What
//! this process knows of the others it knows from the row store alone. *Shape.* One task, which looks
//! at the row store now and then, starts and ends workers, and passes orders on to them
//! ([`carrying_out`](super::carrying_out)). What becomes of the building beside is in
//! [`succession`](super::succession).

use std::sync::Arc;
use std::time::Duration;

use factum_core::Projection;
use factum_core::store::Position;
use factum_core::view::{ViewError, ViewSpec};
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
pub(super) const LOOK_CLOSED: Duration = Duration::from_millis(2);

pub(super) struct Manager<P: Projection> {
    pub(super) hub: Hub,
    pub(super) place: Placement,
    pub(super) live: Building<P>,
    /// How far the log was at the last look, while queries see an older version.
    goal: Option<Position>,
    /// What is made beside it.
    pub(super) next: Option<Next<P>>,
    pub(super) workers: JoinSet<Ended>,
    pub(super) current: watch::Sender<Arc<Current<P>>>,
    overview: watch::Sender<Overview>,
    commands: mpsc::Receiver<Command>,
    stop: watch::Receiver<bool>,
    pub(super) look_at: Instant,
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
    pub(super) goal: Option<Position>,
    /// Whether this process has announced that it comes.
    pub(super) announced: bool,
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
    pub(super) fn tell(&self) {
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

    pub(super) async fn head(&self) -> Result<Position, ProjectionError> {
        let view = self.live.view.id;
        let head = self.hub.store().head().await;
        Ok(head.map_err(|source| ProjectionError::Log { view, source })?.position)
    }
}
