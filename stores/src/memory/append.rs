use std::collections::{HashMap, HashSet};

use factum_core::store::{
    Actual, Commit, Conflict, Outcome, Position, Receipt, Refused, check_commit,
};
use factum_core::{Key, StreamName};

use super::log::Log;

/// Appends a run of commits: each is stored whole or refused.
pub(super) fn append(log: &mut Log, run: Vec<Commit>) -> Vec<Outcome> {
    let mut past = Past { end: log.end(), known: HashSet::new(), failed: None, by: HashMap::new() };
    let outcomes =
        run.into_iter().enumerate().map(|(index, commit)| match judge(log, &commit, &past) {
            Ok(None) => Ok(log.store(commit)),
            Ok(Some(known)) => {
                past.known.insert(known.key);
                Ok(known)
            }
            Err(refused) => {
                past.fail(index, commit);
                Err(refused)
            }
        });
    outcomes.collect()
}

/// The receipt of a commit that is known, `None` if it is to be stored.
fn judge(log: &Log, commit: &Commit, past: &Past) -> Result<Option<Receipt>, Refused> {
    check_commit(commit, &log.limits())?;
    if let Some(known) = log.receipt(commit.key) {
        return if has_content(log, commit) {
            Ok(Some(known))
        } else {
            Err(Refused::KeyReused { key: commit.key, position: known.mark.position })
        };
    }
    if let Some(index) = past.predecessor(commit) {
        return Err(Refused::Predecessor { index });
    }
    check_streams(log, commit)?;
    check_guard(log, commit, past)?;
    Ok(None)
}

/// Whether the stored commit of this key came of the same command; where either does not tell,
/// whether it has the same events. The rest, as time and expectation, may differ in a repeat.
fn has_content(log: &Log, commit: &Commit) -> bool {
    let Some(mut stored) = log.commit(commit.key) else { return false };
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

fn check_guard(log: &Log, commit: &Commit, past: &Past) -> Result<(), Conflict> {
    let Some(guard) = &commit.guard else { return Ok(()) };
    let mut foreign = log.after(guard.after).take_while(|event| event.at.position <= past.end);
    let found =
        foreign.find(|event| guard.query.matches(event) && !past.known.contains(&event.at.key));
    found.map_or(Ok(()), |event| {
        let (query, after, found) = (guard.query.clone(), guard.after, event.at.position);
        Err(Conflict::Guard { query, after, found })
    })
}

/// What went before in the run.
struct Past {
    /// The end of the log before the run: what stands after it is the run's own.
    end: Position,
    /// The commits of the run that had been stored before.
    known: HashSet<Key>,
    /// The first commit that was refused.
    failed: Option<usize>,
    /// By stream, the first refused commit that wanted to write to it.
    by: HashMap<StreamName, usize>,
}

impl Past {
    fn fail(&mut self, index: usize, commit: Commit) {
        self.failed.get_or_insert(index);
        for write in commit.writes {
            self.by.entry(write.stream).or_insert(index);
        }
    }

    /// The refused commit that this one was decided on top of.
    fn predecessor(&self, commit: &Commit) -> Option<usize> {
        if commit.guard.is_some() && self.failed.is_some() {
            return self.failed;
        }
        commit.writes.iter().filter_map(|write| self.by.get(&write.stream)).min().copied()
    }
}
