use std::fmt;

use super::{ColumnSpec, ValueKind, ViewError};

/// Which rows are meant: a view's name, the version of its code, and which building of that. Each has
/// rows of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ViewId {
    /// The name.
    pub name: &'static str,
    /// The version.
    pub version: u32,
    /// How often the version was built anew before.
    pub build: u32,
}

impl ViewId {
    /// The first building of a version.
    pub const fn new(name: &'static str, version: u32) -> Self {
        Self { name, version, build: 0 }
    }
}

impl fmt::Display for ViewId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} version {}", self.name, self.version)?;
        if self.build > 0 {
            write!(f, ", build {}", self.build)?;
        }
        Ok(())
    }
}

/// Which of a view's two tables is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Part {
    /// Its rows.
    #[default]
    Rows,
    /// The events that it could not take in: see [`ViewSpec::parked`].
    Parked,
}

/// What a backend must know of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViewSpec {
    /// Which view.
    pub id: ViewId,
    /// Which of its tables.
    pub part: Part,
    /// The columns of that table.
    pub columns: &'static [ColumnSpec],
    /// Into how many slices the view is split, from 1. Each has a checkpoint and an owner of its own; a
    /// row belongs to the slice that its key falls to.
    pub slices: u16,
}

/// The columns of what is parked.
const PARKED: &[ColumnSpec] = &[
    ColumnSpec { name: "row", kind: ValueKind::Text },
    ColumnSpec { name: "position", kind: ValueKind::Uint },
    ColumnSpec { name: "slice", kind: ValueKind::Uint },
];

impl ViewSpec {
    /// A view in one slice.
    pub const fn new(id: ViewId, columns: &'static [ColumnSpec]) -> Self {
        Self { id, part: Part::Rows, columns, slices: 1 }
    }

    /// The table of what the view could not take in. It is there when the view is, has no checkpoint of
    /// its own, and changes in the same commits.
    pub const fn parked(self) -> Self {
        Self { part: Part::Parked, columns: PARKED, ..self }
    }

    /// Checks that a view is stored with the columns and slices that the code has, the columns given in
    /// the form of [`column_list`](Self::column_list).
    ///
    /// # Errors
    /// [`ViewError::OtherColumns`] or [`ViewError::OtherSlices`] if it is not.
    pub fn check_stored(&self, columns: &str, slices: u16) -> Result<(), ViewError> {
        let wanted = self.column_list();
        if columns != wanted {
            let stored = columns.to_owned();
            return Err(ViewError::OtherColumns { view: self.id, stored, wanted });
        }
        if slices != self.slices {
            let (stored, wanted) = (slices, self.slices);
            return Err(ViewError::OtherSlices { view: self.id, stored, wanted });
        }
        Ok(())
    }

    /// The columns as text, which a backend keeps beside the rows: `owner text, cents uint`.
    pub fn column_list(&self) -> String {
        let columns: Vec<String> = self.columns.iter().map(ToString::to_string).collect();
        columns.join(", ")
    }
}
