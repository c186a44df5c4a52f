use std::collections::{HashMap, HashSet};

use factum_core::store::{Commit, Outcome, Refused};
use factum_core::{Key, StreamName};

/// What went before in a run.
#[derive(Debug)]
pub(super) struct Past {
    /// The end of the log before the run: what stands after it is the run's own.
    pub(super) end: u64,
    /// The commits of the run that had been stored before.
    pub(super) known: HashSet<Key>,
    /// The first commit that was refused.
    failed: Option<usize>,
    /// By stream, the first refused commit that wanted to write to it.
    by_stream: HashMap<StreamName, usize>,
}

impl Past {
    pub(super) fn before(end: u64) -> Self {
        Self { end, known: HashSet::new(), failed: None, by_stream: HashMap::new() }
    }

    /// Whether the commit was decided on top of one that was refused.
    pub(super) fn check(&self, commit: &Commit) -> Result<(), Refused> {
        let first = if commit.guard.is_some() {
            self.failed
        } else {
            commit
                .writes
                .iter()
                .filter_map(|write| self.by_stream.get(&write.stream).copied())
                .min()
        };
        first.map_or(Ok(()), |index| Err(Refused::Predecessor { index }))
    }

    /// Takes note of what became of a commit.
    pub(super) fn add(&mut self, index: usize, commit: &Commit, outcome: &Outcome) {
        match outcome {
            Ok(receipt) if receipt.repeated => {
                self.known.insert(commit.key);
            }
            Ok(_) => {}
            Err(_) => {
                self.failed.get_or_insert(index);
                for write in &commit.writes {
                    self.by_stream.entry(write.stream.clone()).or_insert(index);
                }
            }
        }
    }
}
