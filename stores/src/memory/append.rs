use factum_core::store::{
    Actual, Commit, Conflict, Outcome, Past, Position, Range, Receipt, Refused, check_commit,
};

use super::MemoryRowStore;
use super::candidates::Candidates;
use super::log::Log;
use super::views::store_with;
use crate::repeat::is_same;

/// Appends a run of commits: each is stored whole or refused.
pub(super) fn append(log: &mut Log, rows: &MemoryRowStore, run: Vec<Commit>) -> Vec<Outcome> {
    // What stands after it is the run's own.
    let before = log.end();
    let mut past = Past::new();
    let mut outcomes = Vec::with_capacity(run.len());
    for (index, commit) in run.into_iter().enumerate() {
        let outcome = match judge(log, &commit, &past, before).transpose() {
            // It has no bearing on those after it.
            None => Ok(store_with(log, rows, commit)),
            Some(outcome) => {
                past.add(index, &commit, &outcome);
                outcome
            }
        };
        outcomes.push(outcome);
    }
    outcomes
}

/// The receipt of a commit that is known, `None` if it is to be stored.
fn judge(
    log: &Log,
    commit: &Commit,
    past: &Past,
    before: Position,
) -> Result<Option<Receipt>, Refused> {
    check_commit(commit, &log.limits())?;
    if let Some(known) = log.receipt(commit.key) {
        let stored = log.commit(commit.key);
        return if stored.is_some_and(|stored| is_same(commit, stored)) {
            Ok(Some(known))
        } else {
            Err(Refused::KeyReused { key: commit.key, position: known.mark.position })
        };
    }
    past.check(commit)?;
    check_streams(log, commit)?;
    check_guard(log, commit, past, before)?;
    Ok(None)
}

fn check_streams(log: &Log, commit: &Commit) -> Result<(), Conflict> {
    for write in &commit.writes {
        let newest = (log.stream(&write.stream).len() as u64).checked_sub(1);
        if !write.expected.holds(newest) {
            let (stream, expected) = (write.stream.clone(), write.expected);
            return Err(Conflict::Stream { stream, expected, actual: Actual::from(newest) });
        }
    }
    Ok(())
}

fn check_guard(log: &Log, commit: &Commit, past: &Past, before: Position) -> Result<(), Conflict> {
    let Some(guard) = &commit.guard else { return Ok(()) };
    if !log.may_match_after(&guard.query, guard.after) {
        return Ok(());
    }
    let range = Range::after(guard.after).through(before);
    let mut foreign =
        Candidates::of(log, &guard.query, &range).filter_map(|position| log.event(position));
    let found = foreign.find(|event| guard.query.matches(event) && !past.repeats(&event.at.key));
    found.map_or(Ok(()), |event| {
        let (query, after, found) = (guard.query.clone(), guard.after, event.at.position);
        Err(Conflict::Guard { query, after, found })
    })
}
