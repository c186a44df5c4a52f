//! How a query goes about it: Redis has no planner, so one index is chosen here to find the rows and to
//! order them.

use factum_core::view::{Select, ViewError};

use super::super::scripts::Script;
use super::super::value::{list, number};
use super::range::{Narrowed, Range};
use super::table::{Index, Table};

/// A walk along an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) index: Index,
    /// The greatest value first.
    pub(super) down: bool,
    pub(super) ranges: Vec<Range>,
    /// Whether it comes by the rows in the order of the first sort, or of the keys where there is none.
    pub(super) ordered: bool,
    /// Whether the conditions hold of all rows along it.
    pub(super) exact: bool,
    /// After how many rows to give up.
    pub(super) most: usize,
}

/// Which ways to try, the best first; another one where that was given up.
pub(super) async fn ways(
    table: &Table<'_>,
    select: &Select,
    bound: usize,
) -> Result<Vec<Way>, ViewError> {
    let narrowed = Narrowed::by(&select.conditions, table.columns);
    let ways = possible(&narrowed, select, bound);
    if ways.len() < 2 {
        return Ok(ways);
    }
    let counts = counts(table, &ways).await?;
    Ok(chosen(ways.into_iter().zip(counts).collect(), select.limit))
}

/// The walk along the order that is wanted, and those along each column that a condition narrows.
fn possible(narrowed: &Narrowed, select: &Select, bound: usize) -> Vec<Way> {
    let sort = select.sorts.first();
    let index = sort.map_or(Index::Key, |sort| Index::Column(sort.column));
    let down = sort.is_some_and(|sort| sort.descending);
    if narrowed.nothing {
        let ranges = Vec::new();
        return vec![Way { index, down, ranges, ordered: true, exact: true, most: bound }];
    }
    let others = |column: &usize| narrowed.columns.keys().all(|other| other == column);
    let mut ranges = vec![Range::ALL];
    let mut exact = !narrowed.rest && narrowed.columns.is_empty();
    let mut ways = Vec::new();
    for (column, narrow) in &narrowed.columns {
        let alone = !narrowed.rest && others(column);
        if index == Index::Column(*column) {
            (ranges, exact) = (narrow.clone(), alone);
            continue;
        }
        // Rows with one value stand in the order of their keys.
        let is_one = matches!(&**narrow, [range] if range.is_one_value());
        ways.push(Way {
            index: Index::Column(*column),
            down: false,
            ranges: narrow.clone(),
            ordered: is_one && select.sorts.is_empty(),
            exact: alone,
            most: bound,
        });
    }
    ways.insert(0, Way { index, down, ranges, ordered: true, exact, most: bound });
    ways
}

/// Of ways with so many rows each: the one with the fewest; before it the one along the order, where a
/// limit lets it end early.
fn chosen(ways: Vec<(Way, usize)>, limit: Option<usize>) -> Vec<Way> {
    let along_order = ways.first().cloned();
    let shortest = ways.into_iter().min_by_key(|(_, rows)| *rows);
    let (Some((first, all)), Some((shortest, fewest))) = (along_order, shortest) else {
        return Vec::new();
    };
    // If those that are wanted are spread evenly over it.
    let until_enough = |limit: usize| limit.saturating_mul(all) / fewest.max(1);
    if shortest.index != first.index
        && !shortest.ordered
        && limit.is_some_and(|limit| until_enough(limit) < fewest)
    {
        let most = first.most.min(fewest);
        return vec![Way { most, ..first }, shortest];
    }
    vec![shortest]
}

