//! The contract in its plainest form: a list, searched from its beginning.

use factum_core::store::{Commit, NewEvent, Query, Range, check_commit};
use factum_core::store::{Conflict, Expected, Limits, Outcome, Recorded, Refused};
use factum_core::{Key, StreamName};

/// A log that is a list.
pub(super) struct Plain {
    limits: Limits,
    commits: Vec<Commit>,
    entries: Vec<Entry>,
}

struct Entry {
    key: Key,
    stream: StreamName,
    revision: u64,
    index: usize,
    event: NewEvent,
}

/// What becomes of a commit. Events are named by their place in the log.
#[derive(Debug)]
pub(super) enum Verdict {
    Stored,
    Bad,
    /// Whether it stands where it is expected now.
    Known(bool),
    Reused,
    /// Any of these may be named.
    Predecessor(Vec<usize>),
    /// Any of these may be named.
    Streams(Vec<StreamName>),
    Guard(usize),
}

impl Plain {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, commits: Vec::new(), entries: Vec::new() }
    }

    pub(super) fn commits(&self) -> &[Commit] {
        &self.commits
    }

    pub(super) fn newest(&self, stream: &StreamName) -> Option<u64> {
        let own = self.entries.iter().filter(|entry| entry.stream == *stream);
        own.map(|entry| entry.revision).max()
    }

    /// Appends a run; `positions` are those that the store gave to the events before it.
    pub(super) fn append(&mut self, run: &[Commit], stored: &[Recorded]) -> Vec<Verdict> {
        let mut verdicts: Vec<Verdict> = Vec::new();
        for commit in run {
            let verdict = self.judge(commit, &run[..verdicts.len()], &verdicts, stored);
            if matches!(verdict, Verdict::Stored) {
                self.store(commit);
            }
            verdicts.push(verdict);
        }
        verdicts
    }

    fn judge(
        &self,
        commit: &Commit,
        before: &[Commit],
        verdicts: &[Verdict],
        stored: &[Recorded],
    ) -> Verdict {
        if check_commit(commit, &self.limits).is_err() {
            return Verdict::Bad;
        }
        if let Some(known) = self.commits.iter().find(|known| known.key == commit.key) {
            let known_in_place = self.stands_as_expected(commit);
            return if same(known, commit) {
                Verdict::Known(known_in_place)
            } else {
                Verdict::Reused
            };
        }
        let under: Vec<usize> = (0..before.len())
            .filter(|at| !matches!(verdicts[*at], Verdict::Stored | Verdict::Known(true)))
            .filter(|at| commit.guard.is_some() || share_stream(&before[*at], commit))
            .collect();
        if !under.is_empty() {
            return Verdict::Predecessor(under);
        }
        let writes = commit.writes.iter();
        let others: Vec<StreamName> = writes
            .filter(|write| !write.expected.holds(self.newest(&write.stream)))
            .map(|write| write.stream.clone())
            .collect();
        if !others.is_empty() {
            return Verdict::Streams(others);
        }
        let guard = commit.guard.as_ref();
        let found = guard.and_then(|guard| {
            stored.iter().position(|event| {
                event.at.position > guard.after
                    && guard.query.matches(event)
                    && before.iter().all(|own| own.key != event.at.key)
            })
        });
        found.map_or(Verdict::Stored, Verdict::Guard)
    }

    /// Whether the stored events of a commit stand where it expects them: where its expectations are
    /// exact, right behind what they say.
    fn stands_as_expected(&self, commit: &Commit) -> bool {
        let own = || self.entries.iter().filter(|entry| entry.key == commit.key);
        commit.writes.iter().all(|write| {
            let revisions: Vec<u64> = own()
                .filter(|entry| entry.stream == write.stream)
                .map(|entry| entry.revision)
                .collect();
            let first = match write.expected {
                Expected::NoStream => Some(0),
                Expected::Revision(revision) => Some(revision + 1),
                Expected::Any | Expected::Exists => revisions.first().copied(),
            };
            revisions.len() == write.events.len() && revisions.first().copied() == first
        })
    }

    fn store(&mut self, commit: &Commit) {
        let mut index = 0;
        for write in &commit.writes {
            for event in &write.events {
                let revision = self.newest(&write.stream).map_or(0, |newest| newest + 1);
                let (stream, event) = (write.stream.clone(), event.clone());
                self.entries.push(Entry { key: commit.key, stream, revision, index, event });
                index += 1;
            }
        }
        self.commits.push(commit.clone());
    }

    /// Puts what stands from a place on into the order that the store has it in.
    pub(super) fn order_as(&mut self, stored: &[Recorded], from: usize) {
        let is = |entry: &Entry, event: &Recorded| {
            event.at.key == entry.key && event.at.index as usize == entry.index
        };
        let place = |entry: &Entry| stored.iter().skip(from).position(|event| is(entry, event));
        self.entries[from..].sort_by_key(place);
    }

    /// Checks that what the store has is what this list has.
    pub(super) fn assert_is(&self, stored: &[Recorded]) {
        assert_eq!(stored.len(), self.entries.len(), "as many events as in the model");
        for (entry, recorded) in self.entries.iter().zip(stored) {
            let commit = self.commits.iter().find(|commit| commit.key == entry.key).unwrap();
            assert_eq!(recorded.at.key, entry.key);
            assert_eq!(recorded.at.stream, entry.stream);
            assert_eq!(recorded.at.revision, entry.revision);
            assert_eq!(recorded.at.index as usize, entry.index);
            assert_eq!(recorded.at.tags, entry.event.tags);
            assert_eq!(recorded.at.meta, commit.meta);
            assert_eq!(recorded.name, entry.event.name);
            assert_eq!(recorded.version, entry.event.version);
            assert_eq!(recorded.payload, entry.event.payload);
        }
    }
}

