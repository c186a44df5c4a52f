//! How views are asked.

mod error;
mod find;
mod order;
mod parked;
mod rebuild;
mod watching;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use factum_core::Projection;
use factum_core::id::AsId;
use factum_core::store::BoxFuture;
use factum_core::store::Position;
use factum_core::view::{self, Filter, ViewError, ViewSpec};

use tokio::sync::{mpsc, watch};

use crate::rows::Ask;
use crate::runner::{Command, Current};

pub use error::QueryError;
pub use find::Find;
pub use parked::Parked;
pub use rebuild::{Rebuild, Rebuilding};
pub use watching::Watch;

/// How long a query waits for the view, unless it says otherwise.
const WITHIN: Duration = Duration::from_secs(5);
/// How long after its begin, and how often at the least, a query asks how far others are.
const ASK_FIRST: Duration = Duration::from_millis(5);
const ASK_LAST: Duration = Duration::from_millis(100);

/// A view, for queries: a cheap handle, which may outlive its projection.
///
/// Rows come as they were committed last; [`after`](Self::after) waits for a certain position.
///
/// ```
/// # use factum_core::{Position, Projection, store::Position as P};
/// # use factum_core::view::Column;
/// # use factum_projections::{QueryError, View};
/// # async fn f<Balance: Projection>(
/// #     view: View<Balance>, done: P, CENTS: Column<Balance, u64>, OWNER: Column<Balance, String>,
/// # ) -> Result<(), QueryError> {
/// let alice = view.get("alice").await?;
/// let rich = view.after(done).filter(CENTS.ge(100u64)).order_by(OWNER.asc()).limit(10).all().await?;
/// # Ok(()) }
/// ```
pub struct View<V> {
    current: watch::Receiver<Arc<Current<V>>>,
    commands: mpsc::Sender<Command>,
    after: Option<Position>,
    within: Duration,
}

impl<V> Clone for View<V> {
    fn clone(&self) -> Self {
        let (current, commands) = (self.current.clone(), self.commands.clone());
        Self { current, commands, after: self.after, within: self.within }
    }
}

impl<V> fmt::Debug for View<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reached = &self.current.borrow().reached;
        write!(f, "View({}, reached {}", reached.view(), reached.position())?;
        if let Some(after) = self.after {
            write!(f, ", after {after} within {:?}", self.within)?;
        }
        f.write_str(")")
    }
}

impl<V: Projection> View<V> {
    pub(crate) fn new(
        current: watch::Receiver<Arc<Current<V>>>,
        commands: mpsc::Sender<Command>,
    ) -> Self {
        Self { current, commands, after: None, within: WITHIN }
    }

    /// The view of a projection that nobody runs: each query gives [`ViewError::Missing`].
    pub fn missing() -> Self {
        // What they show stays, and nobody takes a command.
        let (_, current) = watch::channel(Arc::new(Current::missing()));
        let (commands, _) = mpsc::channel(1);
        Self::new(current, commands)
    }

    /// How far the view is, as far as this process knows: it has seen everything up to here. Slices that
    /// other processes work on are asked only by queries that wait.
    pub fn reached(&self) -> Position {
        self.current.borrow().reached.position()
    }

    /// The same view, for queries that wait until it has seen everything up to the position: with the
    /// position of a command's answer, a query sees what the command did.
    #[must_use]
    pub fn after(&self, position: Position) -> Self {
        Self { after: Some(position), ..self.clone() }
    }

    /// The same view, for queries that wait no longer than this. Five seconds unless set.
    #[must_use]
    pub fn within(&self, time: Duration) -> Self {
        Self { within: time, ..self.clone() }
    }

