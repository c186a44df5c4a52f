use std::borrow::Cow;

use bytes::Bytes;
use factum_core::view::{Comparison, Condition, Select, Value, ViewSpec};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, params_from_iter};

use super::super::fault::{Fault, integer};
use super::table::{columns, table};
use super::value::Sql;
use crate::rows::values_of_one_column;

/// The bodies of the rows with these keys.
pub(in super::super) fn load(
    conn: &Connection,
    view: &ViewSpec,
    keys: &[String],
) -> Result<Vec<Option<Bytes>>, Fault> {
    let sql = format!("SELECT body FROM {} WHERE key = ?1", table(view));
    let mut statement = conn.prepare_cached(&sql)?;
    let mut bodies = Vec::with_capacity(keys.len());
    for key in keys {
        let mut rows = statement.query([key])?;
        bodies.push(rows.next()?.map(body).transpose()?);
    }
    Ok(bodies)
}

/// The bodies of the rows that are wanted.
pub(super) fn select(
    conn: &Connection,
    view: &ViewSpec,
    select: &Select,
) -> Result<Vec<Bytes>, Fault> {
    let query = Text::select(view, select);
    let mut statement = conn.prepare_cached(&query.sql)?;
    let mut rows =
        statement.query(params_from_iter(query.values.iter().map(|value| Sql(value))))?;
    let mut bodies = Vec::new();
    while let Some(row) = rows.next()? {
        bodies.push(body(row)?);
    }
    Ok(bodies)
}

/// How many rows there are of which the conditions hold.
pub(super) fn count(
    conn: &Connection,
    view: &ViewSpec,
    conditions: &[Condition],
) -> Result<usize, Fault> {
    let mut query = Text::new(view, "SELECT count(*) FROM ");
    query.filter(conditions);
    let values = params_from_iter(query.values.iter().map(|value| Sql(value)));
    let count: i64 = conn.prepare_cached(&query.sql)?.query_row(values, |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or_default())
}

fn body(row: &Row<'_>) -> rusqlite::Result<Bytes> {
    Ok(match row.get_ref(0)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Bytes::copy_from_slice(bytes),
        // Not JSON, which whoever decodes it says, and of which row.
        _ => Bytes::new(),
    })
}

/// A query as SQL, and the values for its parameters.
struct Text<'a> {
    sql: String,
    values: Vec<Cow<'a, Value>>,
    columns: Vec<String>,
}

impl<'a> Text<'a> {
    fn new(view: &ViewSpec, start: &str) -> Self {
        let sql = format!("{start}{}", table(view));
        Self { sql, values: Vec::new(), columns: columns(view) }
    }

    fn select(view: &ViewSpec, select: &'a Select) -> Self {
        let mut query = Self::new(view, "SELECT body FROM ");
        query.filter(&select.conditions);
        query.sql.push_str(" ORDER BY ");
        for sort in &select.sorts {
            if let Some(column) = query.columns.get(sort.column) {
                query.sql.push_str(column);
                query.sql.push_str(if sort.descending { " DESC, " } else { ", " });
            }
        }
        query.sql.push_str("key");
        // Bound, so that queries that differ in it share a statement. For SQLite, -1 is no limit.
        query.sql.push_str(" LIMIT ?");
        let limit = select.limit.map_or(-1, |limit| integer(limit as u64));
        query.values.push(Cow::Owned(Value::Int(limit)));
        query
    }

    fn filter(&mut self, conditions: &'a [Condition]) {
        if !conditions.is_empty() {
            self.sql.push_str(" WHERE ");
            self.join(conditions, " AND ");
        }
    }

    /// Conditions side by side; the caller has at least one. In halves, as SQLite takes expressions to a
    /// depth of 1,000, and one for each condition in a flat list.
    fn join(&mut self, conditions: &'a [Condition], between: &str) {
        if let [one] = conditions {
            return self.condition(one);
        }
        let (first, second) = conditions.split_at(conditions.len() / 2);
        self.sql.push('(');
        self.join(first, between);
        self.sql.push_str(between);
        self.join(second, between);
        self.sql.push(')');
    }

    fn condition(&mut self, condition: &'a Condition) {
        match condition {
            Condition::All(all) if all.is_empty() => self.sql.push_str("TRUE"),
            Condition::Any(any) if any.is_empty() => self.sql.push_str("FALSE"),
            Condition::All(all) => self.join(all, " AND "),
            Condition::Any(any) => match values_of_one_column(any) {
                Some((column, values)) => self.one_of(column, values),
                None => self.join(any, " OR "),
            },
            Condition::Compare { column, comparison, value } => {
                match self.columns.get(*column).cloned() {
                    Some(column) => self.compare(&column, *comparison, value),
                    None => self.sql.push_str("FALSE"),
                }
            }
        }
    }

    /// That a column has one of these values, none of them null.
    fn one_of(&mut self, column: usize, values: Vec<&'a Value>) {
        let Some(column) = self.columns.get(column) else { return self.sql.push_str("FALSE") };
        self.sql
            .push_str(&format!("{column} IN (?{})", ", ?".repeat(values.len().saturating_sub(1))));
        self.values.extend(values.into_iter().map(Cow::Borrowed));
    }

    fn compare(&mut self, column: &str, comparison: Comparison, value: &'a Value) {
        let operator = match comparison {
            Comparison::Eq => "=",
            Comparison::Ne => "<>",
            Comparison::Lt => "<",
            Comparison::Le => "<=",
            Comparison::Gt => ">",
            Comparison::Ge => ">=",
        };
        self.sql.push_str(&format!("{column} {operator} ?"));
        self.values.push(Cow::Borrowed(value));
    }
}

#[cfg(test)]
mod tests;
