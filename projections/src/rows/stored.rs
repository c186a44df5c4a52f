//! Rows in a row store, as JSON.

use std::marker::PhantomData;
use std::sync::Arc;

use bytes::Bytes;
use factum_core::Projection;
use factum_core::store::{BoxFuture, StoreError};
use factum_core::view::{
    Condition, Hold, Row, RowBatch, RowChanges, RowStore, Select, ViewError, ViewSpec,
};
use hashlink::LruCache;

use super::{Ask, AtHand, Changes, Rows, spec};
use crate::ProjectionError;

/// How many rows that changed lately are kept, so that a hot row is not read before each change.
const HOT_ROWS: usize = 16 * 1024;

/// The writing side.
pub(crate) struct StoredRows<P> {
    store: Arc<dyn RowStore>,
    hold: Hold,
    hot: LruCache<String, P>,
}

/// The asking side.
pub(crate) struct StoredAsk<P> {
    store: Arc<dyn RowStore>,
    rows: PhantomData<fn() -> P>,
}

impl<P> StoredRows<P> {
    pub(crate) fn new(store: Arc<dyn RowStore>, hold: Hold) -> Self {
        Self { store, hold, hot: LruCache::new(HOT_ROWS) }
    }
}

impl<P> StoredAsk<P> {
    pub(crate) fn new(store: Arc<dyn RowStore>) -> Self {
        Self { store, rows: PhantomData }
    }
}

impl<P: Projection> Rows<P> for StoredRows<P> {
    fn most(&self) -> usize {
        self.store.rows_per_commit()
    }

    fn at_hand(&mut self, key: &str) -> AtHand<P> {
        // The row leaves the cache until its change is committed: one that is given up is not there.
        self.hot.remove(key).map_or(AtHand::Unknown, AtHand::Row)
    }

    fn load(
        &mut self,
        keys: Vec<String>,
    ) -> BoxFuture<'_, Result<Vec<Option<P>>, ProjectionError>> {
        Box::pin(async move {
            let bodies = self.store.load(spec::<P>(), keys.clone()).await?;
            if bodies.len() != keys.len() {
                return Err(short_answer(spec::<P>(), keys.len(), bodies.len()).into());
            }
            let read = |(key, body): (&String, Option<Bytes>)| {
                body.map(|body| read_row(spec::<P>(), key, &body)).transpose()
            };
            Ok(keys.iter().zip(bodies).map(read).collect::<Result<_, _>>()?)
        })
    }

    fn commit<'a>(
        &'a mut self,
        changes: &'a mut Changes<P>,
    ) -> BoxFuture<'a, Result<(), ProjectionError>> {
        Box::pin(async move {
            let (from, to) = (changes.from, changes.to);
            let batch = RowBatch {
                hold: self.hold,
                rows: RowChanges { puts: written(&changes.rows)?, deletes: Vec::new() },
                ..RowBatch::new(spec::<P>(), from, to)
            };
            self.store.commit(batch).await?;
            for (key, row) in changes.rows.drain() {
                self.hot.insert(key, row);
            }
            Ok(())
        })
    }
}

/// The rows as a store keeps them; their bodies share one allocation.
fn written<'a, P: Projection>(
    rows: impl IntoIterator<Item = (&'a String, &'a P)>,
) -> Result<Vec<Row>, ProjectionError> {
    let mut json = Vec::new();
    let mut parts = Vec::new();
    for (key, row) in rows {
        let start = json.len();
        P::form().write(row, &mut json).map_err(|problem| {
            let view = spec::<P>().id;
            ProjectionError::Row { view, key: key.clone(), problem }
        })?;
        let mut values = Vec::with_capacity(P::COLUMNS.len());
        row.values(&mut values);
        parts.push((key.clone(), values, start..json.len()));
    }
    let json = Bytes::from(json);
    let row = |(key, values, part)| Row { key, values, body: json.slice(part) };
    Ok(parts.into_iter().map(row).collect())
}

fn read_row<P: Projection>(view: ViewSpec, key: &str, body: &[u8]) -> Result<P, ViewError> {
    P::form().read(body).map_err(|problem| ViewError::BadRow {
        view: view.id,
        key: key.to_owned(),
        problem: problem.to_string(),
    })
}

/// Rows that a store leaves out must not pass for rows that are not there.
fn short_answer(view: ViewSpec, asked: usize, given: usize) -> ViewError {
    let what = format!("{given} rows came back for {asked} keys");
    let source = StoreError::Corrupt { place: "the row store".to_owned(), what };
    ViewError::Store { view: view.id, source }
}

impl<P: Projection> Ask<P> for StoredAsk<P> {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<P>, ViewError>> {
        Box::pin(async move {
            let bodies = self.store.load(spec::<P>(), vec![key.to_owned()]).await?;
            let body = bodies.into_iter().next().flatten();
            body.map(|body| read_row(spec::<P>(), key, &body)).transpose()
        })
    }

    fn select(&self, select: Select) -> BoxFuture<'_, Result<Vec<P>, ViewError>> {
        Box::pin(async move {
            let bodies = self.store.select(spec::<P>(), select).await?;
            bodies.iter().map(|body| read_row(spec::<P>(), "of a query", body)).collect()
        })
    }

    fn count(&self, conditions: Vec<Condition>) -> BoxFuture<'_, Result<usize, ViewError>> {
        self.store.count(spec::<P>(), conditions)
    }
}
