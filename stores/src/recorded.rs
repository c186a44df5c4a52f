use factum_core::Origin;
use factum_core::store::{Commit, Position, Receipt, Recorded};

/// The events of a commit as they were written, in a log whose positions are dense.
pub(crate) fn recorded(commit: &Commit, receipt: &Receipt) -> Vec<Recorded> {
    let size: usize = commit.writes.iter().map(|write| write.events.len()).sum();
    let before = receipt.mark.position.number().saturating_sub(size as u64);
    let mut events = Vec::with_capacity(size);
    for (write, written) in commit.writes.iter().zip(&receipt.writes) {
        for (event, revision) in write.events.iter().zip(written.first..) {
            let index = u32::try_from(events.len()).unwrap_or(u32::MAX);
            let at = Origin {
                log: receipt.mark.log,
                position: Position::new(before + 1 + u64::from(index)),
                stream: write.stream.clone(),
                revision,
                key: commit.key,
                index,
                stamp: receipt.mark.stamp,
                tags: event.tags.clone(),
                meta: commit.meta.clone(),
            };
            let (name, version, payload) =
                (event.name.clone(), event.version, event.payload.clone());
            events.push(Recorded { at, name, version, payload });
        }
    }
    events
}
