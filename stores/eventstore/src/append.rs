//! A run of commits, taken apart by stream and put together again.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use factum_core::StreamName;
use factum_core::store::{BadCommit, Commit, Outcome, Refused, Stamp, StoreError, check_commit};
use factum_stores::backend::partly_failed;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::entry::{Entry, entries};
use crate::judge::{Content, Item};
use crate::lanes::{Job, Lanes, Reply};
use crate::link::BACKEND;
use crate::options::EventStoreDbOptions;
use crate::shared::Shared;

/// As long as this an append waits that is told to wait for ever.
const LONGEST: Duration = Duration::from_secs(86_400);

/// Appends a run.
pub(crate) async fn append(
    shared: &Arc<Shared>,
    run: Vec<Commit>,
) -> Result<Vec<Outcome>, StoreError> {
    shared.check_open()?;
    let stamp = Stamp::draw();
    let mut outcomes: Vec<Option<Outcome>> = vec![None; run.len()];
    let mut parts = Parts::default();
    for (index, commit) in run.into_iter().enumerate() {
        let content = content(&commit, stamp, &shared.options)?;
        if let (Err(refused), Some(outcome)) = (&content, outcomes.get_mut(index)) {
            *outcome = Some(Err(refused.clone()));
        }
        parts.add(Item { index, commit, content });
    }
    let mut failed = None;
    for part in parts.hand_in(shared) {
        let (indexes, Reply { outcomes: told, error }) = part.end().await;
        for (index, told) in indexes.into_iter().zip(told) {
            if let Some(outcome) = outcomes.get_mut(index) {
                *outcome = Some(told);
            }
        }
        failed = worse(failed, error);
    }
    let told: Option<Vec<Outcome>> = outcomes.iter().cloned().collect();
    match (failed, told) {
        (None, Some(told)) => Ok(told),
        (failed, _) => {
            let done: Vec<Outcome> = outcomes.into_iter().flatten().collect();
            Err(partly_failed(BACKEND, &done, failed.unwrap_or_else(ended)))
        }
    }
}

/// Of two errors the one that says less for certain.
fn worse(one: Option<StoreError>, other: Option<StoreError>) -> Option<StoreError> {
    match (&one, &other) {
        (None, _) => other,
        (Some(first), Some(second)) if second.outcome_unknown() && !first.outcome_unknown() => {
            other
        }
        _ => one,
    }
}

fn ended() -> StoreError {
    let reason = "the runtime that appended it ended".to_owned();
    StoreError::Unknown { backend: BACKEND, reason }
}

/// What is sent of a commit, or why nothing is.
fn content(
    commit: &Commit,
    stamp: Stamp,
    options: &EventStoreDbOptions,
) -> Result<Result<Content, Refused>, StoreError> {
    if let Err(bad) = check_commit(commit, &options.limits) {
        return Ok(Err(bad.into()));
    }
    let unsupported = |what| Refused::Unsupported { backend: BACKEND, what };
    let [write] = commit.writes.as_slice() else {
        return Ok(Err(unsupported("commits of several streams")));
    };
    if commit.guard.is_some() {
        return Ok(Err(unsupported("guards")));
    }
    if !commit.views.is_empty() {
        return Ok(Err(unsupported("views in a commit")));
    }
    let entries = entries(commit, write, stamp)?;
    let (bytes, limit) = (entries.iter().map(Entry::bytes).sum(), options.append_bytes);
    if bytes > limit {
        return Ok(Err(BadCommit::TooLargeTogether { bytes, limit }.into()));
    }
    Ok(Ok(Content { entries, stamp }))
}

/// The commits of a run by stream, each in the order of the run.
#[derive(Default)]
struct Parts(HashMap<StreamName, Vec<Item>>);

impl Parts {
    /// A commit that is refused stands in each of its streams, so that those decided on it are refused.
    fn add(&mut self, item: Item) {
        let Item { index, commit, content } = item;
        match (content, commit.writes.first()) {
            (Err(refused), _) => {
                for write in &commit.writes {
                    let (commit, content) = (commit.clone(), Err(refused.clone()));
                    self.of(&write.stream).push(Item { index, commit, content });
                }
            }
            (Ok(content), Some(write)) => {
                let stream = write.stream.clone();
                self.of(&stream).push(Item { index, commit, content: Ok(content) });
            }
            (Ok(_), None) => {}
        }
    }

    fn of(&mut self, stream: &StreamName) -> &mut Vec<Item> {
        self.0.entry(stream.clone()).or_default()
    }

    /// Hands each to the lane of its stream.
    fn hand_in(self, shared: &Arc<Shared>) -> Vec<Part> {
        let now = Instant::now();
        let due = now.checked_add(shared.writer.within()).unwrap_or_else(|| now + LONGEST);
        let parts = self.0.into_iter().filter(|(_, items)| items.iter().any(|i| i.content.is_ok()));
        let hand_in = |(stream, items): (StreamName, Vec<Item>)| {
            let indexes = items.iter().map(|item| item.index).collect();
            let (reply, answer) = oneshot::channel();
            let job = Job { items, outcomes: Vec::new(), due, reply };
            let refused = Lanes::hand_in(shared, stream, job).err();
            Part { indexes, answer, refused }
        };
        parts.map(hand_in).collect()
    }
}

/// The commits of a run to one stream, on their way.
struct Part {
    /// Their places in the run.
    indexes: Vec<usize>,
    answer: oneshot::Receiver<Reply>,
    /// Why they were not even taken.
    refused: Option<StoreError>,
}

impl Part {
    async fn end(self) -> (Vec<usize>, Reply) {
        let Self { indexes, answer, refused } = self;
        let gone = |_| Reply { outcomes: Vec::new(), error: Some(refused.unwrap_or_else(ended)) };
        (indexes, answer.await.unwrap_or_else(gone))
    }
}
