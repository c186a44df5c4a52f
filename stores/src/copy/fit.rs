use factum_core::store::{Capabilities, KeyMemory, Limits, Mark, check_commit};

use super::cursor::Log;
use super::runs::{Runs, commit};
use super::{CopyError, Unfit};

/// Checks, before anything is written, that the target can hold what the source has after a mark. The
/// source is read for it only where the target's capabilities are less than the source's.
pub(super) async fn check(
    source: Log<'_>,
    target: Log<'_>,
    after: Option<Mark>,
) -> Result<(), CopyError> {
    let (from, to) = (source.store.capabilities(), target.store.capabilities());
    if to.keys != KeyMemory::Forever {
        return Err(unfit(&to, Unfit::Keys(to.keys)));
    }
    let can_do_less = from.multi_stream && !to.multi_stream;
    if can_do_less || !covers(&to.limits, &from.limits) {
        let mut runs = Runs::new(source, after);
        loop {
            let events = runs.next_commit().await?;
            let Some((commit, first)) = commit(&events, None).zip(events.first()) else { break };
            let (key, position, streams) = (commit.key, first.at.position, commit.writes.len());
            if streams > 1 && !to.multi_stream {
                return Err(unfit(&to, Unfit::Streams { key, position, streams }));
            }
            if let Err(bad) = check_commit(&commit, &to.limits) {
                return Err(unfit(&to, Unfit::Commit { key, position, bad }));
            }
        }
    }
    Ok(())
}

pub(super) fn unfit(to: &Capabilities, why: Unfit) -> CopyError {
    CopyError::Unfit { backend: to.backend, why: Box::new(why) }
}

fn covers(to: &Limits, from: &Limits) -> bool {
    to.event_bytes >= from.event_bytes
        && to.commit_events >= from.commit_events
        && to.commit_bytes >= from.commit_bytes
}
