use std::sync::Arc;

use factum_core::store::{
    BoxFuture, Capabilities, Commit, Direction, EventStore, Mark, Outcome, Page, Position, Query,
    Range, Receipt, StoreError, Tail,
};
use factum_core::{Key, StreamName};
use factum_stores::MemoryStore;

/// A store without room, whose one receipt is damaged.
#[derive(Debug, Default)]
pub(crate) struct FullStore(MemoryStore);

impl EventStore for FullStore {
    fn append(&self, _: Vec<Commit>) -> BoxFuture<'_, Result<Vec<Outcome>, StoreError>> {
        let (place, reason) = ("the disk".to_owned(), "no space left".to_owned());
        Box::pin(async move { Err(StoreError::Full { place, reason }) })
    }

    fn read(
        &self,
        query: Query,
        range: Range,
        direction: Direction,
        limit: usize,
    ) -> BoxFuture<'_, Result<Page, StoreError>> {
        self.0.read(query, range, direction, limit)
    }

    fn tail(&self, query: Query, after: Option<Mark>) -> Tail {
        self.0.tail(query, after)
    }

    fn head(&self) -> BoxFuture<'_, Result<Mark, StoreError>> {
        self.0.head()
    }

    fn find(
        &self,
        _: Key,
        near: &StreamName,
    ) -> BoxFuture<'_, Result<Option<Receipt>, StoreError>> {
        let (stream, position) = (near.clone(), Position::new(1));
        let what = "it is torn".to_owned();
        Box::pin(
            async move { Err(StoreError::CorruptEvent { stream, revision: 0, position, what }) },
        )
    }

    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }
}

/// The stream of a name.
pub(crate) fn stream(id: &str) -> StreamName {
    StreamName::of("thing", id).unwrap()
}

/// A shared one.
pub(crate) fn full() -> Arc<dyn EventStore> {
    Arc::new(FullStore::default())
}
