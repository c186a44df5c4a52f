use factum_core::EventId;
use factum_core::store::{LogId, Mark, Position, Stamp};
use uuid::Uuid;

/// How many bytes a mark takes.
const SIZE: usize = 49;

/// A mark as it is stored: log, position, stamp, whether there is an event, the event.
pub(super) fn write(mark: &Mark) -> Vec<u8> {
    let Mark { log, position, event, stamp } = mark;
    let mut kept = Vec::with_capacity(SIZE);
    kept.extend(log.as_bytes());
    kept.extend(position.number().to_be_bytes());
    kept.extend(stamp.number().to_be_bytes());
    kept.push(u8::from(event.is_some()));
    kept.extend(event.map_or([0; 16], |event| *event.uuid().as_bytes()));
    kept
}

/// The mark that these bytes begin with, and those after it.
pub(super) fn read(kept: &[u8]) -> Option<(Mark, &[u8])> {
    let (log, rest) = kept.split_first_chunk()?;
    let (position, rest) = rest.split_first_chunk()?;
    let (stamp, rest) = rest.split_first_chunk()?;
    let ([there], rest) = rest.split_first_chunk()?;
    let (event, rest) = rest.split_first_chunk()?;
    let mark = Mark {
        log: LogId::from_bytes(*log),
        position: Position::new(u64::from_be_bytes(*position)),
        event: (*there == 1).then(|| EventId::from(Uuid::from_bytes(*event))),
        stamp: Stamp::new(u64::from_be_bytes(*stamp)),
    };
    Some((mark, rest))
}
