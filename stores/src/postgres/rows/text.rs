//! Queries as SQL.
//!
//! *Problem.* For a view a null is less than every value, and SQL's own null compares with nothing: `x < 5
//! or x is null` is no range of an index, and a query that goes down from 5 would look at all that is
//! above it. *Shape.* Where another condition says that the column is not null, the comparison stands
//! alone. Otherwise the table is looked at twice, for what is less and for the nulls, each time in the
//! order that is wanted.

use factum_core::view::{Comparison, Condition, Select, Value};

use super::super::fault::integer;
use super::table::{Column, Table};
use super::value::{Sql, kind_of, least};
use crate::rows::values_of_one_column;

/// A query as SQL, and the values for its parameters.
pub(super) struct Text<'a> {
    pub(super) sql: String,
    pub(super) values: Vec<Sql<'a>>,
    table: &'a Table,
    /// Which columns are not null in any row that is wanted.
    filled: Vec<bool>,
}

/// A comparison that nulls hold, too.
struct Split<'a> {
    column: &'a Column,
    operator: &'static str,
    value: Sql<'a>,
}

impl<'a> Text<'a> {
    /// The bodies of the rows that are wanted.
    pub(super) fn select(table: &'a Table, select: &'a Select) -> Self {
        let mut query = Self::new(table);
        let mut order = " order by ".to_owned();
        for sort in &select.sorts {
            if let Some(column) = table.columns.get(sort.column) {
                let way = if sort.descending { "desc nulls last" } else { "nulls first" };
                order.push_str(&format!("{} {way}, ", column.name));
            }
        }
        // A limit of null is none.
        let limit = query.put(Sql::Limit(select.limit.map(|limit| integer(limit as u64))));
        order.push_str(&format!("key limit {limit}"));
        let first = select.sorts.first().map(|sort| sort.column);
        // Of each part no more is read than what the whole may have.
        let of_part = if select.limit.is_some() { &*order } else { "" };
        query.from("select body from ", &select.conditions, first, of_part);
        query.sql.push_str(&order);
        query
    }

    /// How many rows there are.
    pub(super) fn count(table: &'a Table, conditions: &'a [Condition]) -> Self {
        let mut query = Self::new(table);
        query.from("select count(*) from ", conditions, None, "");
        query
    }

    fn new(table: &'a Table) -> Self {
        let filled = vec![false; table.columns.len()];
        Self { sql: String::new(), values: Vec::new(), table, filled }
    }

    /// Adds a value; how the statement names it.
    fn put(&mut self, value: Sql<'a>) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    /// The table with the conditions. If the table is looked at twice, then for a condition on the column
    /// that the order begins with, if there is one; each part then has this order.
    fn from(
        &mut self,
        start: &str,
        conditions: &'a [Condition],
        first: Option<usize>,
        order: &str,
    ) {
        let mut all = Vec::new();
        flatten(conditions, &mut all);
        all.iter().for_each(|condition| self.note_filled(condition));
        let split = self.take_split(&mut all, first);
        self.join(&all, " and ");
        let rest = std::mem::take(&mut self.sql);
        let table = &self.table.quoted;
        self.sql = match split {
            None if all.is_empty() => format!("{start}{table}"),
            None => format!("{start}{table} where {rest}"),
            Some(Split { column: Column { name, .. }, operator, value }) => {
                let and = if all.is_empty() { "" } else { " and " };
                let value = self.put(value);
                format!(
                    "{start}((select * from {table} where {name} {operator} {value}{and}{rest}{order})
                     union all
                     (select * from {table} where {name} is null{and}{rest}{order})) parts"
                )
            }
        };
    }

    /// Takes note of the columns that a condition is not held by where they are null.
    fn note_filled(&mut self, condition: &Condition) {
        let column = match condition {
            Condition::Compare { column, comparison, value } => {
                (!comparison.holds(&Value::Null, value)).then_some(*column)
            }
            Condition::Any(any) => values_of_one_column(any).map(|(column, _)| column),
            Condition::All(_) => None,
        };
        if let Some(filled) = column.and_then(|column| self.filled.get_mut(column)) {
            *filled = true;
        }
    }