/// How many rows there are along each way.
pub(super) async fn counts(table: &Table<'_>, ways: &[Way]) -> Result<Vec<usize>, ViewError> {
    let mut args = Vec::new();
    for way in ways {
        args.push(table.index(way.index).into_bytes());
        args.push(way.ranges.len().to_string().into_bytes());
        args.extend(way.ranges.iter().flat_map(Range::bounds));
    }
    let keys = vec![table.of.state.as_bytes()];
    let answer = table.of.ask(Script::Count, keys, &args).await?;
    let odd = |_| table.of.odd("the size of an index");
    let counts = list(answer).map_err(odd)?;
    if counts.len() != ways.len() {
        return Err(table.of.missing());
    }
    let count = |value| Ok(usize::try_from(number(value).map_err(odd)?).unwrap_or(usize::MAX));
    counts.iter().map(count).collect()
}

/// The way along which all rows are those of which the conditions hold, if there is one: they need not be
/// looked at to be counted.
pub(super) fn exact(table: &Table<'_>, select: &Select) -> Option<Way> {
    let narrowed = Narrowed::by(&select.conditions, table.columns);
    possible(&narrowed, select, usize::MAX).into_iter().find(|way| way.exact)
}

#[cfg(test)]
mod tests {
    use factum_core::view::{Comparison, Condition, Sort, Value};

    use super::*;

    fn compare(column: usize, comparison: Comparison, value: u64) -> Condition {
        Condition::Compare { column, comparison, value: Value::Uint(value) }
    }

    /// The columns that are walked along where each has so many rows, and how far.
    fn along(select: &Select, rows: &[usize]) -> Vec<(Index, usize)> {
        let ways = possible(&Narrowed::by(&select.conditions, 9), select, 1000);
        assert_eq!(ways.len(), rows.len());
        let ways = chosen(ways.into_iter().zip(rows.iter().copied()).collect(), select.limit);
        ways.into_iter().map(|way| (way.index, way.most)).collect()
    }

    #[test]
    fn the_shortest_way_is_taken() {
        let conditions = vec![compare(1, Comparison::Eq, 7), compare(2, Comparison::Gt, 7)];
        let select = Select { conditions, ..Select::default() };
        assert_eq!(along(&select, &[900, 10, 500]), [(Index::Column(1), 1000)]);
        assert_eq!(along(&select, &[900, 500, 10]), [(Index::Column(2), 1000)]);
    }

    #[test]
    fn the_order_is_followed_where_that_ends_early_and_given_up_where_it_does_not() {
        let conditions = vec![compare(1, Comparison::Ge, 7)];
        let sorts = vec![Sort { column: 0, descending: true }];
        let select = Select { conditions, sorts, limit: Some(10) };
        let both = [(Index::Column(0), 500), (Index::Column(1), 1000)];
        assert_eq!(along(&select, &[900, 500]), both);
        assert_eq!(along(&select, &[900, 20]), [(Index::Column(1), 1000)]);
        let all = Select { limit: None, ..select };
        assert_eq!(along(&all, &[900, 500]), [(Index::Column(1), 1000)]);
    }

    #[test]
    fn a_way_is_exact_where_it_has_all_that_the_conditions_say() {
        let is_exact = |conditions: Vec<Condition>, columns: usize| {
            let select = Select { conditions, ..Select::default() };
            let ways = possible(&Narrowed::by(&select.conditions, columns), &select, 1000);
            ways.iter().map(|way| way.exact).collect::<Vec<_>>()
        };
        let [one, other] = [1, 2].map(|column| compare(column, Comparison::Ne, 7));
        assert_eq!(is_exact(vec![], 9), [true]);
        assert_eq!(is_exact(vec![one.clone(), one.clone()], 9), [false, true]);
        assert_eq!(is_exact(vec![one.clone(), other.clone()], 9), [false, false, false]);
        assert_eq!(
            is_exact(vec![one.clone(), Condition::Any(vec![one, other])], 9),
            [false, false]
        );
    }

    #[test]
    fn rows_with_one_value_are_in_order() {
        let conditions = vec![compare(1, Comparison::Eq, 7)];
        let select = Select { conditions, limit: Some(10), ..Select::default() };
        assert_eq!(along(&select, &[900, 500]), [(Index::Column(1), 1000)]);
    }
}
