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

impl fmt::Display for ColumnSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.kind)
    }
}

/// Marks a column that has an index.
#[derive(Clone, Copy, Debug)]
pub enum Indexed {}

/// Marks a field that has none: no backend keeps its values apart from the row.
#[derive(Clone, Copy, Debug)]
pub enum NotIndexed {}

/// Says that a column with values of type `T` can be compared: only an [`Indexed`] one can.
#[diagnostic::on_unimplemented(
    message = "this field of the view has no index",
    label = "cannot be compared or sorted by",
    note = "write `#[index]` on the field of the projection, and raise the projection's `version`"
)]
pub trait Comparable<T> {
    /// The value, as a backend sees it.
    fn value(value: T) -> Value;
}

impl<T: Indexable> Comparable<T> for Indexed {
    fn value(value: T) -> Value {
        value.value()
    }
}

/// A value that a column with values of type `T` is compared with: a `T`, and for texts a `&str`; for
/// an `Option` also what is in it.
///
/// It is not `Into<T>`, by which `ge(100)` would not tell the type of the number.
#[diagnostic::on_unimplemented(
    message = "a column of `{T}` cannot be compared with `{Self}`",
    label = "expected `{T}`"
)]
pub trait Operand<T> {
    /// The value, as one of the column.
    fn operand(self) -> T;
}

impl<T> Operand<T> for T {
    fn operand(self) -> T {
        self
    }
}
impl<T> Operand<Option<T>> for T {
    fn operand(self) -> Option<T> {
        Some(self)
    }
}
impl Operand<String> for &str {
    fn operand(self) -> String {
        self.to_owned()
    }
}
impl Operand<Option<String>> for &str {
    fn operand(self) -> Option<String> {
        Some(self.to_owned())
    }
}

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

impl<V, T> Column<V, T, Indexed> {
    /// The column at this place of [`Projection::COLUMNS`](crate::Projection::COLUMNS).
    pub const fn new(index: usize) -> Self {
        Self { index, types: PhantomData }
    }
}

impl<V, T> Column<V, T, NotIndexed> {
    /// A field that has no place there.
    pub const fn without_index() -> Self {
        Self { index: usize::MAX, types: PhantomData }
    }
}

// The bounds sit on the methods: a call for a field without index is one error that says so.
impl<V, T, I> Column<V, T, I> {
    fn compare(self, comparison: Comparison, value: impl Operand<T>) -> Filter<V>
    where
        I: Comparable<T>,
    {
        let value = I::value(value.operand());
        Filter::new(Condition::Compare { column: self.index, comparison, value })
    }

    /// Rows whose value is equal.
    pub fn eq(self, value: impl Operand<T>) -> Filter<V>
    where
        I: Comparable<T>,
    {
        self.compare(Comparison::Eq, value)
    }
    /// Rows whose value is another.
    pub fn ne(self, value: impl Operand<T>) -> Filter<V>
    where
        I: Comparable<T>,
    {
        self.compare(Comparison::Ne, value)
    }
    /// Rows whose value is less.
    pub fn lt(self, value: impl Operand<T>) -> Filter<V>
    where
        I: Comparable<T>,
    {
        self.compare(Comparison::Lt, value)
    }
    /// Rows whose value is less or equal.
    pub fn le(self, value: impl Operand<T>) -> Filter<V>
    where
        I: Comparable<T>,
    {
        self.compare(Comparison::Le, value)
    }
    /// Rows whose value is greater.
    pub fn gt(self, value: impl Operand<T>) -> Filter<V>
    where
        I: Comparable<T>,
    {
        self.compare(Comparison::Gt, value)
    }
    /// Rows whose value is greater or equal.
    pub fn ge(self, value: impl Operand<T>) -> Filter<V>
    where
        I: Comparable<T>,
    {
        self.compare(Comparison::Ge, value)
    }
    /// Smallest first.
    pub fn asc(self) -> Order<V>
    where
        I: Comparable<T>,
    {
        Order { sort: Sort { column: self.index, descending: false }, view: PhantomData }
    }
    /// Greatest first.
    pub fn desc(self) -> Order<V>
    where
        I: Comparable<T>,
    {
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
        let mut all = match self.condition {
            Condition::All(all) => all,
            one => vec![one],
        };
        match other.condition {
            Condition::All(more) => all.extend(more),
            one => all.push(one),
        }
        Self::new(Condition::All(all))
    }

    /// Rows that either wants.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let mut any = match self.condition {
            Condition::Any(any) => any,
            one => vec![one],
        };
        match other.condition {
            Condition::Any(more) => any.extend(more),
            one => any.push(one),
        }
        Self::new(Condition::Any(any))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_of_one_kind_make_one_list() {
        let cents: Column<(), u64> = Column::new(0);
        let one = |n: u64| cents.eq(n);
        let any = (1..5000).map(one).fold(one(0), Filter::or);
        let all = (1..5000).map(one).fold(one(0), Filter::and);
        let mixed = one(1).or(one(2)).and(one(3).and(one(4)));
        assert!(matches!(any.into_condition(), Condition::Any(list) if list.len() == 5000));
        assert!(matches!(all.into_condition(), Condition::All(list) if list.len() == 5000));
        match mixed.into_condition() {
            Condition::All(list) => {
                assert_eq!(list.len(), 3);
                assert!(matches!(list.first(), Some(Condition::Any(any)) if any.len() == 2));
            }
            other => panic!("{other:?}"),
        }
    }
}
