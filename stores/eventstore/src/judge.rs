//! What becomes of the commits that wait for a stream, as far as the stream is known.
//!
//! *Invariant.* What is judged by a memory of the stream holds only if an append proves that memory, or
//! if it was fresh: a plan says which it needs.

use std::collections::HashMap;

use factum_core::Key;
use factum_core::store::{Commit, Conflict, LogId, Outcome, Past, Refused, Stamp};

use crate::entry::Entry;
use crate::known::{Known, Stored};

/// A commit to one stream, at its place in its run.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) index: usize,
    pub(crate) commit: Commit,
    /// What is sent, or why it is refused whatever the stream holds.
    pub(crate) content: Result<Content, Refused>,
}

/// What is sent of a commit.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) entries: Vec<Entry>,
    pub(crate) stamp: Stamp,
}

impl Content {
    fn bytes(&self) -> usize {
        self.entries.iter().map(Entry::bytes).sum()
    }
}

/// What becomes of a commit.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// That, whatever comes of the append.
    Done(Outcome),
    /// It is this one of what is appended.
    Write(usize),
    /// It is that one again.
    Again(usize),
    /// Its key is that one's, which is another commit.
    Reused(usize),
}

/// A commit that is to be appended, and where it will stand.
#[derive(Debug)]
pub(crate) struct Write<'a> {
    pub(crate) commit: &'a Commit,
    pub(crate) content: &'a Content,
    first: u64,
    last: u64,
}

impl Write<'_> {
    /// It as it was stored: where the stream goes on from elsewhere, so many revisions further.
    pub(crate) fn stored(&self, further: u64, position: u64) -> Stored {
        let (first, last) = (self.first + further, self.last + further);
        Stored::new(self.commit, first, last, (position, self.content.stamp))
    }

    pub(crate) fn last(&self) -> u64 {
        self.last
    }
}

/// The verdicts on the commits of some runs, and what is appended for them in one call.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    log: LogId,
    known: &'a Known,
    most_bytes: usize,
    pub(crate) writes: Vec<Write<'a>>,
    /// Some commit is judged by what the stream was known to hold, which an append does not prove.
    pub(crate) is_doubtful: bool,
    /// No more fits into the call.
    pub(crate) is_full: bool,
    /// The revision of the newest event, and of the newest one of ours.
    newest: Option<u64>,
    own: Option<u64>,
    keys: HashMap<Key, usize>,
    bytes: usize,
}

impl<'a> Plan<'a> {
    pub(crate) fn new(log: LogId, known: &'a Known, most_bytes: usize) -> Self {
        Self {
            log,
            known,
            most_bytes,
            writes: Vec::new(),
            is_doubtful: false,
            is_full: false,
            newest: known.newest,
            own: known.own,
            keys: HashMap::new(),
            bytes: 0,
        }
    }

    /// Judges the next commits of a run, of which these outcomes are known. Ends where the call is full.
    pub(crate) fn judge(&mut self, items: &'a [Item], outcomes: &[Outcome]) -> Vec<Verdict> {
        let mut past = Past::new();
        for (item, outcome) in items.iter().zip(outcomes) {
            past.add(item.index, &item.commit, outcome);
        }
        let mut verdicts = Vec::new();
        for item in items.iter().skip(outcomes.len()) {
            if self.is_full {
                break;
            }
            let Some(verdict) = self.verdict(item, &past) else {
                self.is_full = true;
                break;
            };
            past.add(item.index, &item.commit, &self.foreseen(&verdict, &item.commit));
            verdicts.push(verdict);
        }
        verdicts
    }

    /// `None` if it does not fit any more.
    fn verdict(&mut self, item: &'a Item, past: &Past) -> Option<Verdict> {
        let commit = &item.commit;
        let content = match &item.content {
            Ok(content) => content,
            Err(refused) => return Some(Verdict::Done(Err(refused.clone()))),
        };
        if let Some(verdict) = self.repeat(commit) {
            return Some(verdict);
        }
        if let Err(refused) = past.check(commit) {
            return Some(Verdict::Done(Err(refused)));
        }
        if let Err(conflict) = self.check(commit) {
            // What is appended together with it proves what it is judged by.
            self.is_doubtful |= self.writes.is_empty();
            return Some(Verdict::Done(Err(conflict.into())));
        }
        let bytes = content.bytes();
        if !self.writes.is_empty() && self.bytes + bytes > self.most_bytes {
            return None;
        }
        let first = self.newest.map_or(0, |newest| newest + 1);
        let last = first + (content.entries.len() as u64).saturating_sub(1);
        self.bytes += bytes;
        (self.newest, self.own) = (Some(last), Some(last));
        self.keys.insert(commit.key, self.writes.len());
        self.writes.push(Write { commit, content, first, last });
        Some(Verdict::Write(self.writes.len() - 1))
    }

    /// The verdict on a commit whose key is known.
    fn repeat(&mut self, commit: &Commit) -> Option<Verdict> {
        if let Some(at) = self.keys.get(&commit.key).copied() {
            let is_same = self.writes.get(at)?.stored(0, 0).is_same(commit);
            return Some(if is_same { Verdict::Again(at) } else { Verdict::Reused(at) });
        }
        if !self.known.knows(commit.key) {
            return None;
        }
        self.is_doubtful = true;
        // Where no more than the key is known the plan is of no use.
        let useless = Err(Refused::Predecessor { index: 0 });
        let stored = self.known.find(commit.key);
        Some(Verdict::Done(
            stored.map_or(useless, |stored| self.repeated(stored, commit, stored.is_same(commit))),
        ))
    }

    fn repeated(&self, stored: &Stored, commit: &Commit, is_same: bool) -> Outcome {
        match commit.writes.first() {
            Some(write) if is_same => Ok(stored.receipt(self.log, &write.stream, true)),
            _ => Err(Refused::KeyReused { key: commit.key, position: stored.position() }),
        }
    }

    fn check(&self, commit: &Commit) -> Result<(), Conflict> {
        let failing = commit.writes.iter().find(|write| !write.expected.holds(self.own));
        failing.map_or(Ok(()), |write| {
            let (stream, expected) = (write.stream.clone(), write.expected);
            Err(Conflict::Stream { stream, expected, actual: self.own.into() })
        })
    }

    /// The outcome as far as later commits of the run depend on it.
    fn foreseen(&self, verdict: &Verdict, commit: &Commit) -> Outcome {
        let stored = |at: usize| self.writes.get(at).map(|write| write.stored(0, 0));
        self.outcome(verdict, commit, stored)
    }

    /// The outcome, where those that are appended are stored so.
    pub(crate) fn outcome(
        &self,
        verdict: &Verdict,
        commit: &Commit,
        stored: impl Fn(usize) -> Option<Stored>,
    ) -> Outcome {
        let (at, is_same, is_new) = match verdict {
            Verdict::Done(outcome) => return outcome.clone(),
            Verdict::Write(at) => (*at, true, true),
            Verdict::Again(at) => (*at, true, false),
            Verdict::Reused(at) => (*at, false, false),
        };
        match stored(at) {
            Some(stored) => self
                .repeated(&stored, commit, is_same)
                .map(|receipt| factum_core::store::Receipt { repeated: !is_new, ..receipt }),
            // None that is not in the plan is named.
            None => Err(Refused::Predecessor { index: 0 }),
        }
    }
}
