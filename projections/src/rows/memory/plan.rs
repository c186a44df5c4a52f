//! Which index serves a query.

use std::ops::Bound;

use factum_core::view::{Comparison, Condition, Select, Sort, Value};

use super::index::{Bounds, Index, Keys};

/// The rows to look at: they hold all that are wanted.
pub(super) struct Plan<'a> {
    /// Their keys, in groups. Within a group they are in order.
    pub(super) groups: Box<dyn Iterator<Item = &'a Keys> + 'a>,
    /// How many of the query's sorts the order of the groups fulfils; `None` if the order of the
    /// groups means nothing.
    pub(super) sorted: Option<usize>,
}

/// What a plan chooses from.
#[derive(Clone, Copy)]
pub(super) struct Indexes<'a> {
    pub(super) keys: &'a Keys,
    pub(super) columns: &'a [Index],
}

impl<'a> Indexes<'a> {
    /// Rows that are equal in a column are the first choice, unless a walk in the wanted order is
    /// likely to fill the limit sooner. A range comes next, then all rows.
    pub(super) fn plan(self, select: &Select) -> Plan<'a> {
        let mut compares = Vec::new();
        flatten(&select.conditions, &mut compares);
        match self.smallest_group(&compares) {
            Some(None) => Plan::group(None),
            Some(Some(equal)) if self.walk_is_shorter(select, equal) => {
                self.walk(select, &compares).unwrap_or(Plan::group(Some(equal)))
            }
            Some(Some(equal)) => Plan::group(Some(equal)),
            None => self.range_or_walk(select, &compares),
        }
    }

    /// The smallest group that an equality leaves: `Some(None)` if one of them leaves none.
    fn smallest_group(self, compares: &[Compare<'_>]) -> Option<Option<&'a Keys>> {
        let equals = compares.iter().filter(|c| c.comparison == Comparison::Eq);
        let groups = equals.map(|c| self.columns.get(c.column)?.group(c.value));
        groups.min_by_key(|group| group.map_or(0, Keys::len))
    }

    /// Whether walking in order until the limit is full looks at fewer rows than the group has, if
    /// its rows are spread evenly.
    fn walk_is_shorter(self, select: &Select, equal: &Keys) -> bool {
        select.limit.is_some_and(|limit| {
            limit.saturating_mul(self.keys.len()) / equal.len().max(1) < equal.len()
        })
    }

    fn range_or_walk(self, select: &Select, compares: &[Compare<'_>]) -> Plan<'a> {
        let walk = || self.walk(select, compares);
        let range = || self.range(select, compares);
        let first =
            if select.limit.is_some() { walk().or_else(range) } else { range().or_else(walk) };
        first.unwrap_or(Plan::group(Some(self.keys)))
    }

    /// In the order of the first sort.
    fn walk(self, select: &Select, compares: &[Compare<'_>]) -> Option<Plan<'a>> {
        let sort = select.sorts.first()?;
        self.column(sort.column, sort.descending, compares, Some(1))
    }

    /// By the first column that has a range.
    fn range(self, select: &Select, compares: &[Compare<'_>]) -> Option<Plan<'a>> {
        let column = compares.iter().find(|c| c.comparison != Comparison::Ne)?.column;
        match select.sorts.first() {
            Some(&Sort { column: sorted, descending }) if sorted == column => {
                self.column(column, descending, compares, Some(1))
            }
            _ => self.column(column, false, compares, None),
        }
    }

    fn column(
        self,
        column: usize,
        descending: bool,
        compares: &[Compare<'_>],
        sorted: Option<usize>,
    ) -> Option<Plan<'a>> {
        let bounds = bounds(compares.iter().filter(|c| c.column == column));
        let groups = self.columns.get(column)?.groups(bounds, descending);
        Some(Plan { groups, sorted })
    }
}

impl<'a> Plan<'a> {
    fn group(keys: Option<&'a Keys>) -> Self {
        Self { groups: Box::new(keys.into_iter()), sorted: Some(0) }
    }
}

/// A comparison that must hold.
struct Compare<'c> {
    column: usize,
    comparison: Comparison,
    value: &'c Value,
}

fn flatten<'c>(conditions: &'c [Condition], out: &mut Vec<Compare<'c>>) {
    for condition in conditions {
        match condition {
            Condition::All(conditions) => flatten(conditions, out),
            Condition::Any(_) => {}
            Condition::Compare { column, comparison, value } => {
                out.push(Compare { column: *column, comparison: *comparison, value });
            }
        }
    }
}

/// The narrowest bounds that the comparisons of one column leave.
fn bounds<'c>(compares: impl Iterator<Item = &'c Compare<'c>>) -> Bounds<'c> {
    let (mut low, mut high) = (Bound::Unbounded, Bound::Unbounded);
    for Compare { comparison, value, .. } in compares {
        match comparison {
            Comparison::Gt => low = tighter(low, Bound::Excluded(*value), |new, old| new > old),
            Comparison::Ge => low = tighter(low, Bound::Included(*value), |new, old| new > old),
            Comparison::Lt => high = tighter(high, Bound::Excluded(*value), |new, old| new < old),
            Comparison::Le => high = tighter(high, Bound::Included(*value), |new, old| new < old),
            Comparison::Eq | Comparison::Ne => {}
        }
    }
    (low, high)
}

fn tighter<'c>(
    old: Bound<&'c Value>,
    new: Bound<&'c Value>,
    beyond: fn(&Value, &Value) -> bool,
) -> Bound<&'c Value> {
    match (old, new) {
        (Bound::Unbounded, new) => new,
        (Bound::Included(a), Bound::Excluded(b)) if a == b => new,
        (Bound::Included(a) | Bound::Excluded(a), Bound::Included(b) | Bound::Excluded(b))
            if beyond(b, a) =>
        {
            new
        }
        (old, _) => old,
    }
}
