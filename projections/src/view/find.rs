use std::fmt;

use factum_core::Projection;
use factum_core::view::{Filter, Order, Select};

use super::{QueryError, View, Watch};

/// A query for rows of the view `V`, to be ended with [`all`](Self::all), [`first`](Self::first),
/// [`count`](Self::count) or [`watch`](Self::watch). Rows that the orders leave equal come in the order of their keys.
#[must_use = "a query asks nothing until `all`, `first` or `count`"]
pub struct Find<V> {
    pub(super) view: View<V>,
    select: Select,
}

impl<V> Clone for Find<V> {
    fn clone(&self) -> Self {
        Self { view: self.view.clone(), select: self.select.clone() }
    }
}

impl<V> fmt::Debug for Find<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Find").field("view", &self.view).field("select", &self.select).finish()
    }
}

impl<V: Projection> Find<V> {
    pub(super) fn new(view: View<V>) -> Self {
        Self { view, select: Select::default() }
    }

    /// Only rows that this filter wants, beside those before it.
    pub fn filter(mut self, filter: Filter<V>) -> Self {
        self.select.conditions.push(filter.into_condition());
        self
    }

    /// In this order, where those before it leave rows equal.
    pub fn order_by(mut self, order: Order<V>) -> Self {
        self.select.sorts.push(order.into_sort());
        self
    }

    /// At most this many rows.
    pub fn limit(mut self, rows: usize) -> Self {
        self.select.limit = Some(rows);
        self
    }

    /// The rows. Cancellation-safe.
    ///
    /// # Errors
    /// [`QueryError`] if the view did not come to the position in time, or could not be read.
    pub async fn all(self) -> Result<Vec<V>, QueryError> {
        let rows = self.view.rows().await?;
        Ok(rows.select(self.select).await?)
    }

    /// The first of the rows. Cancellation-safe.
    ///
    /// # Errors
    /// [`QueryError`] if the view did not come to the position in time, or could not be read.
    pub async fn first(self) -> Result<Option<V>, QueryError> {
        let limit = self.select.limit.unwrap_or(1).min(1);
        Ok(self.limit(limit).all().await?.into_iter().next())
    }

    /// The rows as [`all`](Self::all) gives them, and again each time that they have changed.
    pub fn watch(self) -> Watch<V> {
        Watch::new(self)
    }

    /// How many rows there are, at most the limit. Cancellation-safe.
    ///
    /// # Errors
    /// [`QueryError`] if the view did not come to the position in time, or could not be read.
    pub async fn count(self) -> Result<usize, QueryError> {
        let rows = self.view.rows().await?;
        let count = rows.count(self.select.conditions).await?;
        Ok(count.min(self.select.limit.unwrap_or(usize::MAX)))
    }
}
