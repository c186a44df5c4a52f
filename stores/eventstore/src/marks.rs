//! Marks: what stands at a position, and where the log ends.

use factum_core::store::{Mark, Position, Rewound, StoreError};

use crate::entry;
use crate::link::{Raw, ReadFrom};
use crate::shared::Shared;

/// How many events are looked at first for one of ours, from the end; then more and more.
const FEW: usize = 2;
const MANY: usize = 1024;

/// The log's newest event.
pub(crate) async fn head(shared: &Shared) -> Result<Mark, StoreError> {
    newest(shared, ReadFrom::End, u64::MAX).await
}

/// The newest event of ours up to and with a position.
pub(crate) async fn up_to(shared: &Shared, position: Position) -> Result<Mark, StoreError> {
    if position == Position::START {
        return Ok(Mark::start(shared.log));
    }
    match event_at(shared, position).await? {
        Some(raw) => match entry::mark(&raw, shared.log) {
            Some(mark) => Ok(mark),
            None => newest(shared, ReadFrom::Backward(raw.position), raw.position).await,
        },
        // Only where events stand can a read begin.
        None => newest(shared, ReadFrom::End, position.number()).await,
    }
}

async fn newest(shared: &Shared, mut from: ReadFrom, most: u64) -> Result<Mark, StoreError> {
    let mut count = FEW;
    loop {
        let events = shared.link.read_all(from, count).await?;
        let found = events.iter().filter(|raw| raw.position <= most);
        if let Some(mark) = found.filter_map(|raw| entry::mark(raw, shared.log)).next() {
            return Ok(mark);
        }
        match events.last() {
            Some(last) if events.more => from = ReadFrom::Backward(last.position),
            _ => return Ok(Mark::start(shared.log)),
        }
        count = MANY.min(count * 8);
    }
}

/// The event at a position, whoever wrote it.
pub(crate) async fn event_at(
    shared: &Shared,
    position: Position,
) -> Result<Option<Raw>, StoreError> {
    let at = position.number();
    if i64::try_from(at).is_err() {
        return Ok(None);
    }
    shared.link.read_at(at).await
}

/// Checks that what was seen stands in the log.
///
/// # Errors
/// [`StoreError::Rewound`] if it does not.
pub(crate) async fn check(shared: &Shared, seen: Mark) -> Result<(), StoreError> {
    let start = Mark::start(shared.log);
    if seen == start {
        return Ok(());
    }
    if seen.log == shared.log && seen.position != start.position {
        let raw = event_at(shared, seen.position).await?;
        if raw.and_then(|raw| entry::mark(&raw, shared.log)) == Some(seen) {
            return Ok(());
        }
    }
    Err(rewound(shared, seen).await)
}

/// What is said to who has seen what does not stand in the log.
pub(crate) async fn rewound(shared: &Shared, seen: Mark) -> StoreError {
    match up_to(shared, seen.position).await {
        Ok(found) => Rewound { seen, found }.into(),
        Err(error) => error,
    }
}
