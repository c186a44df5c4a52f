use std::cmp::Ordering;

use super::{Row, Value};

/// A query over the rows of one view, as a backend sees it. Rows that the sorts leave equal come in
/// the order of their keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Select {
    /// All of these must hold.
    pub conditions: Vec<Condition>,
    /// The first decides, the others where it leaves rows equal.
    pub sorts: Vec<Sort>,
    /// How many rows at the most.
    pub limit: Option<usize>,
}

impl Select {
    /// The rows that are wanted, in the order that is wanted, by a look at each: what a query means,
    /// for backends without indexes and for tests of those that have them.
    ///
    /// ```
    /// use factum_core::view::{Comparison, Condition, Row, Select, Sort, Value};
    ///
    /// let row = |key: &str, cents| Row {
    ///     key: key.into(), values: vec![Value::Uint(cents)], body: "{}".into()
    /// };
    /// let rows = [row("d", 1), row("c", 5), row("b", 7), row("a", 5)];
    /// let value = Value::Uint(5);
    /// let conditions = vec![Condition::Compare { column: 0, comparison: Comparison::Ge, value }];
    /// let sorts = vec![Sort { column: 0, descending: true }];
    /// let rich = Select { conditions, sorts, limit: Some(2) };
    /// let keys: Vec<_> = rich.apply(&rows).iter().map(|row| &*row.key).collect();
    /// assert_eq!(keys, ["b", "a"]);
    /// ```
    pub fn apply<'a>(&self, rows: impl IntoIterator<Item = &'a Row>) -> Vec<&'a Row> {
        let holds = |row: &&Row| self.conditions.iter().all(|c| c.holds(&row.values));
        let mut wanted: Vec<&Row> = rows.into_iter().filter(holds).collect();
        wanted.sort_by(|a, b| self.compare(a, b));
        wanted.truncate(self.limit.unwrap_or(usize::MAX));
        wanted
    }

    fn compare(&self, a: &Row, b: &Row) -> Ordering {
        let by = |sort: &Sort| {
            let order = a.values.get(sort.column).cmp(&b.values.get(sort.column));
            if sort.descending { order.reverse() } else { order }
        };
        let decided = self.sorts.iter().map(by).find(|order| order.is_ne());
        decided.unwrap_or_else(|| a.key.cmp(&b.key))
    }
}

/// What must hold of a row. Columns are places in the view's list of columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// A comparison with a value. A null is equal to a null and less than every other value.
    Compare {
        /// The column.
        column: usize,
        /// How.
        comparison: Comparison,
        /// With what.
        value: Value,
    },
    /// All of them.
    All(Vec<Condition>),
    /// At least one of them.
    Any(Vec<Condition>),
}

/// A filter that no row store takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadFilter {
    /// Lists stand in lists too deep.
    #[error(
        "its conditions are nested deeper than {limit} levels: put those of one kind into one list"
    )]
    TooDeep {
        /// How many levels there may be.
        limit: usize,
    },
    /// It is too long.
    #[error("it has more than {limit} conditions: ask in several queries")]
    TooLong {
        /// How many there may be.
        limit: usize,
    },
}

/// What every row store checks of a query's conditions before it works on them, so that none has to
/// follow them without an end.
///
/// # Errors
/// [`BadFilter`] if there are more than 5,000 conditions (SQLite's time to prepare a query grows with
/// the square of their number, and is seconds there), or lists in more than 64 levels.
pub fn check_conditions(conditions: &[Condition]) -> Result<(), BadFilter> {
    const LEVELS: usize = 64;
    const CONDITIONS: usize = 5_000;
    let mut left = CONDITIONS;
    // A list of those still to be looked at, as the depth may be any.
    let mut open: Vec<(usize, &Condition)> = conditions.iter().map(|c| (1, c)).collect();
    while let Some((level, condition)) = open.pop() {
        left = left.checked_sub(1).ok_or(BadFilter::TooLong { limit: CONDITIONS })?;
        if let Condition::All(inner) | Condition::Any(inner) = condition {
            if level > LEVELS {
                return Err(BadFilter::TooDeep { limit: LEVELS });
            }
            open.extend(inner.iter().map(|condition| (level + 1, condition)));
        }
    }
    Ok(())
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
}

/// One order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// The column.
    pub column: usize,
    /// Greatest first.
    pub descending: bool,
}

impl Condition {
    /// Whether it holds of a row with these values.
    pub fn holds(&self, values: &[Value]) -> bool {
        match self {
            Self::All(conditions) => conditions.iter().all(|c| c.holds(values)),
            Self::Any(conditions) => conditions.iter().any(|c| c.holds(values)),
            Self::Compare { column, comparison, value } => {
                values.get(*column).is_some_and(|actual| comparison.holds(actual, value))
            }
        }
    }
}

impl Comparison {
    /// Whether it holds between two values.
    pub fn holds(self, actual: &Value, wanted: &Value) -> bool {
        match self {
            Self::Eq => actual == wanted,
            Self::Ne => actual != wanted,
            Self::Lt => actual < wanted,
            Self::Le => actual <= wanted,
            Self::Gt => actual > wanted,
            Self::Ge => actual >= wanted,
        }
    }
}
