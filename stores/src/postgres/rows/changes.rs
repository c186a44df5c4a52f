use std::borrow::Cow;
use std::collections::HashSet;

use factum_core::view::{Row, RowChanges, Value, ValueKind, ViewError, ViewSpec};
use tokio_postgres::types::{ToSql, Type};

use super::table::Table;
use super::value::{Uint, bool_of, escaped, int_of, kind_of, text_of, uint_of};

/// How rows of one table change, as the procedure takes it.
pub(super) struct Changes<'a> {
    putting: String,
    deleting: String,
    deleted: Vec<Cow<'a, str>>,
    keys: Vec<Cow<'a, str>>,
    bools: Vec<Option<bool>>,
    ints: Vec<Option<i64>>,
    uints: Vec<Option<Uint>>,
    texts: Vec<Option<Cow<'a, str>>>,
    bodies: Vec<&'a str>,
}

impl<'a> Changes<'a> {
    /// The changes of a table.
    ///
    /// # Errors
    /// [`ViewError::BadRow`] if a body is not text, or a value not of its column's kind.
    pub(super) fn new(
        view: &ViewSpec,
        table: &Table,
        changes: &'a RowChanges,
    ) -> Result<Self, ViewError> {
        let puts = last_puts(changes);
        let mut new = Self {
            putting: table.putting(),
            deleting: table.deleting(),
            deleted: changes.deletes.iter().map(|key| escaped(key)).collect(),
            keys: puts.iter().map(|row| escaped(&row.key)).collect(),
            bools: Vec::new(),
            ints: Vec::new(),
            uints: Vec::new(),
            texts: Vec::new(),
            bodies: Vec::with_capacity(puts.len()),
        };
        for row in &puts {
            new.bodies.push(body(view, row)?);
        }
        for (place, column) in table.columns.iter().enumerate() {
            for row in &puts {
                let value = row.values.get(place).unwrap_or(&Value::Null);
                if kind_of(value).is_some_and(|kind| kind != column.kind) {
                    let kind = column.kind;
                    return Err(bad(view, row, format!("{value:?} stands in a column of {kind}")));
                }
                new.add(column.kind, value);
            }
        }
        Ok(new)
    }

    fn add(&mut self, kind: ValueKind, value: &'a Value) {
        match kind {
            ValueKind::Bool => self.bools.push(bool_of(value)),
            ValueKind::Int => self.ints.push(int_of(value)),
            ValueKind::Uint => self.uints.push(uint_of(value)),
            ValueKind::Text => self.texts.push(text_of(value)),
        }
    }

    /// The procedure's arguments.
    pub(super) fn arguments(&self) -> [(&(dyn ToSql + Sync), Type); 9] {
        [
            (&self.putting, Type::TEXT),
            (&self.deleting, Type::TEXT),
            (&self.deleted, Type::TEXT_ARRAY),
            (&self.keys, Type::TEXT_ARRAY),
            (&self.bools, Type::BOOL_ARRAY),
            (&self.ints, Type::INT8_ARRAY),
            (&self.uints, Type::NUMERIC_ARRAY),
            (&self.texts, Type::TEXT_ARRAY),
            (&self.bodies, Type::TEXT_ARRAY),
        ]
    }
}

/// The puts that count: the last of each key, unless the key is deleted.
fn last_puts(changes: &RowChanges) -> Vec<&Row> {
    let mut seen: HashSet<&str> = changes.deletes.iter().map(String::as_str).collect();
    let mut puts: Vec<&Row> =
        changes.puts.iter().rev().filter(|row| seen.insert(&row.key)).collect();
    puts.reverse();
    puts
}

/// A body as text. JSON is UTF-8, and has no zero character outside of an escape.
fn body<'a>(view: &ViewSpec, row: &'a Row) -> Result<&'a str, ViewError> {
    let text = std::str::from_utf8(&row.body)
        .map_err(|error| bad(view, row, format!("its body is not JSON: {error}")))?;
    if text.contains('\0') {
        return Err(bad(view, row, "its body is not JSON: it has a zero character".to_owned()));
    }
    Ok(text)
}

fn bad(view: &ViewSpec, row: &Row, problem: String) -> ViewError {
    ViewError::BadRow { view: view.id, key: row.key.clone(), problem }
}
