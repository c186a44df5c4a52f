use crate::codec::{DecodeError, EncodeError};
use crate::projection::{Change, new_row};
use crate::view::{Value, ValueKind};
use crate::{BadId, Projection};

/// Why a row would not come back from a view as it went in.
#[derive(Debug, thiserror::Error)]
pub(super) enum BadRow {
    #[error(transparent)]
    Key(#[from] BadId),
    #[error("the kept row cannot be read: {0}")]
    Decode(#[from] DecodeError),
    #[error("the row {0}")]
    Encode(#[from] EncodeError),
    #[error("`project` changed the row's key to {0:?}")]
    OtherKey(String),
    #[error("`values` gives {actual:?}, but the columns are {columns}")]
    Values { actual: Vec<Value>, columns: String },
}

/// Takes a change into the kept form of a row, a new one if there is none. `None` if the row is gone
/// then.
pub(super) fn change_kept<P: Projection>(
    key: &str,
    kept: Option<&[u8]>,
    change: &Change<'_, P>,
) -> Result<Option<Vec<u8>>, BadRow> {
    let mut row = match kept {
        Some(kept) => P::form().read(kept)?,
        None => new_row::<P>(key)?,
    };
    change(&mut row);
    if row.is_gone() {
        return Ok(None);
    }
    if row.key() != key {
        return Err(BadRow::OtherKey(row.key().into_owned()));
    }
    check_values(&row)?;
    let mut kept = Vec::new();
    P::form().write(&row, &mut kept)?;
    Ok(Some(kept))
}

fn check_values<P: Projection>(row: &P) -> Result<(), BadRow> {
    let mut actual = Vec::new();
    row.values(&mut actual);
    let fits = |(value, kind): (&Value, ValueKind)| kind_of(value).is_none_or(|k| k == kind);
    let kinds = P::COLUMNS.iter().map(|column| column.kind);
    if actual.len() == P::COLUMNS.len() && actual.iter().zip(kinds).all(fits) {
        return Ok(());
    }
    Err(BadRow::Values { actual, columns: format!("{:?}", P::COLUMNS) })
}

fn kind_of(value: &Value) -> Option<ValueKind> {
    match value {
        Value::Null => None,
        Value::Bool(_) => Some(ValueKind::Bool),
        Value::Int(_) => Some(ValueKind::Int),
        Value::Uint(_) => Some(ValueKind::Uint),
        Value::Text(_) => Some(ValueKind::Text),
    }
}
