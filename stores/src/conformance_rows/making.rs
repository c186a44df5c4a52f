use std::sync::Arc;

use factum_core::store::{LogId, Mark, Position, Stamp};
use factum_core::view::{
    ColumnSpec, Row, RowBatch, RowChanges, RowStore, Select, Value, ValueKind, ViewError, ViewId,
    ViewSpec,
};
use factum_core::{Key, codec};

/// A view with a column of each kind.
pub(super) const VIEW: ViewSpec = ViewSpec::new(
    ViewId::new("everything", 1),
    &[
        ColumnSpec { name: "flag", kind: ValueKind::Bool },
        ColumnSpec { name: "signed", kind: ValueKind::Int },
        ColumnSpec { name: "unsigned", kind: ValueKind::Uint },
        ColumnSpec { name: "text", kind: ValueKind::Text },
    ],
);

/// Where a log that all tests share is at a position.
pub(super) fn mark(position: u64) -> Mark {
    let event = Some(Key::from_bytes([7; 16]).derive(&position.to_string()).event(0));
    let stamp = Stamp::new(u64::MAX - position);
    Mark { log: LogId::from_bytes([9; 16]), position: Position::new(position), event, stamp }
}

/// A row with these values, and a body that tells its key and values.
pub(super) fn row(key: &str, values: [Value; 4]) -> Row {
    let mut body = Vec::new();
    codec::write_json(&(key, format!("{values:?}")), &mut body).unwrap();
    Row { key: key.to_owned(), values: values.into(), body: body.into() }
}

/// A row that tells a number in each column.
pub(super) fn numbered(key: &str, number: u32) -> Row {
    let text = Value::Text(number.to_string());
    row(key, [Value::Bool(true), Value::Int(number.into()), Value::Uint(number.into()), text])
}

/// A batch of the view.
pub(super) fn batch(
    from: Option<Mark>,
    to: Mark,
    puts: impl IntoIterator<Item = Row>,
    deletes: &[&str],
) -> RowBatch {
    RowBatch { rows: changes(puts, deletes), ..RowBatch::new(VIEW, from, to) }
}

/// Rows that change.
pub(super) fn changes(puts: impl IntoIterator<Item = Row>, deletes: &[&str]) -> RowChanges {
    let deletes = deletes.iter().map(|key| (*key).to_owned()).collect();
    RowChanges { puts: puts.into_iter().collect(), deletes }
}

/// Opens the view; its checkpoint.
pub(super) async fn checkpoint(rows: &Arc<dyn RowStore>) -> Option<Mark> {
    checkpoint_of(rows, VIEW).await
}

/// Opens a view of one slice; its checkpoint.
pub(super) async fn checkpoint_of(rows: &Arc<dyn RowStore>, view: ViewSpec) -> Option<Mark> {
    rows.open(view).await.unwrap();
    let slices = rows.slices(view).await.unwrap();
    assert_eq!(slices.len(), 1);
    slices[0].checkpoint
}

/// The bodies of the rows that a query gives, as text.
pub(super) async fn selected(rows: &Arc<dyn RowStore>, select: Select) -> Vec<String> {
    texts(rows.select(VIEW, select).await)
}

/// The bodies of all rows, as text.
pub(super) async fn all(rows: &Arc<dyn RowStore>) -> Vec<String> {
    selected(rows, Select::default()).await
}

fn texts(bodies: Result<Vec<bytes::Bytes>, ViewError>) -> Vec<String> {
    bodies.unwrap().iter().map(text).collect()
}

/// A body as text.
pub(super) fn text(body: impl AsRef<[u8]>) -> String {
    String::from_utf8(body.as_ref().to_vec()).unwrap()
}
