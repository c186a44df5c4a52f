use std::time::Duration;

use factum_core::Timestamp;
use factum_core::store::{Direction, EventStore, Mark, Page, Position, Query, Range, StoreError};

/// The end of the log at a time, by which it is told how far consumers are behind.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LogEnd {
    /// The position of the newest event; `None` if the store did not say.
    pub position: Option<Position>,
    /// When the newest event was decided; `None` if there is none, or it cannot be read.
    pub time: Option<Timestamp>,
    /// Whether positions count events: see
    /// [`dense_positions`](factum_core::store::Capabilities::dense_positions).
    pub dense: bool,
    /// Why the store did not say, if it did not.
    pub problem: Option<String>,
}

impl LogEnd {
    /// Asks the store, which has to answer within this time: one read of one event.
    pub async fn read(store: &dyn EventStore, within: Duration) -> Self {
        let dense = store.capabilities().dense_positions;
        let unknown = |problem| Self { position: None, time: None, dense, problem };
        match tokio::time::timeout(within, newest(store)).await {
            Ok(Ok((mark, time))) => {
                Self { position: Some(mark.position), time, dense, problem: None }
            }
            Ok(Err(error)) => unknown(Some(error.to_string())),
            Err(_) => unknown(Some(format!("the store did not answer within {within:?}"))),
        }
    }

    /// How many events lie between a position and the end, where that can be told.
    pub fn events_after(&self, reached: Position) -> Option<u64> {
        let end = self.position.filter(|end| self.dense || *end <= reached)?;
        Some(end.number().saturating_sub(reached.number()))
    }
}

async fn newest(store: &dyn EventStore) -> Result<(Mark, Option<Timestamp>), StoreError> {
    match store.read(Query::All, Range::ALL, Direction::Backward, 1).await {
        Ok(Page { events, complete_to, .. }) => {
            Ok((complete_to, events.first().map(|event| event.at.time())))
        }
        // It stands there all the same.
        Err(StoreError::CorruptEvent { .. }) => Ok((store.head().await?, None)),
        Err(error) => Err(error),
    }
}
