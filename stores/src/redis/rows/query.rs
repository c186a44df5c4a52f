use bytes::Bytes;
use factum_core::view::{Condition, Row, Select, Value, ViewError, ViewSpec, check_conditions};

use super::super::Shared;
use super::super::request::Request;
use super::super::value::{bytes, list, number};
use super::packed;
use super::plan::{self, Way};
use super::scan::{Visit, Walked, walk};
use super::table::Table;

/// The bodies of the rows with these keys, all of one moment.
pub(super) async fn load(
    shared: &Shared,
    view: &ViewSpec,
    keys: &[String],
) -> Result<Vec<Option<Bytes>>, ViewError> {
    let table = Table::of(shared, view);
    let mut is_there = redis::cmd("EXISTS");
    is_there.arg(&table.of.state);
    let mut commands = vec![is_there];
    if !keys.is_empty() {
        let mut rows = redis::cmd("HMGET");
        rows.arg(&table.rows).arg(keys);
        commands.push(rows);
    }
    let answer = shared.ask(&Request::commands(commands)).await;
    let mut answer = answer.map_err(|source| table.of.failed(source))?.into_iter();
    let odd = || table.of.odd("a row");
    if number(&answer.next().unwrap_or_default()) != Ok(1) {
        return Err(table.of.missing());
    }
    let rows = list(answer.next().unwrap_or_default()).map_err(|_| odd())?;
    let body = |row| match row {
        redis::Value::Nil => Ok(None),
        row => bytes(row).ok().and_then(packed::body).map(Some).ok_or_else(odd),
    };
    rows.into_iter().map(body).collect()
}

/// The bodies of the rows that are wanted.
pub(super) async fn select(
    shared: &Shared,
    view: &ViewSpec,
    mut select: Select,
) -> Result<Vec<Bytes>, ViewError> {
    let table = checked(shared, view, &select.conditions)?;
    select.sorts.retain(|sort| sort.column < table.columns);
    let bound = shared.options.rows_per_query;
    for way in plan::ways(&table, &select, bound).await? {
        let mut wanted = Wanted { select: &select, way: &way, rows: Vec::new() };
        if walk(&table, &way, &select.conditions, &mut wanted).await? == Walked::Whole {
            return Ok(wanted.bodies());
        }
    }
    Err(ViewError::TooManyRows { view: view.id, limit: bound })
}

/// How many rows there are of which the conditions hold.
pub(super) async fn count(
    shared: &Shared,
    view: &ViewSpec,
    conditions: Vec<Condition>,
) -> Result<usize, ViewError> {
    let table = checked(shared, view, &conditions)?;
    let select = Select { conditions, ..Select::default() };
    if let Some(way) = plan::exact(&table, &select) {
        return Ok(plan::counts(&table, &[way]).await?.into_iter().sum());
    }
    let bound = shared.options.rows_per_query;
    for way in plan::ways(&table, &select, bound).await? {
        let mut counted = Counted(0);
        if walk(&table, &way, &select.conditions, &mut counted).await? == Walked::Whole {
            return Ok(counted.0);
        }
    }
    Err(ViewError::TooManyRows { view: view.id, limit: bound })
}

fn checked<'a>(
    shared: &'a Shared,
    view: &ViewSpec,
    conditions: &[Condition],
) -> Result<Table<'a>, ViewError> {
    check_conditions(conditions)
        .map_err(|problem| ViewError::BadFilter { view: view.id, problem })?;
    Ok(Table::of(shared, view))
}

/// The rows that a query wants, as far as it has come.
struct Wanted<'a> {
    select: &'a Select,
    way: &'a Way,
    rows: Vec<Row>,
}

/// How many rows beyond those that are wanted are kept until they are sorted out.
const SPARE: usize = 4096;
/// How many rows are read at first where a look at each decides which are wanted.
const FIRST: usize = 256;

impl Wanted<'_> {
    fn bodies(&self) -> Vec<Bytes> {
        self.select.apply(&self.rows).into_iter().map(|row| row.body.clone()).collect()
    }

    /// Whether the rows that come first are those that are wanted.
    fn is_sorted(&self) -> bool {
        self.way.ordered && self.select.sorts.len() < 2
    }
}

impl Visit for Wanted<'_> {
    const BODIES: bool = true;

    fn restart(&mut self) {
        self.rows.clear();
    }

    fn row(&mut self, row: Row) {
        self.rows.push(row);
        if let Some(limit) = self.select.limit
            && self.rows.len() >= limit.saturating_mul(2).saturating_add(SPARE)
        {
            self.rows = self.select.apply(&self.rows).into_iter().cloned().collect();
        }
    }

    fn ahead(&self) -> usize {
        let left = self.select.limit.map(|limit| limit.saturating_sub(self.rows.len()));
        match left.filter(|_| self.way.ordered) {
            Some(left) if self.way.exact && self.is_sorted() => left,
            Some(left) => left.saturating_mul(2).max(FIRST),
            None => usize::MAX,
        }
    }

    fn is_done(&self) -> bool {
        let is_enough = |limit| self.rows.len() >= limit;
        self.select.limit.is_some_and(|limit| limit == 0 || self.is_sorted() && is_enough(limit))
    }

    fn is_beyond(&self, values: &[Value]) -> bool {
        let last = self.select.limit.and_then(|limit| self.rows.get(limit.checked_sub(1)?));
        // Of those that the first sort leaves equal to the last one, a later one may come before it.
        match (last, self.select.sorts.first()) {
            (Some(last), Some(sort)) if self.way.ordered => {
                values.get(sort.column) != last.values.get(sort.column)
            }
            _ => false,
        }
    }
}

/// How many rows were visited.
struct Counted(usize);

impl Visit for Counted {
    const BODIES: bool = false;

    fn restart(&mut self) {
        self.0 = 0;
    }

    fn row(&mut self, _: Row) {
        self.0 += 1;
    }

    fn ahead(&self) -> usize {
        usize::MAX
    }

    fn is_done(&self) -> bool {
        false
    }

    fn is_beyond(&self, _: &[Value]) -> bool {
        false
    }
}
