use factum_core::view::Value;
use rusqlite::types::{ToSqlOutput, Value as Owned, ValueRef};

/// A value as SQLite keeps it, so that it orders as the Rust type does: null first, then numbers,
/// then text.
///
/// A null is kept as minus infinity, which is less than every number: SQL's own null compares with
/// nothing, and `x < 5 or x is null` is a look at every row, where `x < 5` is a range of the index.
///
/// An unsigned number that SQLite's signed ones cannot hold becomes text of 20 digits,
/// which comes after all numbers and orders as they do.
pub(super) struct Sql<'a>(pub(super) &'a Value);

impl rusqlite::ToSql for Sql<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Value::Null => ToSqlOutput::Borrowed(ValueRef::Real(f64::NEG_INFINITY)),
            Value::Bool(truth) => ToSqlOutput::Borrowed(ValueRef::Integer((*truth).into())),
            Value::Int(number) => ToSqlOutput::Borrowed(ValueRef::Integer(*number)),
            Value::Uint(number) => match i64::try_from(*number) {
                Ok(number) => ToSqlOutput::Borrowed(ValueRef::Integer(number)),
                Err(_) => ToSqlOutput::Owned(Owned::Text(format!("{number:020}"))),
            },
            Value::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
        })
    }
}
