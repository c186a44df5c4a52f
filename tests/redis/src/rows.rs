//! A view, and batches that change it.

use factum_core::store::{LogId, Mark, Position, Stamp};
use factum_core::view::{
    ColumnSpec, Row, RowBatch, RowChanges, RowStore, Select, Value, ValueKind, ViewId, ViewSpec,
};

/// A view with two columns: a number, and its last two digits as text.
pub const VIEW: ViewSpec = ViewSpec::new(
    ViewId::new("numbers", 1),
    &[
        ColumnSpec { name: "number", kind: ValueKind::Uint },
        ColumnSpec { name: "digits", kind: ValueKind::Text },
    ],
);

/// A place in a log.
pub fn mark(position: u64) -> Mark {
    let log = LogId::from_bytes([7; 16]);
    Mark { log, position: Position::new(position), event: None, stamp: Stamp::new(position) }
}

/// A row that tells a number.
pub fn row(key: impl ToString, number: u64) -> Row {
    let values = vec![Value::Uint(number), Value::Text((number % 100).to_string())];
    Row { key: key.to_string(), values, body: number.to_string().into() }
}

/// A batch that goes to a position.
pub fn batch(from: Option<Mark>, to: u64, puts: impl IntoIterator<Item = Row>) -> RowBatch {
    let rows = RowChanges { puts: puts.into_iter().collect(), deletes: Vec::new() };
    RowBatch { rows, ..RowBatch::new(VIEW, from, mark(to)) }
}

/// How far the view is.
///
/// # Panics
/// If it is not there.
pub async fn checkpoint(rows: &dyn RowStore) -> Option<Mark> {
    rows.slices(VIEW).await.unwrap().remove(0).checkpoint
}

/// The numbers of all rows, in the order of their keys.
///
/// # Panics
/// If they cannot be read.
pub async fn all(rows: &dyn RowStore) -> Vec<u64> {
    selected(rows, Select::default()).await
}

/// The numbers of the rows that are wanted.
///
/// # Panics
/// If they cannot be read.
pub async fn selected(rows: &dyn RowStore, select: Select) -> Vec<u64> {
    let bodies = rows.select(VIEW, select).await.unwrap();
    bodies.iter().map(|body| std::str::from_utf8(body).unwrap().parse().unwrap()).collect()
}
