use bytes::Bytes;

use super::{Fenced, Hold, Value, ViewError, ViewSpec};
use crate::store::Mark;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its key.
    pub key: String,
    /// The values of the view's columns, in their order.
    pub values: Vec<Value>,
    /// The whole row, as JSON.
    pub body: Bytes,
}

/// Rows that change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowChanges {
    /// Rows that are written, new or in place of the one with their key. Of several with one key the
    /// last counts.
    pub puts: Vec<Row>,
    /// Keys of rows that are taken out, after the puts: a key in both is gone.
    pub deletes: Vec<String>,
}

impl RowChanges {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.puts.is_empty() && self.deletes.is_empty()
    }
}

/// A change of rows and checkpoint that happens whole or not at all.
#[derive(Clone, Debug)]
pub struct RowBatch {
    /// Of which view.
    pub view: ViewSpec,
    /// By which right: whose slice it is.
    pub hold: Hold,
    /// Where the slice's checkpoint must be now. `None`: it was never written.
    pub from: Option<Mark>,
    /// Where it goes.
    pub to: Mark,
    /// What changes of the rows.
    pub rows: RowChanges,
    /// What changes of the events that are parked: of [`ViewSpec::parked`].
    pub parked: RowChanges,
}

impl RowBatch {
    /// One that moves the checkpoint of a view's first slice, which nobody has taken yet, and changes
    /// nothing else.
    pub fn new(view: ViewSpec, from: Option<Mark>, to: Mark) -> Self {
        let (hold, rows, parked) = Default::default();
        Self { view, hold, from, to, rows, parked }
    }

    /// What changes, table by table.
    pub fn tables(&self) -> [(ViewSpec, &RowChanges); 2] {
        [(self.view, &self.rows), (self.view.parked(), &self.parked)]
    }

    /// For backends: checks that the slice is still the writer's, its checkpoint where the writer thinks
    /// it is, and that every row has a value for each column.
    ///
    /// # Errors
    /// [`ViewError::Fenced`], or [`ViewError::BadRow`] of the first row that has not.
    pub fn check(&self, epoch: u64, checkpoint: Option<Mark>) -> Result<(), ViewError> {
        if (epoch, checkpoint) != (self.hold.epoch, self.from) {
            let (view, slice) = (self.view.id, self.hold.slice);
            let taken = epoch != self.hold.epoch;
            let (expected, found) = (self.from, checkpoint);
            return Err(Fenced { view, slice, expected, found, taken }.into());
        }
        self.check_values()
    }

    /// For backends: checks that every row has a value for each column of its table.
    ///
    /// # Errors
    /// [`ViewError::BadRow`], of the first that has not.
    pub fn check_values(&self) -> Result<(), ViewError> {
        for (table, changes) in self.tables() {
            let columns = table.columns.len();
            if let Some(row) = changes.puts.iter().find(|row| row.values.len() != columns) {
                let Row { key, values, .. } = row;
                return Err(ViewError::BadRow {
                    view: self.view.id,
                    key: key.clone(),
                    problem: format!("{} values for {columns} columns", values.len()),
                });
            }
        }
        Ok(())
    }
}
