use std::collections::HashMap;

use factum_core::Key;
use factum_core::store::{
    Actual, Commit, Conflict, Limits, Mark, Outcome, Past, Position, Receipt, Recorded, Refused,
    Stamp, StoreError, Written, check_commit,
};
use factum_core::view::ViewId;
use tokio::sync::oneshot;

use super::fault::BACKEND;
use super::session::Log;
use crate::own::Own;
use crate::{partly, repeat};

/// A run that is being appended: in one round, or in several where it is long or has known keys.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) commits: Vec<Commit>,
    pub(super) outcomes: Vec<Outcome>,
    pub(super) past: Past,
    /// The positions of its commits that are stored already, which its guards do not see.
    pub(super) own: Own,
    /// In how many rounds on end it has come no further.
    stuck: u8,
    reply: Option<oneshot::Sender<Result<Vec<Outcome>, StoreError>>>,
}

/// What the server said of one commit.
#[derive(Clone, Copy, Debug)]
pub(super) enum Verdict {
    /// Its first event stands here.
    Stored {
        first: i64,
    },
    /// It, or an earlier one of its run, has a known key.
    Stopped,
    Stream {
        write: usize,
        newest: i64,
    },
    Guard {
        found: i64,
    },
    Predecessor,
}

impl Run {
    pub(super) fn new(
        commits: Vec<Commit>,
        reply: oneshot::Sender<Result<Vec<Outcome>, StoreError>>,
    ) -> Self {
        let outcomes = Vec::with_capacity(commits.len());
        let (past, own, reply) = (Past::new(), Own::default(), Some(reply));
        Self { commits, outcomes, past, own, stuck: 0, reply }
    }

    /// The commits without an outcome.
    pub(super) fn rest(&self) -> &[Commit] {
        self.commits.get(self.outcomes.len()..).unwrap_or_default()
    }

    pub(super) fn is_done(&self) -> bool {
        self.outcomes.len() >= self.commits.len()
    }

    /// Takes note of a round that it was in; before, it had so many outcomes.
    pub(super) fn end_round(&mut self, before: usize) {
        let moved = self.outcomes.len() > before;
        self.stuck = if moved { 0 } else { self.stuck.saturating_add(1) };
    }

    /// Whether it comes no further: a key is known when it is appended, and then is not, again and
    /// again, as only a log can do that somebody else writes to.
    pub(super) fn is_stuck(&self) -> bool {
        self.stuck > 10
    }

    /// Whether nobody waits for it, and nothing of it is stored.
    pub(super) fn is_abandoned(&self) -> bool {
        self.outcomes.is_empty() && self.reply.as_ref().is_none_or(oneshot::Sender::is_closed)
    }

    /// Tells the caller.
    pub(super) fn answer(mut self) {
        let outcomes = std::mem::take(&mut self.outcomes);
        self.reply_with(Ok(outcomes));
    }

    /// Tells the caller that it failed. What is stored of it already is stored.
    pub(super) fn fail(mut self, error: StoreError) {
        let error = partly::failed(BACKEND, &self.outcomes, error);
        self.reply_with(Err(error));
    }

    fn reply_with(&mut self, answer: Result<Vec<Outcome>, StoreError>) {
        if let Some(reply) = self.reply.take() {
            // Nobody waits any more where this fails.
            let _ = reply.send(answer);
        }
    }

    fn settle(&mut self, outcome: Outcome) {
        let index = self.outcomes.len();
        if let Some(commit) = self.commits.get(index) {
            self.past.add(index, commit, &outcome);
        }
        self.own.add(&outcome);
        self.outcomes.push(outcome);
    }

    /// Settles the next commit if it is bad; whether it was.
    pub(super) fn settle_bad(&mut self, limits: &Limits) -> bool {
        let bad = self.rest().first().map(|commit| check_commit(commit, limits));
        match bad {
            Some(Err(bad)) => {
                self.settle(Err(bad.into()));
                true
            }
            _ => false,
        }
    }

    /// Settles the next commits as long as they are bad or known.
    pub(super) fn settle_known(&mut self, known: &HashMap<Key, Vec<Recorded>>, limits: &Limits) {
        loop {
            if self.settle_bad(limits) {
                continue;
            }
            let Some(commit) = self.rest().first() else { return };
            let Some(stored) = known.get(&commit.key) else { return };
            let Some(receipt) = repeat::receipt(stored.iter()) else { return };
            let outcome = if repeat::is_same(commit, stored.iter()) {
                Ok(receipt)
            } else {
                Err(Refused::KeyReused { key: commit.key, position: receipt.mark.position })
            };
            self.settle(outcome);
        }
    }

    /// Settles the next commit by what the server said of it; `false` if that is not settled yet.
    /// `firsts` are the first revisions of its writes, if it is stored, and `views` those whose rows it
    /// changed.
    pub(super) fn settle_by(
        &mut self,
        verdict: Verdict,
        firsts: &[i64],
        views: Vec<ViewId>,
        log: Log,
        stamp: Stamp,
    ) -> bool {
        let Some(commit) = self.rest().first() else { return false };
        let outcome = match verdict {
            Verdict::Stopped => return false,
            Verdict::Stored { first } => {
                Ok(Receipt { views, ..receipt(commit, first, firsts, log, stamp) })
            }
            Verdict::Stream { write, newest } => {
                let Some(write) = commit.writes.get(write) else { return false };
                let actual = Actual::from(u64::try_from(newest).ok());
                let (stream, expected) = (write.stream.clone(), write.expected);
                Err(Conflict::Stream { stream, expected, actual }.into())
            }
            Verdict::Guard { found } => {
                let Some(guard) = &commit.guard else { return false };
                let found = Position::new(found.cast_unsigned());
                let (query, after) = (guard.query.clone(), guard.after);
                Err(Conflict::Guard { query, after, found }.into())
            }
            Verdict::Predecessor => match self.past.check(commit) {
                Err(refused) => Err(refused),
                Ok(()) => return false,
            },
        };
        self.settle(outcome);
        true
    }
}

/// What is said of a stored commit.
pub(super) fn receipt(
    commit: &Commit,
    first: i64,
    firsts: &[i64],
    log: Log,
    stamp: Stamp,
) -> Receipt {
    let events: usize = commit.writes.iter().map(|write| write.events.len()).sum();
    let index = u32::try_from(events.saturating_sub(1)).unwrap_or(u32::MAX);
    let mark = Mark {
        log: log.id,
        position: Position::new(first.cast_unsigned() + u64::from(index)),
        event: Some(commit.key.event(index)),
        stamp,
    };
    let writes = commit.writes.iter().zip(firsts).map(|(write, first)| {
        let first = first.cast_unsigned();
        let last = first + write.events.len() as u64 - 1;
        Written { stream: write.stream.clone(), first, last }
    });
    Receipt { key: commit.key, mark, writes: writes.collect(), repeated: false, views: Vec::new() }
}
