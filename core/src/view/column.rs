use std::fmt;
use std::marker::PhantomData;

use super::{Comparison, Condition, Indexable, Sort, Value, ValueKind};

/// A column of a view's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnSpec {
    /// The field's name.
    pub name: &'static str,
    /// The kind of its values.
    pub kind: ValueKind,
}

/// Marks a column that has an index.
#[derive(Clone, Copy, Debug)]
pub enum Indexed {}

/// A column of the view `V` with values of type `T`: a constant that `#[derive(Projection)]` makes
/// for each field, and that filters and orders are written with. Only those marked `#[index]` can be
/// compared.
pub struct Column<V, T, I = Indexed> {
    index: usize,
    types: PhantomData<Types<V, T, I>>,
}

type Types<V, T, I> = fn() -> (V, T, I);

impl<V, T, I> Clone for Column<V, T, I> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<V, T, I> Copy for Column<V, T, I> {}
impl<V, T, I> fmt::Debug for Column<V, T, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Column({})", self.index)
    }
}

impl<V, T, I> Column<V, T, I> {
    /// The column at this place of [`Projection::COLUMNS`](crate::Projection::COLUMNS).
    pub const fn new(index: usize) -> Self {
        Self { index, types: PhantomData }
    }
}

impl<V, T: Indexable> Column<V, T, Indexed> {
    fn compare(self, comparison: Comparison, value: Value) -> Filter<V> {
        Filter::new(Condition::Compare { column: self.index, comparison, value })
    }

    /// Rows whose value is equal.
    pub fn eq(self, value: impl Into<T>) -> Filter<V> {
        self.compare(Comparison::Eq, value.into().value())
    }
    /// Rows whose value is another.
    pub fn ne(self, value: impl Into<T>) -> Filter<V> {
        self.compare(Comparison::Ne, value.into().value())
    }
    /// Rows whose value is less.
    pub fn lt(self, value: impl Into<T>) -> Filter<V> {
        self.compare(Comparison::Lt, value.into().value())
    }
    /// Rows whose value is less or equal.
    pub fn le(self, value: impl Into<T>) -> Filter<V> {
        self.compare(Comparison::Le, value.into().value())
    }
    /// Rows whose value is greater.
    pub fn gt(self, value: impl Into<T>) -> Filter<V> {
        self.compare(Comparison::Gt, value.into().value())
    }
    /// Rows whose value is greater or equal.
    pub fn ge(self, value: impl Into<T>) -> Filter<V> {
        self.compare(Comparison::Ge, value.into().value())
    }
    /// Smallest first.
    pub fn asc(self) -> Order<V> {
        Order { sort: Sort { column: self.index, descending: false }, view: PhantomData }
    }
    /// Greatest first.
    pub fn desc(self) -> Order<V> {
        Order { sort: Sort { column: self.index, descending: true }, view: PhantomData }
    }
}

/// Which rows of the view `V` are wanted.
pub struct Filter<V> {
    condition: Condition,
    view: PhantomData<fn() -> V>,
}

impl<V> Filter<V> {
    fn new(condition: Condition) -> Self {
        Self { condition, view: PhantomData }
    }

    /// Rows that both want.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::new(Condition::All(vec![self.condition, other.condition]))
    }

    /// Rows that either wants.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self::new(Condition::Any(vec![self.condition, other.condition]))
    }

    /// The condition, as a backend sees it.
    pub fn into_condition(self) -> Condition {
        self.condition
    }
}

impl<V> fmt::Debug for Filter<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.condition.fmt(f)
    }
}

/// In which order rows of the view `V` are wanted.
pub struct Order<V> {
    sort: Sort,
    view: PhantomData<fn() -> V>,
}

impl<V> Order<V> {
    /// The order, as a backend sees it.
    pub fn into_sort(self) -> Sort {
        self.sort
    }
}

impl<V> fmt::Debug for Order<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sort.fmt(f)
    }
}
