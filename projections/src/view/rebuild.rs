use std::fmt;
use std::num::NonZeroU32;

use factum_core::Projection;
use factum_core::id::AsId;
use factum_core::store::Position;

use super::{QueryError, View};
use crate::runner::{Command, Pace};

/// Builds a view anew: beside the one that queries see, until it has come as far as that, and in its
/// place then, in one step. A rebuild that is under way when the app stops goes on at its next start, at
/// full speed.
///
/// A projection whose version was raised is built anew by itself.
///
/// ```
/// # use std::num::NonZeroU32;
/// # use factum_core::Projection;
/// # use factum_projections::{QueryError, View};
/// # async fn f<Balance: Projection>(view: View<Balance>) -> Result<(), QueryError> {
/// view.rebuild().at_most(NonZeroU32::new(5_000).unwrap()).start().await?;
/// if let Some(under_way) = view.rebuild().progress().await? {
///     println!("it has reached {}", under_way.reached);
/// }
/// # Ok(()) }
/// ```
#[must_use = "nothing is built before `start`"]
pub struct Rebuild<V> {
    view: View<V>,
    pace: Option<NonZeroU32>,
}

/// A rebuild that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rebuilding {
    /// How far it is, as far as this process works on it.
    pub reached: Position,
    /// How far the view is that queries see.
    pub seen: Position,
}

impl<V> fmt::Debug for Rebuild<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rebuild").field("view", &self.view).field("pace", &self.pace).finish()
    }
}

impl<V: Projection> Rebuild<V> {
    pub(super) fn new(view: View<V>) -> Self {
        Self { view, pace: None }
    }

    /// At most so many events a second, for each slice in this process: so that others have the store,
    /// too. Processes that share the view help without a bound.
    pub fn at_most(self, events_per_s: NonZeroU32) -> Self {
        Self { pace: Some(events_per_s), ..self }
    }

    /// Begins, and does not wait for the end. If one is under way that one goes on, as it is.
    ///
    /// # Errors
    /// [`QueryError`] if the projection has ended, or the rows cannot be written.
    pub async fn start(self) -> Result<(), QueryError> {
        let pace = Pace::new(self.pace);
        self.view.order(|answer| Command::Rebuild { pace, answer }).await
    }

    /// How far the rebuild is that is under way, if one is.
    ///
    /// # Errors
    /// [`QueryError`] if the projection has ended.
    pub async fn progress(&self) -> Result<Option<Rebuilding>, QueryError> {
        let next = self.view.order(|answer| Command::Building { answer }).await?;
        let seen = self.view.reached();
        Ok(next.map(|reached| Rebuilding { reached: reached.position(), seen }))
    }

    /// Waits until no rebuild is under way. Cancellation-safe.
    ///
    /// # Errors
    /// [`QueryError`] if the projection, or the rebuild, has ended for a reason.
    pub async fn finished(&self) -> Result<(), QueryError> {
        while let Some(next) = self.view.order(|answer| Command::Building { answer }).await? {
            if let Some(error) = next.ended() {
                return Err(error.into());
            }
            next.news().await;
        }
        Ok(())
    }

    /// Gives a rebuild up that is under way, and its rows; whether there was one.
    ///
    /// # Errors
    /// [`QueryError`] if the projection has ended, or the rows cannot be taken out.
    pub async fn cancel(&self) -> Result<bool, QueryError> {
        self.view.order(|answer| Command::Cancel { answer }).await
    }

    /// Builds one row anew, from all events of it; whether it is there then. The slice that it is in
    /// waits meanwhile.
    ///
    /// # Errors
    /// [`QueryError`] if events of the row are parked, one cannot be taken in, or the projection has
    /// ended.
    pub async fn row(&self, key: &(impl AsId + ?Sized)) -> Result<bool, QueryError> {
        let key = key.as_id();
        let order = |answer| Command::RebuildRow { key: key.clone().into_owned(), answer };
        self.view.order(order).await
    }
}