    /// Takes one of those conditions out that are a range of an index and the nulls.
    fn take_split(&self, all: &mut Vec<&'a Condition>, first: Option<usize>) -> Option<Split<'a>> {
        let splits = || all.iter().enumerate().filter_map(|(at, c)| Some((at, self.split(c)?)));
        let on_first = splits().find(|(_, (column, _))| Some(*column) == first);
        let (at, (_, split)) = on_first.or_else(|| splits().next())?;
        all.remove(at);
        Some(split)
    }

    fn split(&self, condition: &'a Condition) -> Option<(usize, Split<'a>)> {
        let Condition::Compare { column: at, comparison, value } = condition else { return None };
        let column = self.table.columns.get(*at)?;
        let is_split = matches!(comparison, Comparison::Lt | Comparison::Le)
            && kind_of(value) == Some(column.kind)
            && self.filled.get(*at) == Some(&false);
        let value = Sql::one(value).filter(|_| is_split)?;
        Some((*at, Split { column, operator: operator(*comparison), value }))
    }

    fn join(&mut self, conditions: &[&'a Condition], between: &str) {
        for (place, condition) in conditions.iter().enumerate() {
            if place > 0 {
                self.sql.push_str(between);
            }
            self.condition(condition);
        }
    }

    fn condition(&mut self, condition: &'a Condition) {
        let (list, between) = match condition {
            Condition::Compare { column, comparison, value } => {
                return self.compare(*column, *comparison, value);
            }
            Condition::All(all) if all.is_empty() => return self.sql.push_str("true"),
            Condition::Any(any) if any.is_empty() => return self.sql.push_str("false"),
            Condition::All(all) => (all, " and "),
            Condition::Any(any) => match values_of_one_column(any) {
                Some((column, values)) => return self.one_of(column, &values),
                None => (any, " or "),
            },
        };
        let list: Vec<&Condition> = list.iter().collect();
        self.sql.push('(');
        self.join(&list, between);
        self.sql.push(')');
    }

    /// That a column has one of these values, none of them null.
    fn one_of(&mut self, column: usize, values: &[&'a Value]) {
        let Some(column) = self.table.columns.get(column) else {
            return self.sql.push_str("false");
        };
        let values = self.put(Sql::many(column.kind, values));
        self.sql.push_str(&format!("{} = any({values})", column.name));
    }

    fn compare(&mut self, at: usize, comparison: Comparison, value: &'a Value) {
        let Some(Column { name, kind }) = self.table.columns.get(at) else {
            return self.sql.push_str("false");
        };
        let nulls = comparison.holds(&Value::Null, value);
        let value = match Sql::one(value) {
            Some(of_kind) if kind_of(value) == Some(*kind) => self.put(of_kind),
            // As to a null, and to a value of another kind, all that are not null are alike.
            _ => {
                let others = comparison.holds(&least(*kind), value);
                return self.sql.push_str(&match (nulls, others) {
                    (true, true) => "true".to_owned(),
                    (true, false) => format!("{name} is null"),
                    (false, true) => format!("{name} is not null"),
                    (false, false) => "false".to_owned(),
                });
            }
        };
        let operator = operator(comparison);
        let is_filled = self.filled.get(at) == Some(&true);
        self.sql.push_str(&if nulls && !is_filled {
            format!("({name} {operator} {value} or {name} is null)")
        } else {
            format!("{name} {operator} {value}")
        });
    }
}

/// The conditions that all must hold, those in lists of such, too.
fn flatten<'a>(conditions: &'a [Condition], all: &mut Vec<&'a Condition>) {
    for condition in conditions {
        match condition {
            Condition::All(inner) => flatten(inner, all),
            condition => all.push(condition),
        }
    }
}

fn operator(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Eq => "=",
        Comparison::Ne => "<>",
        Comparison::Lt => "<",
        Comparison::Le => "<=",
        Comparison::Gt => ">",
        Comparison::Ge => ">=",
    }
}
