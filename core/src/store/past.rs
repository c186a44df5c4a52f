use std::collections::{HashMap, HashSet};

use super::{Commit, Expected, Outcome, Receipt, Refused};
use crate::{Key, StreamName};

/// What went before in a run: for backends, who judge each commit of a run by it.
///
/// A commit was decided on top of an earlier one of its run if they share a stream, or if it has a
/// guard. It is refused if that earlier one was refused, or had been stored before at another place
/// than it expected now: either way, what this one was decided on is not what is in the log.
#[derive(Debug, Default)]
pub struct Past {
    known: HashSet<Key>,
    first: Option<usize>,
    by_stream: HashMap<StreamName, usize>,
}

impl Past {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Checks that what the commit was decided on is in the log.
    ///
    /// # Errors
    /// [`Refused::Predecessor`], which names the earlier commit.
    pub fn check(&self, commit: &Commit) -> Result<(), Refused> {
        let shared = commit.writes.iter().filter_map(|write| self.by_stream.get(&write.stream));
        let index = if commit.guard.is_some() { self.first } else { shared.min().copied() };
        index.map_or(Ok(()), |index| Err(Refused::Predecessor { index }))
    }

    /// Whether the run had a commit with this key that had been stored before. A guard ignores it, as
    /// it does what the run has written.
    pub fn repeats(&self, key: &Key) -> bool {
        self.known.contains(key)
    }

    /// Takes note of what became of the commit at this place of the run.
    pub fn add(&mut self, index: usize, commit: &Commit, outcome: &Outcome) {
        if let Ok(receipt) = outcome
            && receipt.repeated
        {
            self.known.insert(commit.key);
        }
        if !matches!(outcome, Ok(receipt) if as_expected(commit, receipt)) {
            self.first.get_or_insert(index);
            for write in &commit.writes {
                self.by_stream.entry(write.stream.clone()).or_insert(index);
            }
        }
    }
}

/// Whether the events of the commit stand where it expected them.
fn as_expected(commit: &Commit, receipt: &Receipt) -> bool {
    let stands = |(at, write): (usize, &super::StreamWrite)| {
        receipt.writes.get(at).is_some_and(|written| {
            let before = written.first.checked_sub(1);
            let in_place = match write.expected {
                Expected::Any | Expected::Exists => true,
                exact => exact.holds(before),
            };
            in_place
                && written.stream == write.stream
                && written.last - written.first + 1 == write.events.len() as u64
        })
    };
    !receipt.repeated || commit.writes.iter().enumerate().all(stands)
}
