use std::collections::HashMap;

use factum_core::StreamName;
use factum_core::store::{
    Actual, Commit, Conflict, Outcome, Receipt, Refused, StreamWrite, check_commit,
};

use super::log::Log;

/// Appends a run of commits: each is stored whole or refused.
pub(super) fn append(log: &mut Log, run: Vec<Commit>) -> Vec<Outcome> {
    let mut failed = Failed::default();
    let outcomes =
        run.into_iter().enumerate().map(|(index, commit)| match judge(log, &commit, &failed) {
            Ok(None) => Ok(log.store(commit)),
            Ok(Some(known)) => Ok(known),
            Err(refused) => {
                failed.add(index, commit);
                Err(refused)
            }
        });
    outcomes.collect()
}

/// The receipt of a commit that is known, `None` if it is to be stored.
fn judge(log: &Log, commit: &Commit, failed: &Failed) -> Result<Option<Receipt>, Refused> {
    check_commit(commit, &log.limits())?;
    if let Some(known) = log.receipt(commit.key) {
        // What is stored does not depend on what the run was decided on.
        return if has_content(log, commit) {
            Ok(Some(known))
        } else {
            Err(Refused::KeyReused { key: commit.key, position: known.position })
        };
    }
    if let Some(index) = failed.before(commit) {
        return Err(Refused::Predecessor { index });
    }
    check_streams(log, commit)?;
    check_guard(log, commit)?;
    Ok(None)
}

/// Whether the stored commit of this key came of the same command; where either does not tell,
/// whether it has the same events. The rest, as time and expectation, may differ in a repeat.
fn has_content(log: &Log, commit: &Commit) -> bool {
    let Some(mut stored) = log.commit(commit.key) else { return false };
    let first = stored.clone().next();
    let mark = first.and_then(|event| event.at.meta.command.as_ref());
    if let (Some(wanted), Some(known)) = (&commit.meta.command, mark) {
        return wanted == known;
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

fn check_guard(log: &Log, commit: &Commit) -> Result<(), Conflict> {
    let Some(guard) = &commit.guard else { return Ok(()) };
    let found = log.after(guard.after).find(|event| guard.query.matches(event));
    found.map_or(Ok(()), |event| {
        let (query, after, found) = (guard.query.clone(), guard.after, event.at.position);
        Err(Conflict::Guard { query, after, found })
    })
}

/// The commits of the run that were refused.
#[derive(Default)]
struct Failed {
    first: Option<usize>,
    /// By stream, the first of them that wanted to write to it.
    streams: HashMap<StreamName, usize>,
}

impl Failed {
    fn add(&mut self, index: usize, commit: Commit) {
        self.first.get_or_insert(index);
        for write in commit.writes {
            self.streams.entry(write.stream).or_insert(index);
        }
    }

    /// The one that this commit was decided on top of.
    fn before(&self, commit: &Commit) -> Option<usize> {
        if commit.guard.is_some() && self.first.is_some() {
            return self.first;
        }
        let shared = |write: &StreamWrite| self.streams.get(&write.stream);
        commit.writes.iter().filter_map(shared).min().copied()
    }
}
