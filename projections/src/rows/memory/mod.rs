//! Rows in memory, typed, with an ordered index for each column.

mod index;
mod plan;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockWriteGuard};

use factum_core::Projection;
use factum_core::store::{BoxFuture, Position};
use factum_core::view::{Condition, Select, ViewError};

use super::{Ask, AtHand, Changes, Rows};
use crate::ProjectionError;
use crate::parking::ParkedEvent;
use table::Table;

/// Both sides: the one task that writes holds the lock only to put a batch in, queries only to take
/// copies of the rows that they want.
///
/// While the view is behind its indexes are left alone, unless somebody asks: to keep them up at every
/// batch takes two fifths of a replay.
pub(crate) struct MemoryRows<P> {
    table: Arc<RwLock<Table<P>>>,
    parked: Arc<Mutex<BTreeMap<String, ParkedEvent>>>,
}

impl<P> Clone for MemoryRows<P> {
    fn clone(&self) -> Self {
        Self { table: self.table.clone(), parked: self.parked.clone() }
    }
}

impl<P: Projection> MemoryRows<P> {
    pub(crate) fn new() -> Self {
        Self { table: Arc::new(RwLock::new(Table::new())), parked: Arc::default() }
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, ParkedEvent>> {
        self.parked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<R>(&self, look: impl FnOnce(&Table<P>) -> R) -> R {
        // The user's code may have panicked under the lock, but it left the table sound.
        look(&self.table.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<P: Projection> MemoryRows<P> {
    /// Asks the indexes.
    fn ask<R>(&self, ask: impl FnOnce(&Table<P>) -> R) -> R {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        if table.is_fresh() {
            return ask(&table);
        }
        drop(table);
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        table.refresh();
        ask(&RwLockWriteGuard::downgrade(table))
    }
}

/// Queries wait for a commit: for this many rows, a few milliseconds.
const MOST_ROWS: usize = 16 * 1024;

impl<P: Projection> Rows<P> for MemoryRows<P> {
    fn most(&self) -> usize {
        MOST_ROWS
    }

    fn at_hand(&mut self, key: &str) -> AtHand<P> {
        self.read(|table| table.get(key).cloned()).map_or(AtHand::New, AtHand::Row)
    }

    fn load(
        &mut self,
        keys: Vec<String>,
    ) -> BoxFuture<'_, Result<Vec<Option<P>>, ProjectionError>> {
        let rows = self.read(|table| keys.iter().map(|key| table.get(key).cloned()).collect());
        Box::pin(std::future::ready(Ok(rows)))
    }

    fn commit<'a>(
        &'a mut self,
        changes: &'a mut Changes<P>,
    ) -> BoxFuture<'a, Result<(), ProjectionError>> {
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        for (key, row) in changes.rows.drain() {
            match row {
                Some(row) => table.put(key, row),
                None => table.take(&key),
            }
        }
        drop(table);
        let mut parked = self.kept();
        parked.extend(changes.park.drain(..).map(|event| (event.key(), event)));
        for key in changes.unpark.drain(..) {
            parked.remove(&key);
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn parked(&mut self) -> BoxFuture<'_, Result<Vec<ParkedEvent>, ProjectionError>> {
        let parked = self.kept().values().cloned().collect();
        Box::pin(std::future::ready(Ok(parked)))
    }

    fn caught_up(&mut self) {
        self.table.write().unwrap_or_else(PoisonError::into_inner).refresh();
    }
}

impl<P: Projection> Ask<P> for MemoryRows<P> {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<P>, ViewError>> {
        Box::pin(std::future::ready(Ok(self.read(|table| table.get(key).cloned()))))
    }

    fn select(&self, select: Select) -> BoxFuture<'_, Result<Vec<P>, ViewError>> {
        Box::pin(std::future::ready(Ok(self.ask(|table| table.select(&select)))))
    }

    fn parked(
        &self,
        at: Option<Position>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<ParkedEvent>, ViewError>> {
        let wanted = |event: &&ParkedEvent| at.is_none_or(|at| event.position == at);
        let parked = self.kept().values().filter(wanted).take(limit).cloned().collect();
        Box::pin(std::future::ready(Ok(parked)))
    }

    fn count(&self, conditions: Vec<Condition>) -> BoxFuture<'_, Result<usize, ViewError>> {
        Box::pin(std::future::ready(Ok(self.ask(|table| table.count(&conditions)))))
    }
}
