//! The ids of what was written last.
//!
//! *Problem.* A writer that expects nothing and did not hear the answer writes again. *Shape.* The
//! server knows so many ids, of all streams together, and none after a restart: it helps that
//! writer mostly, never surely.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use uuid::Uuid;

use super::record::Record;

/// The records that were written last, by their ids.
#[derive(Debug)]
pub struct Recent {
    limit: usize,
    records: HashMap<Uuid, Arc<Record>>,
    order: VecDeque<Uuid>,
}

impl Recent {
    /// Knows the last `limit` records.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, records: HashMap::new(), order: VecDeque::new() }
    }

    /// The record of `stream` with this id, if it is still known.
    #[must_use]
    pub fn get(&self, stream: &str, id: &Uuid) -> Option<&Arc<Record>> {
        self.records.get(id).filter(|record| record.stream == stream)
    }

    /// Knows `record`, and forgets the oldest if it knows too many.
    pub fn insert(&mut self, record: &Arc<Record>) {
        if self.records.insert(record.id, Arc::clone(record)).is_none() {
            self.order.push_back(record.id);
        }
        if self.order.len() > self.limit
            && let Some(oldest) = self.order.pop_front()
        {
            self.records.remove(&oldest);
        }
    }
}
