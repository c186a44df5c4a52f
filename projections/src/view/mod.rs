//! How views are asked.

mod error;
mod find;
mod parked;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use factum_core::Projection;
use factum_core::id::AsId;
use factum_core::store::BoxFuture;
use factum_core::store::Position;
use factum_core::view::{self, Filter, ViewError};

use tokio::sync::mpsc;

use crate::rows::{Ask, MissingRows, spec};
use crate::runner::{Order, Reached, Status};

pub use error::QueryError;
pub use find::Find;
pub use parked::Parked;

/// How long a query waits for the view, unless it says otherwise.
const WITHIN: Duration = Duration::from_secs(5);

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
    rows: Arc<dyn Ask<V>>,
    reached: Reached,
    orders: mpsc::Sender<Order>,
    after: Option<Position>,
    within: Duration,
}

impl<V> Clone for View<V> {
    fn clone(&self) -> Self {
        let (rows, reached) = (self.rows.clone(), self.reached.clone());
        let (after, within) = (self.after, self.within);
        Self { rows, reached, orders: self.orders.clone(), after, within }
    }
}

impl<V> fmt::Debug for View<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reached, after, within, .. } = self;
        write!(f, "View({}, reached {}", reached.view(), reached.position())?;
        if let Some(after) = after {
            write!(f, ", after {after} within {within:?}")?;
        }
        f.write_str(")")
    }
}

impl<V: Projection> View<V> {
    pub(crate) fn new(
        rows: Arc<dyn Ask<V>>,
        reached: Reached,
        orders: mpsc::Sender<Order>,
    ) -> Self {
        Self { rows, reached, orders, after: None, within: WITHIN }
    }

    /// The view of a projection that nobody runs: each query gives [`ViewError::Missing`].
    pub fn missing() -> Self {
        let view = spec::<V>().id;
        let (status, reached) = Status::new(view);
        status.end(ViewError::Missing { view }.into());
        // Nobody takes an order.
        let (orders, _) = mpsc::channel(1);
        Self::new(Arc::new(MissingRows::new()), reached, orders)
    }

    /// How far the view is: it has seen everything up to here.
    pub fn reached(&self) -> Position {
        self.reached.position()
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
            view.wait().await?;
            Ok(view.rows.get(&key).await?)
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

    /// What the projection could not take in, and what waits behind it.
    pub fn parked(&self) -> Parked<V> {
        Parked::new(self.clone())
    }

    fn find(&self) -> Find<V> {
        Find::new(self.clone())
    }

    async fn wait(&self) -> Result<(), QueryError> {
        let Some(wanted) = self.after else { return Ok(()) };
        let mut reached = self.reached.clone();
        match tokio::time::timeout(self.within, reached.wait(wanted)).await {
            Ok(there) => Ok(there?),
            Err(_) => Err(QueryError::Late {
                view: self.reached.view(),
                wanted,
                reached: self.reached(),
                within: self.within,
                cause: self.reached.trouble().map(Box::new),
            }),
        }
    }
}
