//! What a stored commit says to one under the same key.

use factum_core::store::{Commit, Receipt, Recorded, Written};

/// Whether the stored commit came of the same command; where either does not tell, whether it has the
/// same events. The rest, as time and expectation, may differ in a repeat.
pub(crate) fn is_same<'a>(
    commit: &Commit,
    mut stored: impl Iterator<Item = &'a Recorded> + Clone,
) -> bool {
    let first = stored.clone().next();
    let mark = first.and_then(|event| event.at.meta.command.as_ref());
    if let (Some(wanted), Some(known)) = (&commit.meta.command, mark) {
        return wanted.same_as(known);
    }
    let same = commit.writes.iter().all(|write| {
        write.events.iter().all(|event| {
            stored.next().is_some_and(|known| {
                known.at.stream == write.stream
                    && known.name == event.name
                    && known.version == event.version
                    && known.at.tags == event.tags
                    && known.payload == event.payload
            })
        })
    });
    same && stored.next().is_none()
}

/// The receipt of a repeated commit, made again from its events.
pub(crate) fn receipt<'a>(stored: impl Iterator<Item = &'a Recorded>) -> Option<Receipt> {
    let mut newest = None;
    let mut writes: Vec<Written> = Vec::new();
    for event in stored {
        let (stream, revision) = (&event.at.stream, event.at.revision);
        newest = Some(event);
        match writes.last_mut() {
            Some(write) if write.stream == *stream => write.last = revision,
            _ => {
                let (first, last) = (revision, revision);
                writes.push(Written { stream: stream.clone(), first, last });
            }
        }
    }
    let newest = newest?;
    Some(Receipt {
        key: newest.at.key,
        mark: newest.at.mark(),
        writes,
        repeated: true,
        views: Vec::new(),
    })
}
