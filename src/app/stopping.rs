use std::fmt;
use std::pin::pin;
use std::time::Duration;

use factum_core::view::ViewId;
use factum_projections::{ProjectionError, Runner, SubscriberError};
use futures_util::future::join_all;
use tokio::time::{Instant, timeout_at};

use super::{App, Ownership, StopError};

/// More time than anybody has, and little enough to be reckoned with.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// An app did not stop as it should have.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StopWithinError {
    /// The time was not enough.
    #[error(transparent)]
    Unfinished(Unfinished),
    /// A consumer had ended before, or could not commit what it had in hand. All else is done.
    #[error(transparent)]
    Stop(#[from] StopError),
}

/// What was left when the time for stopping was over. Nothing that was acknowledged or committed is lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unfinished {
    /// How much time there was.
    pub within: Duration,
    /// How many commands were not answered. Each is stored or it is not, and its sender learns that once
    /// the store answers; if the process ends before, it can be sent again under its id.
    pub commands: usize,
    /// The projections that were cut short. They take in again what they had in hand at their next start;
    /// other processes take their slices over once the leases have run out.
    pub projections: Vec<ViewId>,
    /// The subscribers that were cut short. What they had in hand comes again at their next start.
    pub subscribers: Vec<&'static str>,
    /// Whether another call to stop the app has the consumers, and did not come to its end.
    pub stopping_elsewhere: bool,
    /// Whether the app's own store was not closed.
    pub store_open: bool,
}

impl std::error::Error for Unfinished {}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the app did not stop within {:?}", self.within)?;
        if self.commands > 0 {
            write!(
                f,
                "; {} commands are not answered: send them again under their ids",
                self.commands
            )?;
        }
        for view in &self.projections {
            write!(f, "; view {view} was cut short: its next start takes in what it had in hand")?;
        }
        for name in &self.subscribers {
            write!(f, "; subscriber {name} was cut short: what it had in hand comes again")?;
        }
        if self.stopping_elsewhere {
            f.write_str("; another call that stops it still waits for the consumers")?;
        }
        if self.store_open {
            f.write_str("; the store is still open: it closes with the process")?;
        }
        Ok(())
    }
}

impl App {
    /// As [`stop`](Self::stop), but no longer than this: handlers of subscribers get a quarter of the time
    /// at the most; then later commands are refused, those under way get what is left of the first half, and
    /// the projections what is left of nine tenths, for committing what
    /// they have in hand and giving their slices back; the rest is for closing a store that the app opened.
    /// What is not done then is ended hard, and named.
    ///
    /// To be awaited to its end. A further call has nothing to wait for but commands that were left and the
    /// store. It names the same consumers again, as what was cut short stays so, and [`stop`](Self::stop)
    /// gives the first of them, as [`SubscriberError::CutShort`] or [`ProjectionError::CutShort`]. Commands
    /// and the store are told of as they are by then: where only these were left, and are done, all is well.
    ///
    /// # Errors
    /// [`StopWithinError::Unfinished`] if the time was not enough, else as [`stop`](Self::stop).
    ///
    /// ```
    /// # use factum::App;
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let app = App::memory().start().await?;
    /// app.stop_within(std::time::Duration::from_secs(20)).await?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    pub async fn stop_within(&self, within: Duration) -> Result<(), StopWithinError> {
        let (begun, aggregates) = (Instant::now(), &self.inner.aggregates);
        let time = within.min(FOR_EVER);
        let (until, early_enough) = (begun + time, begun + time * 9 / 10);
        let mut left = Unfinished { within, ..Unfinished::default() };
        // What they have in hand may send commands.
        let of_subscribers = self.stop_subscribers(begun + time / 4, &mut left).await;
        let half = begun + time / 2;
        let ended = {
            let answered = join_all(aggregates.iter().map(|aggregate| aggregate.stop()));
            let mut answered = pin!(answered);
            let early = timeout_at(half, &mut answered).await.is_ok();
            let ended = self.stop_projections(early_enough, &mut left).await;
            if !early && timeout_at(early_enough, answered).await.is_err() {
                aggregates.iter().for_each(|aggregate| aggregate.close());
            }
            ended
        };
        left.commands = aggregates.iter().map(|aggregate| aggregate.under_way()).sum();
        if self.inner.ownership == Ownership::Own {
            left.store_open = timeout_at(until, self.inner.store.close()).await.is_err();
        }
        if left != (Unfinished { within, ..Unfinished::default() }) {
            return Err(StopWithinError::Unfinished(left));
        }
        of_subscribers?;
        Ok(ended.map_err(StopError::from)?)
    }

    /// Ends the subscribers; what the first says that failed.
    async fn stop_subscribers(
        &self,
        until: Instant,
        left: &mut Unfinished,
    ) -> Result<(), StopError> {
        let Ok(mut runners) = timeout_at(until, self.inner.subscribers.lock()).await else {
            left.stopping_elsewhere = true;
            return Ok(());
        };
        let rest = until.saturating_duration_since(Instant::now());
        let ended = join_all(runners.iter_mut().map(|runner| runner.stop_within(rest))).await;
        let mut first = Ok(());
        for (runner, ended) in runners.iter().zip(ended) {
            match ended {
                Err(SubscriberError::CutShort { .. }) => left.subscribers.push(runner.name()),
                ended => first = first.and(ended),
            }
        }
        Ok(first?)
    }

    /// Ends the projections; what the first says that failed.
    async fn stop_projections(
        &self,
        until: Instant,
        left: &mut Unfinished,
    ) -> Result<(), ProjectionError> {
        let Ok(mut runners) = timeout_at(until, self.inner.projections.lock()).await else {
            left.stopping_elsewhere = true;
            return Ok(());
        };
        runners.iter().for_each(Runner::tell_to_stop);
        let rest = until.saturating_duration_since(Instant::now());
        let ended = join_all(runners.iter_mut().map(|runner| runner.stop_within(rest))).await;
        let mut first = Ok(());
        for (runner, ended) in runners.iter().zip(ended) {
            match ended {
                Err(ProjectionError::CutShort { .. }) => left.projections.push(runner.view()),
                ended => first = first.and(ended),
            }
        }
        first
    }
}