/// What a read of a log gives.
pub(super) fn filter<'a>(log: &'a [Recorded], query: &Query, range: &Range) -> Vec<&'a Recorded> {
    let wanted = |event: &&Recorded| {
        query.matches(event) && range.contains(event.at.position, event.at.revision)
    };
    log.iter().filter(wanted).collect()
}

/// Checks what a store says of a commit.
pub(super) fn assert_agrees(
    commit: &Commit,
    verdict: &Verdict,
    outcome: &Outcome,
    log: &[Recorded],
) {
    match (verdict, outcome) {
        (Verdict::Bad, Err(Refused::Bad(_))) => {}
        (Verdict::Stored | Verdict::Known(_), Ok(receipt)) => {
            assert_eq!(receipt.repeated, matches!(verdict, Verdict::Known(_)));
            let own: Vec<_> = log.iter().filter(|event| event.at.key == commit.key).collect();
            assert_eq!(receipt.mark, own.last().unwrap().at.mark());
            for write in &receipt.writes {
                let of = own.iter().filter(|event| event.at.stream == write.stream);
                assert!(of.map(|event| event.at.revision).eq(write.first..=write.last));
            }
            let written: u64 = receipt.writes.iter().map(|w| w.last - w.first + 1).sum();
            assert_eq!(written as usize, own.len());
        }
        (Verdict::Reused, Err(Refused::KeyReused { key, position })) => {
            let newest = log.iter().rfind(|event| event.at.key == commit.key).unwrap();
            assert_eq!((*key, *position), (commit.key, newest.at.position));
        }
        (Verdict::Predecessor(under), Err(Refused::Predecessor { index })) => {
            assert!(under.contains(index), "{index} is none of {under:?}");
        }
        (Verdict::Streams(others), Err(Refused::Conflict(Conflict::Stream { stream, .. }))) => {
            assert!(others.contains(stream), "{stream} is none of {others:?}");
        }
        (Verdict::Guard(at), Err(Refused::Conflict(Conflict::Guard { found, .. }))) => {
            assert_eq!(*found, log[*at].at.position, "the first event that is forbidden");
        }
        _ => panic!("the model says {verdict:?}, the store {outcome:?}, of {commit:?}"),
    }
}

fn share_stream(one: &Commit, other: &Commit) -> bool {
    one.writes.iter().any(|write| other.writes.iter().any(|w| w.stream == write.stream))
}

fn same(known: &Commit, commit: &Commit) -> bool {
    if let (Some(known), Some(wanted)) = (&known.meta.command, &commit.meta.command) {
        return known.same_as(wanted);
    }
    let content = |commit: &Commit| {
        let writes = commit.writes.iter();
        let events = writes.flat_map(|w| w.events.iter().map(move |event| (&w.stream, event)));
        events
            .map(|(stream, e)| {
                (stream.clone(), e.name.clone(), e.version, e.tags.clone(), e.payload.clone())
            })
            .collect::<Vec<_>>()
    };
    content(known) == content(commit)
}

/// The expectation that holds of a stream, said exactly.
pub(super) fn exactly(newest: Option<u64>) -> Expected {
    newest.map_or(Expected::NoStream, Expected::Revision)
}
