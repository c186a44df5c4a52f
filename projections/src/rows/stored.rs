//! Rows in a row store, as JSON.

use std::marker::PhantomData;
use std::sync::Arc;

use bytes::Bytes;
use factum_core::Projection;
use factum_core::store::{BoxFuture, Position, StoreError};
use factum_core::view::{
    Condition, Hold, Row, RowBatch, RowChanges, RowStore, Select, Sort, ViewError, ViewId, ViewSpec,
};
use hashlink::LruCache;

use super::{Ask, AtHand, Changed, Changes, Rows};
use crate::ProjectionError;
use crate::parking::{self, ParkedEvent};

/// How many rows that changed lately are kept, so that a hot row is not read before each change.
const HOT_ROWS: usize = 16 * 1024;

/// The writing side.
pub(crate) struct StoredRows<P> {
    store: Arc<dyn RowStore>,
    view: ViewSpec,
    hold: Hold,
    hot: LruCache<String, P>,
}

/// The asking side.
pub(crate) struct StoredAsk<P> {
    store: Arc<dyn RowStore>,
    view: ViewSpec,
    rows: PhantomData<fn() -> P>,
}

impl<P> StoredRows<P> {
    pub(crate) fn new(store: Arc<dyn RowStore>, view: ViewSpec, hold: Hold) -> Self {
        Self { store, view, hold, hot: LruCache::new(HOT_ROWS) }
    }
}

impl<P> StoredAsk<P> {
    pub(crate) fn new(store: Arc<dyn RowStore>, view: ViewSpec) -> Self {
        Self { store, view, rows: PhantomData }
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
            let bodies = self.store.load(self.view, keys.clone()).await?;
            if bodies.len() != keys.len() {
                return Err(short_answer(self.view, keys.len(), bodies.len()).into());
            }
            let read = |(key, body): (&String, Option<Bytes>)| {
                body.map(|body| read_row(self.view, key, &body)).transpose()
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
                rows: written(&changes.rows)?,
                parked: parked(&changes.park, &changes.unpark)?,
                ..RowBatch::new(self.view, from, to)
            };
            self.store.commit(batch).await?;
            changes.park.clear();
            changes.unpark.clear();
            for (key, row) in changes.rows.drain() {
                if let Some(row) = row {
                    self.hot.insert(key, row);
                }
            }
            Ok(())
        })
    }

    fn forget(&mut self) {
        self.hot.clear();
    }

    fn parked(&mut self) -> BoxFuture<'_, Result<Vec<ParkedEvent>, ProjectionError>> {
        Box::pin(async move {
            let of_slice = vec![parking::of_slice(self.hold.slice)];
            Ok(read_parked(&*self.store, self.view, of_slice, None).await?)
        })
    }
}

/// What is parked, in the order of the log.
async fn read_parked(
    store: &dyn RowStore,
    view: ViewSpec,
    conditions: Vec<Condition>,
    limit: Option<usize>,
) -> Result<Vec<ParkedEvent>, ViewError> {
    let sorts = vec![Sort { column: parking::POSITION, descending: false }];
    let bodies = store.select(view.parked(), Select { conditions, sorts, limit }).await?;
    let read = |body: &Bytes| {
        parking::read(body).map_err(|problem| ViewError::BadRow {
            view: view.id,
            key: "of a parked event".to_owned(),
            problem: problem.to_string(),
        })
    };
    bodies.iter().map(read).collect()
}

fn parked(park: &[ParkedEvent], unpark: &[String]) -> Result<RowChanges, ProjectionError> {
    let row = |event: &ParkedEvent| {
        let bad = |problem| ProjectionError::Parked { position: event.position, problem };
        parking::row_of(event).map_err(bad)
    };
    let puts = park.iter().map(row).collect::<Result<_, _>>()?;
    Ok(RowChanges { puts, deletes: unpark.to_vec() })
}

/// The rows as a store keeps them; their bodies share one allocation.
pub(crate) fn written<P: Projection>(rows: &Changed<P>) -> Result<RowChanges, ProjectionError> {
    let mut json = Vec::new();
    let (mut parts, mut deletes) = (Vec::with_capacity(rows.len()), Vec::new());
    for (key, row) in rows {
        let Some(row) = row else {
            deletes.push(key.clone());
            continue;
        };
        let start = json.len();
        P::form().write(row, &mut json).map_err(|problem| {
            let view = ViewId::new(P::NAME, P::VERSION);
            ProjectionError::Row { view, key: key.clone(), problem }
        })?;
        let mut values = Vec::with_capacity(P::COLUMNS.len());
        row.values(&mut values);
        parts.push((key.clone(), values, start..json.len()));
    }
    let json = Bytes::from(json);
    let row = |(key, values, part)| Row { key, values, body: json.slice(part) };
    Ok(RowChanges { puts: parts.into_iter().map(row).collect(), deletes })
}

/// A row as it was stored.
pub(crate) fn read_row<P: Projection>(
    view: ViewSpec,
    key: &str,
    body: &[u8],
) -> Result<P, ViewError> {
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
            let bodies = self.store.load(self.view, vec![key.to_owned()]).await?;
            let body = bodies.into_iter().next().flatten();
            body.map(|body| read_row(self.view, key, &body)).transpose()
        })
    }

    fn select(&self, select: Select) -> BoxFuture<'_, Result<Vec<P>, ViewError>> {
        Box::pin(async move {
            let bodies = self.store.select(self.view, select).await?;
            bodies.iter().map(|body| read_row(self.view, "of a query", body)).collect()
        })
    }

    fn parked(
        &self,
        at: Option<Position>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<ParkedEvent>, ViewError>> {
        let conditions = at.map(parking::at_position).into_iter().collect();
        Box::pin(read_parked(&*self.store, self.view, conditions, Some(limit)))
    }

    fn count(&self, conditions: Vec<Condition>) -> BoxFuture<'_, Result<usize, ViewError>> {
        self.store.count(self.view, conditions)
    }
}
