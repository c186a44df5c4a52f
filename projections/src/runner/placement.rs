use std::sync::Arc;
use std::time::Duration;

use factum_core::time::{Clock, SystemClock};
use factum_core::view::{Owner, RowStore};

/// For how long an inline view is leased whose log others write to, too, unless something else is said.
pub(super) const LEASE: Duration = Duration::from_secs(10);

/// Where a projection keeps its view, and who works on it.
///
/// ```
/// # use std::{sync::Arc, time::Duration};
/// # use factum_core::view::RowStore;
/// # use factum_projections::Placement;
/// # fn f(rows: Arc<dyn RowStore>) {
/// // Split into eight, shared by as many processes as there are.
/// let place = Placement::stored(rows).slices(8).leased(Duration::from_secs(10));
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Placement {
    pub(crate) rows: Option<Arc<dyn RowStore>>,
    pub(super) slices: u16,
    pub(crate) lease: Option<Duration>,
    pub(crate) owner: Owner,
    pub(crate) clock: Arc<dyn Clock>,
    pub(super) inline: bool,
}

impl Placement {
    /// In memory, built anew from the log at each start.
    pub fn memory() -> Self {
        let (owner, clock) = (Owner::fresh(), Arc::new(SystemClock));
        Self { rows: None, slices: 1, lease: None, owner, clock, inline: false }
    }

    /// In a row store. Whoever starts last takes the view over, unless it is [`leased`](Self::leased).
    pub fn stored(rows: Arc<dyn RowStore>) -> Self {
        Self { rows: Some(rows), ..Self::memory() }
    }

    /// Splits the view into so many slices by the keys of its rows, at least one; a view in memory has
    /// one. Their number stays what it is until the projection's version is raised.
    #[must_use]
    pub fn slices(self, slices: u16) -> Self {
        Self { slices: slices.max(1), ..self }
    }

    /// Shares the slices with other processes on the same row store: each slice has one owner, which
    /// renews its lease three times in this while. The slices of a process that is gone are taken over
    /// once their leases have run out; one that was merely asleep finds out by its next commit, which is
    /// refused.
    #[must_use]
    pub fn leased(self, lease: Duration) -> Self {
        Self { lease: Some(lease.max(Duration::from_millis(30))), ..self }
    }

    /// Changes a row in the very commit of the command that its events come from: when the command is
    /// answered the row is there, and no crash shows the one without the other. The rows are kept in the
    /// store of the events, whatever else keeps views, which must be able to do it (memory, embedded and
    /// PostgreSQL are), and the key of each is the id of its stream. Where others write to that store, too,
    /// the view is [`leased`](Self::leased), for ten seconds unless set.
    ///
    /// Events that come from elsewhere the view takes in by following the log. While it has not yet done
    /// so, or has events parked, commands are answered once it has come to what they did; a crash just then
    /// shows the events before the rows. So commands also wait while a new version is built.
    #[must_use]
    pub fn inline(self) -> Self {
        Self { inline: true, ..self }
    }

    /// Under which name slices are taken; a name of the process's own unless set.
    #[must_use]
    pub fn owner(self, owner: Owner) -> Self {
        Self { owner, ..self }
    }

    /// Takes the time of what is parked from elsewhere than the system.
    #[must_use]
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }
}

impl From<Option<Arc<dyn RowStore>>> for Placement {
    fn from(rows: Option<Arc<dyn RowStore>>) -> Self {
        rows.map_or_else(Self::memory, Self::stored)
    }
}
