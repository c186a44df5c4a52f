use factum_core::codec::{self, DecodeError, EncodeError};
use factum_core::store::{Direction, EventStore, Position, Query, Range, Recorded, StoreError};
use factum_core::view::{Comparison, Condition, Row, Value};
use factum_core::{EventId, StreamName, Timestamp};
use serde::{Deserialize, Serialize};

use super::Keys;

/// An event that is parked. The event itself stays where it is, in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ParkedEvent {
    /// Its position.
    pub position: Position,
    /// Its id.
    pub event: EventId,
    /// Its name.
    pub name: String,
    /// In which stream.
    pub stream: String,
    /// Its revision.
    pub revision: u64,
    /// The keys of the rows that it concerns, as far as they are the slice's; none if that could not be
    /// told. For a subscriber its stream, for a saga the stream of its instance.
    pub rows: Vec<String>,
    /// In which slice of the view it is parked.
    pub slice: u16,
    /// Why it could not be taken in; `None` if it waits behind an earlier one of its keys.
    pub problem: Option<String>,
    /// How often that was tried.
    pub attempts: u32,
    /// When it was tried last.
    pub tried: Timestamp,
}

impl ParkedEvent {
    pub(crate) fn new(
        event: &Recorded,
        slice: u16,
        keys: &Keys,
        problem: Option<String>,
        now: Timestamp,
    ) -> Self {
        Self {
            position: event.at.position,
            event: event.at.event_id(),
            name: event.name.to_string(),
            stream: event.at.stream.to_string(),
            revision: event.at.revision,
            rows: keys.rows.clone(),
            slice,
            attempts: u32::from(problem.is_some()),
            problem,
            tried: now,
        }
    }

    /// What a subscriber or a saga keeps it in order with: the stream, or the saga's instance.
    pub(crate) fn lane(&self) -> &str {
        self.rows.first().unwrap_or(&self.stream)
    }

    /// What it waits for, and what waits for it.
    pub(crate) fn keys(&self) -> Keys {
        Keys { rows: self.rows.clone(), stream: self.stream.clone() }
    }

    /// The event as the log has it; none if it is no longer there.
    pub(crate) async fn read(&self, log: &dyn EventStore) -> Result<Option<Recorded>, StoreError> {
        let Ok(stream) = StreamName::new(&*self.stream) else { return Ok(None) };
        let range = Range::from_revision(self.revision);
        let page = log.read(Query::Stream(stream), range, Direction::Forward, 1).await?;
        Ok(page.events.into_iter().next().filter(|event| event.at.event_id() == self.event))
    }

    /// The key under which it is kept. A slice parks an event once.
    pub(crate) fn key(&self) -> String {
        format!("{:020} {}", self.position.number(), self.slice)
    }
}

/// The column of the row, the first of them where there are several.
pub(crate) const ROW: usize = 0;
/// The column of the position.
pub(crate) const POSITION: usize = 1;

/// A parked event as a row store keeps it: see [`ViewSpec::parked`](factum_core::view::ViewSpec::parked).
pub(crate) fn row_of(parked: &ParkedEvent) -> Result<Row, EncodeError> {
    let mut body = Vec::new();
    codec::write_json(parked, &mut body)?;
    let row = parked.rows.first().map_or(Value::Null, |row| Value::Text(row.clone()));
    let position = Value::Uint(parked.position.number());
    let values = vec![row, position, Value::Uint(parked.slice.into())];
    Ok(Row { key: parked.key(), values, body: body.into() })
}

/// A parked event as a row store kept it.
pub(crate) fn read(body: &[u8]) -> Result<ParkedEvent, DecodeError> {
    codec::read_json(body)
}

/// Only what is parked of one event.
pub(crate) fn at_position(position: Position) -> Condition {
    let value = Value::Uint(position.number());
    Condition::Compare { column: POSITION, comparison: Comparison::Eq, value }
}

/// Only what is parked in a slice.
pub(crate) fn of_slice(slice: u16) -> Condition {
    let value = Value::Uint(slice.into());
    Condition::Compare { column: 2, comparison: Comparison::Eq, value }
}
