use std::fmt;

use super::{QueryError, View};
use crate::runner::Command;
use crate::{ParkedEvent, Retried};
use factum_core::Projection;
use factum_core::store::Position;

/// The events that a projection could not take in, or that wait behind such a one, and what can be done
/// about them. The projection goes on with all other rows meanwhile; parked events are tried again only
/// when somebody says so, and when it starts.
///
/// ```
/// # use factum_core::Projection;
/// # use factum_projections::{QueryError, View};
/// # async fn f<Balance: Projection>(view: View<Balance>) -> Result<(), QueryError> {
/// for event in view.parked().list(10).await? {
///     println!("{} at {}: {:?}", event.name, event.position, event.problem);
/// }
/// let retried = view.parked().retry().await?;
/// println!("{} taken in, {} left", retried.taken, retried.left);
/// # Ok(()) }
/// ```
pub struct Parked<V> {
    view: View<V>,
}

impl<V> fmt::Debug for Parked<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parked").field("view", &self.view).finish()
    }
}

impl<V: Projection> Parked<V> {
    pub(super) fn new(view: View<V>) -> Self {
        Self { view }
    }

    /// The first of them, in the order of the log. Cancellation-safe.
    ///
    /// # Errors
    /// [`QueryError`] if they could not be read.
    pub async fn list(&self, limit: usize) -> Result<Vec<ParkedEvent>, QueryError> {
        Ok(self.view.current().rows.parked(None, limit).await?)
    }

    /// Tries all of them again, in the order of the log; those that fail again, and what waits behind
    /// them, stay. Dropping the future leaves the rest of it to the projection.
    ///
    /// # Errors
    /// [`QueryError`] if the projection has ended, or what is parked could not be read or written.
    pub async fn retry(&self) -> Result<Retried, QueryError> {
        self.view.order(|answer| Command::Retry { row: None, answer }).await
    }

    /// The same for those that concern a row, and all that hang together with them: an event that
    /// concerns two rows waits for both.
    ///
    /// # Errors
    /// As [`retry`](Self::retry).
    pub async fn retry_row(&self, key: &str) -> Result<Retried, QueryError> {
        let row = || Some(key.to_owned());
        self.view.order(|answer| Command::Retry { row: row(), answer }).await
    }

    /// Gives the event at a position up: its rows do not have it, until the view is built anew, by a rebuild
    /// or a raised version, which tries it again. What waited behind it is tried with
    /// the next retry. Whether it was parked.
    ///
    /// # Errors
    /// As [`retry`](Self::retry).
    pub async fn discard(&self, position: Position) -> Result<bool, QueryError> {
        let parked = self.view.current().rows.parked(Some(position), usize::MAX).await?;
        let mut was_parked = false;
        for slice in parked.iter().map(|event| event.slice) {
            let order = |answer| Command::Discard { slice, position, answer };
            was_parked |= self.view.order(order).await?;
        }
        Ok(was_parked)
    }
}
