use bytes::Bytes;
use factum_core::Key;
use factum_core::store::{LogId, Mark, Position, Stamp};
use factum_core::view::{
    ColumnSpec, Row, RowBatch, RowChanges, RowStore, Value, ValueKind, ViewError, ViewId, ViewSpec,
};

/// A view with columns of several kinds.
pub const VIEW: ViewSpec = ViewSpec::new(
    ViewId::new("balances", 1),
    &[
        ColumnSpec { name: "owner", kind: ValueKind::Text },
        ColumnSpec { name: "cents", kind: ValueKind::Uint },
        ColumnSpec { name: "open", kind: ValueKind::Bool },
    ],
);

/// A row of the view.
pub fn row(key: &str, owner: &str, cents: u64) -> Row {
    let values = vec![Value::Text(owner.to_owned()), Value::Uint(cents), Value::Bool(true)];
    let body = format!("{{\"owner\":{owner:?},\"cents\":{cents}}}");
    Row { key: key.to_owned(), values, body: body.into() }
}

/// Where some log is at a position.
pub fn mark(position: u64) -> Mark {
    let event = Some(Key::from_bytes([7; 16]).derive(&position.to_string()).event(0));
    let log = LogId::from_bytes([9; 16]);
    Mark { log, position: Position::new(position), event, stamp: Stamp::new(position) }
}

/// A batch of the view.
pub fn batch(from: Option<Mark>, to: Mark, puts: impl IntoIterator<Item = Row>) -> RowBatch {
    let rows = RowChanges { puts: puts.into_iter().collect(), deletes: Vec::new() };
    RowBatch { rows, ..RowBatch::new(VIEW, from, to) }
}

/// The checkpoint of a view's first slice.
///
/// # Panics
/// If it cannot be read.
pub async fn checkpoint(rows: &dyn RowStore, view: ViewSpec) -> Option<Mark> {
    rows.slices(view).await.unwrap().first().unwrap().checkpoint
}

/// Bodies as texts.
///
/// # Panics
/// If there are none.
pub fn texts(bodies: Result<Vec<Bytes>, ViewError>) -> Vec<String> {
    let text = |body: Bytes| String::from_utf8(body.to_vec()).unwrap();
    bodies.unwrap().into_iter().map(text).collect()
}