    /// The row with this key. Cancellation-safe.
    ///
    /// # Errors
    /// [`QueryError`] if the view did not come to the position in time, or could not be read.
    pub fn get(
        &self,
        key: &(impl AsId + ?Sized),
    ) -> BoxFuture<'static, Result<Option<V>, QueryError>> {
        // Named, and not that of an `async fn`: a wrong key is then one error.
        let (view, key) = (self.clone(), key.as_id().into_owned());
        Box::pin(async move {
            let rows = view.rows().await?;
            Ok(rows.get(&key).await?)
        })
    }

    /// The rows that the filter wants.
    pub fn filter(&self, filter: Filter<V>) -> Find<V> {
        self.find().filter(filter)
    }

    /// The rows in this order.
    pub fn order_by(&self, order: view::Order<V>) -> Find<V> {
        self.find().order_by(order)
    }

    /// At most this many rows, the first by their keys.
    pub fn limit(&self, rows: usize) -> Find<V> {
        self.find().limit(rows)
    }

    /// All rows, in the order of their keys. Cancellation-safe.
    ///
    /// # Errors
    /// [`QueryError`] if the view did not come to the position in time, or could not be read.
    pub async fn all(&self) -> Result<Vec<V>, QueryError> {
        self.find().all().await
    }

    /// How many rows there are. Cancellation-safe.
    ///
    /// # Errors
    /// [`QueryError`] if the view did not come to the position in time, or could not be read.
    pub async fn count(&self) -> Result<usize, QueryError> {
        self.find().count().await
    }

    /// All rows, and again each time that they have changed.
    pub fn watch(&self) -> Watch<V> {
        self.find().watch()
    }

    /// What the projection could not take in, and what waits behind it.
    pub fn parked(&self) -> Parked<V> {
        Parked::new(self.clone())
    }

    /// The means to build the view, or one of its rows, anew.
    pub fn rebuild(&self) -> Rebuild<V> {
        Rebuild::new(self.clone())
    }

    fn find(&self) -> Find<V> {
        Find::new(self.clone())
    }

    /// Where the rows are that a query sees, once they are as far as it wants them.
    async fn rows(&self) -> Result<Arc<dyn Ask<V>>, QueryError> {
        let Some(wanted) = self.after else {
            return Ok(self.current().shown().clone());
        };
        match tokio::time::timeout(self.within, self.there(wanted)).await {
            Ok(rows) => Ok(rows?),
            Err(_) => {
                let current = self.current();
                Err(QueryError::Late {
                    view: current.view.id,
                    wanted,
                    reached: current.reached.position(),
                    within: self.within,
                    cause: current.reached.trouble().map(Box::new),
                })
            }
        }
    }

    /// Waits until queries see the building of this version, with everything up to the position; says
    /// which that is. Cancellation safe.
    pub(crate) async fn complete_to(&self, wanted: Position) -> Result<ViewSpec, QueryError> {
        let is_it =
            |current: &Arc<Current<V>>| current.older.is_none() && !current.written.is_closed();
        let mut changes = self.current.clone();
        loop {
            // An error says that the projection has ended, which the other wait finds out.
            let ended = changes.wait_for(is_it).await.is_err();
            self.there(wanted).await?;
            let current = self.current();
            if ended || is_it(&current) {
                return Ok(current.view);
            }
        }
    }

    pub(crate) fn current(&self) -> Arc<Current<V>> {
        self.current.borrow().clone()
    }

    /// Waits until everything up to the position is committed, whichever building is current then.
    async fn there(&self, wanted: Position) -> Result<Arc<dyn Ask<V>>, QueryError> {
        let mut changes = self.current.clone();
        loop {
            let current = changes.borrow_and_update().clone();
            if current.written.position() >= wanted {
                return Ok(current.rows.clone());
            }
            let mut here = current.reached.clone();
            let changed = async {
                if changes.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                biased;
                there = here.wait(wanted) => {
                    there?;
                    return Ok(current.rows.clone());
                }
                there = others(&current, wanted) => {
                    there?;
                    return Ok(current.rows.clone());
                }
                () = changed => {}
            }
        }
    }
}

/// Waits until everything up to the position is committed, by asking how far others are with the slices
/// that they work on, as long as there are such.
async fn others<V>(current: &Current<V>, wanted: Position) -> Result<(), ViewError> {
    let Some(store) = &current.store else { return std::future::pending().await };
    let mut pause = ASK_FIRST;
    loop {
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(ASK_LAST);
        if current.reached.is_shared() {
            let slices = store.slices(current.view).await?;
            if current.reached.with_others(&slices) >= wanted {
                return Ok(());
            }
        }
    }
}
