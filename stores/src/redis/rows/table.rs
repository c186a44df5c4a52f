use factum_core::store::StoreError;
use factum_core::view::{Part, ViewError, ViewId, ViewSpec};
use redis::Value;

use super::super::Shared;
use super::super::request::Request;
use super::super::scripts::Script;

/// One building of a view, and what its keys begin with.
#[derive(Debug)]
pub(super) struct Building<'a> {
    pub(super) shared: &'a Shared,
    pub(super) view: ViewId,
    /// Up to the name of a part.
    pub(super) base: String,
    pub(super) state: String,
}

impl<'a> Building<'a> {
    pub(super) fn of(shared: &'a Shared, view: ViewId) -> Self {
        let ViewId { name, version, build } = view;
        let base = format!("{}{version}:{build}:", shared.keys.view(name));
        let state = format!("{base}state");
        Self { shared, view, base, state }
    }

    pub(super) fn failed(&self, source: StoreError) -> ViewError {
        ViewError::Store { view: self.view, source }
    }

    pub(super) fn missing(&self) -> ViewError {
        ViewError::Missing { view: self.view }
    }

    /// What is stored, or what a script said of it, is not as this code writes it.
    pub(super) fn odd(&self, what: &str) -> ViewError {
        let what = format!("{what} is not as factum writes it, in {}*", self.base);
        self.failed(StoreError::Corrupt { place: self.shared.place.clone(), what })
    }

    /// Asks a script that only reads.
    pub(super) async fn ask(
        &self,
        script: Script,
        keys: Vec<&[u8]>,
        args: &[Vec<u8>],
    ) -> Result<Value, ViewError> {
        let args = args.iter().map(Vec::as_slice).collect();
        let answer = self.shared.ask(&Request::script(script, keys, args)).await;
        let answer = answer.map_err(|source| self.failed(source))?;
        Ok(answer.into_iter().next().unwrap_or_default())
    }
}

/// One of the two tables of a building.
#[derive(Debug)]
pub(super) struct Table<'a> {
    pub(super) of: Building<'a>,
    pub(super) columns: usize,
    pub(super) rows: String,
}

/// What finds and orders rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Index {
    /// Their keys.
    Key,
    /// The values of a column, then the keys.
    Column(usize),
}

impl<'a> Table<'a> {
    pub(super) fn of(shared: &'a Shared, view: &ViewSpec) -> Self {
        let of = Building::of(shared, view.id);
        let part = match view.part {
            Part::Rows => "rows",
            Part::Parked => "parked",
        };
        let rows = format!("{}{part}", of.base);
        Self { of, columns: view.columns.len(), rows }
    }

    pub(super) fn index(&self, index: Index) -> String {
        match index {
            Index::Key => format!("{}:key", self.rows),
            Index::Column(column) => format!("{}:{column}", self.rows),
        }
    }
}
