use std::fmt;

use bytes::Bytes;

use super::{BadFilter, ColumnSpec, Condition, Select, Value};
use crate::store::{BoxFuture, Mark, StoreError};

/// Which rows are meant: a view's name and version. Each version has rows of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ViewId {
    /// The name.
    pub name: &'static str,
    /// The version.
    pub version: u32,
}

impl fmt::Display for ViewId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} version {}", self.name, self.version)
    }
}

/// What a backend must know of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViewSpec {
    /// Which view.
    pub id: ViewId,
    /// Its columns.
    pub columns: &'static [ColumnSpec],
}

impl ViewSpec {
    /// Checks that a view is stored with the columns that the code has, given in the form of
    /// [`column_list`](Self::column_list).
    ///
    /// # Errors
    /// [`ViewError::OtherColumns`] if it is not.
    pub fn check_columns(&self, stored: &str) -> Result<(), ViewError> {
        let wanted = self.column_list();
        if stored == wanted {
            return Ok(());
        }
        Err(ViewError::OtherColumns { view: self.id, stored: stored.to_owned(), wanted })
    }

    /// The columns as text, which a backend keeps beside the rows: `owner text, cents uint`.
    pub fn column_list(&self) -> String {
        let columns: Vec<String> = self.columns.iter().map(ToString::to_string).collect();
        columns.join(", ")
    }
}

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

/// A change of rows and checkpoint that happens whole or not at all.
#[derive(Clone, Debug)]
pub struct RowBatch {
    /// Of which view.
    pub view: ViewSpec,
    /// Where the checkpoint must be now. `None`: the view was never written.
    pub from: Option<Mark>,
    /// Where it goes.
    pub to: Mark,
    /// Rows that are written, new or in place of the one with their key. Of several with one key the
    /// last counts.
    pub puts: Vec<Row>,
    /// Keys of rows that are taken out, after the puts: a key in both is gone.
    pub deletes: Vec<String>,
}

impl RowBatch {
    /// For backends: checks that every row has a value for each column of the view.
    ///
    /// # Errors
    /// [`ViewError::BadRow`], of the first that has not.
    pub fn check_values(&self) -> Result<(), ViewError> {
        let columns = self.view.columns.len();
        match self.puts.iter().find(|row| row.values.len() != columns) {
            Some(Row { key, values, .. }) => Err(ViewError::BadRow {
                view: self.view.id,
                key: key.clone(),
                problem: format!("{} values for {columns} columns", values.len()),
            }),
            None => Ok(()),
        }
    }
}

/// A view's rows could not be read or written.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ViewError {
    /// The store failed.
    #[error("view {view}: {source}")]
    Store {
        /// Which view.
        view: ViewId,
        /// How.
        source: StoreError,
    },
    /// Somebody else moved the checkpoint.
    #[error(transparent)]
    Fenced(Box<Fenced>),
    /// The stored columns are others.
    #[error(
        "view {view} is stored with the columns ({stored}), the code has ({wanted}): raise the \
         projection's version so that it is built anew"
    )]
    OtherColumns {
        /// Which view.
        view: ViewId,
        /// What is stored.
        stored: String,
        /// What the code has.
        wanted: String,
    },
    /// Nobody keeps the view.
    #[error("view {view} is not kept: start the app with `.projection::<…>()` of it")]
    Missing {
        /// Which view.
        view: ViewId,
    },
    /// The query cannot be asked of any store.
    #[error("view {view}: the filter cannot be used: {problem}")]
    BadFilter {
        /// Which view.
        view: ViewId,
        /// What is wrong.
        problem: BadFilter,
    },
    /// A stored row is not what the code expects.
    #[error(
        "view {view}, row {key:?}: {problem}; raise the projection's version so that it is built anew"
    )]
    BadRow {
        /// Which view.
        view: ViewId,
        /// Which row.
        key: String,
        /// What is wrong.
        problem: String,
    },
}

/// The checkpoint is not where a worker left it: somebody else moved it, and this worker is no longer
/// the view's owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("view {view}: the checkpoint is not where this worker left it; it stops")]
pub struct Fenced {
    /// Which view.
    pub view: ViewId,
    /// Where the worker thought it was.
    pub expected: Option<Mark>,
    /// Where it is.
    pub found: Option<Mark>,
}

impl From<Fenced> for ViewError {
    fn from(fenced: Fenced) -> Self {
        Self::Fenced(Box::new(fenced))
    }
}

/// Where rows of read models are kept.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not keep rows",
    label = "not a store of rows",
    note = "a store of your own implements `factum::view::RowStore`"
)]
pub trait RowStore: fmt::Debug + Send + Sync + 'static {
    /// Makes room for a view if there is none, and gives its checkpoint, if it was ever written.
    ///
    /// # Errors
    /// [`ViewError`] if that is not possible, or the view is there with other columns.
    fn open(&self, view: ViewSpec) -> BoxFuture<'_, Result<Option<Mark>, ViewError>>;

    /// The bodies of the rows with these keys, in the order of the keys.
    ///
    /// # Errors
    /// [`ViewError`] if the rows could not be read.
    fn load(
        &self,
        view: ViewSpec,
        keys: Vec<String>,
    ) -> BoxFuture<'_, Result<Vec<Option<Bytes>>, ViewError>>;

    /// Changes rows and checkpoint in one transaction. Once the future is polled the change may
    /// happen even if it is dropped.
    ///
    /// # Errors
    /// [`ViewError::Missing`] if the view was never opened, [`ViewError::Fenced`] if the checkpoint is
    /// elsewhere, [`ViewError::BadRow`] if a row has not a value for each column, another
    /// [`ViewError`] if the rows could not be written. Nothing is changed then.
    fn commit(&self, batch: RowBatch) -> BoxFuture<'_, Result<(), ViewError>>;

    /// The bodies of the rows that are wanted, in the order that is wanted.
    ///
    /// # Errors
    /// [`ViewError::BadFilter`] if [`check_conditions`](super::check_conditions) refuses the
    /// conditions, another [`ViewError`] if the rows could not be read.
    fn select(
        &self,
        view: ViewSpec,
        select: Select,
    ) -> BoxFuture<'_, Result<Vec<Bytes>, ViewError>>;

    /// How many rows there are of which all of the conditions hold. A backend that can count without
    /// reading the rows does so.
    ///
    /// # Errors
    /// As [`select`](Self::select).
    fn count(
        &self,
        view: ViewSpec,
        conditions: Vec<Condition>,
    ) -> BoxFuture<'_, Result<usize, ViewError>> {
        let select = Select { conditions, ..Select::default() };
        Box::pin(async move { Ok(self.select(view, select).await?.len()) })
    }
}
