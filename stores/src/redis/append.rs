use std::collections::HashSet;
use std::time::Instant;

use factum_core::Key;
use factum_core::store::{
    Commit, Conflict, Direction, Guard, Outcome, Past, Position, Query, Range, Receipt, Refused,
    Stamp, StoreError, Written,
};
use redis::Value;
use tokio::sync::mpsc::error::SendTimeoutError;
use tokio::sync::oneshot;

use super::entry::{Entry, mark};
use super::fault::{BACKEND, Fault};
use super::keys::Keys;
use super::part::{Packed, Part, Searched};
use super::rounds::{Answer, Waiting};
use super::value::{number, parsed};
use super::{RedisStore, batch, read, rounds};
use crate::own::Own;
use crate::partly;
use crate::plain::check_plain;

/// Over how many positions the script searches for what a guard forbids, where no list of a stream or
/// tag tells it. What lies further back is searched here, so that no round blocks the server for long.
const GAP: u64 = 1000;
/// The same where the script has handed a commit back as its search took too long: what is left is
/// less than it gives up at.
const SHORT_GAP: u64 = 128;
/// How many events such a search reads at once.
const PAGE: usize = 256;

/// Appends a run, part by part.
pub(super) async fn append(store: &RedisStore, run: &[Commit]) -> Result<Vec<Outcome>, StoreError> {
    let far = Far { end: store.known_end(), handed_back: false };
    let mut so_far = SoFar { past: Past::new(), own: Own::default(), far };
    let mut outcomes: Vec<Outcome> = Vec::with_capacity(run.len());
    while outcomes.len() < run.len() {
        let base = outcomes.len();
        match append_some(store, run, base, &mut so_far).await {
            Ok(some) => outcomes.extend(some),
            Err(error) => return Err(partly::failed(BACKEND, &outcomes, error)),
        }
    }
    Ok(outcomes)
}

/// What came of the earlier parts of a run.
struct SoFar {
    past: Past,
    own: Own,
    far: Far,
}

/// What decides whether a guard is searched for here.
#[derive(Clone, Copy, Debug)]
struct Far {
    /// Where the log ends, about.
    end: Position,
    /// The script has come to the next commit and handed it back.
    handed_back: bool,
}

impl Far {
    /// Up to how far from the end is searched; `None`: the script does it all.
    fn gap(&self, query: &Query) -> Option<u64> {
        // The newest entry of a list tells mostly that there is nothing to search.
        match Keys::lists(query) {
            _ if self.handed_back => Some(SHORT_GAP),
            Some(_) => None,
            None => Some(GAP),
        }
    }
}

/// Appends the next part of a run, or as much of it as the script came to.
async fn append_some(
    store: &RedisStore,
    run: &[Commit],
    base: usize,
    so_far: &mut SoFar,
) -> Result<Vec<Outcome>, StoreError> {
    let (done, rest) = run.split_at(base);
    // Drawn for this one time that it is sent.
    let stamp = Stamp::draw();
    let mut part = Part::at(&store.shared.keys, base, guarded_keys(done, rest), stamp);
    let mut bad = Vec::new();
    for (index, commit) in rest.iter().enumerate() {
        if part.is_full() {
            break;
        }
        match check_plain(commit, &store.shared.options.limits, BACKEND) {
            Ok(()) => {
                let earlier = run.get(..base + index).unwrap_or(run);
                let searched = search(store, commit, earlier, so_far).await?;
                part.push(commit, &so_far.past, searched);
                bad.push(None);
            }
            Err(problem) => {
                part.push_bad(commit);
                bad.push(Some(problem));
            }
        }
    }
    let Answer { mut before, outcomes } = ask(store, part.packed()).await?;
    let mut told = Vec::with_capacity(bad.len());
    for (index, ((commit, bad), outcome)) in rest.iter().zip(bad).zip(outcomes).enumerate() {
        let outcome = match bad {
            Some(problem) => Err(problem),
            None => store.outcome(commit, outcome, before, stamp)?,
        };
        if let Ok(receipt) = &outcome
            && !receipt.repeated
        {
            before = receipt.mark.position.number();
        }
        so_far.past.add(base + index, commit, &outcome);
        so_far.own.add(&outcome);
        told.push(outcome);
    }
    so_far.far.handed_back = told.is_empty();
    if so_far.far.handed_back {
        // A guard had more to search than the script may.
        so_far.far.end = batch::moment(&store.shared, &Range::ALL).await?.end.position;
    }
    Ok(told)
}

/// The keys of the earlier commits, if a guard has to know them.
fn guarded_keys(done: &[Commit], rest: &[Commit]) -> Vec<Key> {
    if rest.iter().any(|commit| commit.guard.is_some()) {
        done.iter().map(|commit| commit.key).collect()
    } else {
        Vec::new()
    }
}

/// Searches what lies far back for what the commit's guard forbids.
async fn search(
    store: &RedisStore,
    commit: &Commit,
    earlier: &[Commit],
    so_far: &SoFar,
) -> Result<Searched, StoreError> {
    let Some(Guard { query, after }) = &commit.guard else { return Ok(Searched::default()) };
    let (far, mut through) = (so_far.far, so_far.own.behind(*after));
    let unsearched = |through: Position| far.end.number().saturating_sub(through.number());
    let gap = far.gap(query).unwrap_or(u64::MAX);
    if unsearched(through) <= gap {
        return Ok(Searched { through, found: None });
    }
    let own: HashSet<Key> = earlier.iter().map(|commit| commit.key).collect();
    while unsearched(through) > gap {
        let (query, range) = (query.clone(), Range::after(through));
        let page = read::page(&store.shared, query, range, Direction::Forward, PAGE).await?;
        let found = page.events.iter().find(|event| !own.contains(&event.at.key));
        if let Some(event) = found {
            return Ok(Searched { through, found: Some(event.at.position) });
        }
        through = page.complete_to.position;
        if !page.more {
            break;
        }
    }
    Ok(Searched { through, found: None })
}

/// Hands a part to the rounds and waits for what became of it.
async fn ask(store: &RedisStore, part: Packed) -> Result<Answer, StoreError> {
    let Some(queue) = &store.queue else { return Err(StoreError::Closed) };
    let limit = store.shared.options.answer_within;
    let due = Instant::now() + limit;
    let (reply, answer) = oneshot::channel();
    let waiting = Waiting { part, due, reply };
    match queue.send_timeout(waiting, limit).await {
        Ok(()) => {}
        Err(SendTimeoutError::Closed(_)) => return Err(StoreError::Closed),
        Err(SendTimeoutError::Timeout(_)) => return Err(rounds::unsent(limit)),
    }
    // A round answers all that it took; this is one that was never taken.
    answer.await.map_err(|_| StoreError::Closed)?.map_err(Fault::of_append)
}

impl RedisStore {
    /// Where the log ends at the least, as far as it is known without asking.
    fn known_end(&self) -> Position {
        self.news.upgrade().map_or(Position::START, |news| *news.borrow())
    }

    /// What the script said of a commit, before which the log ended there.
    fn outcome(
        &self,
        commit: &Commit,
        told: Value,
        before: u64,
        stamp: Stamp,
    ) -> Result<Outcome, StoreError> {
        let parts = match told {
            Value::Int(_) => return self.stored(commit, &[told], before, stamp).map(Ok),
            Value::Array(parts) => parts,
            _ => return Err(odd()),
        };
        let mut parts = parts.into_iter();
        let Some(Value::Int(kind)) = parts.next() else { return Err(odd()) };
        let rest: Vec<Value> = parts.collect();
        match (kind, rest.as_slice()) {
            (0, firsts) => self.stored(commit, firsts, before, stamp).map(Ok),
            (1, [..]) => self.repeated(rest).map(Ok),
            (2, [Value::Int(at), Value::Int(newest)]) => {
                let at = usize::try_from(*at).map_err(|_| odd())?;
                let write = commit.writes.get(at).ok_or_else(odd)?;
                let (stream, expected) = (write.stream.clone(), write.expected);
                let actual = u64::try_from(*newest).ok().into();
                Ok(Err(Conflict::Stream { stream, expected, actual }.into()))
            }
            (3, [found]) => {
                let Some(Guard { query, after }) = commit.guard.clone() else { return Err(odd()) };
                let found = position(found)?;
                Ok(Err(Conflict::Guard { query, after, found }.into()))
            }
            (4, [known]) => {
                Ok(Err(Refused::KeyReused { key: commit.key, position: position(known)? }))
            }
            (5, [Value::Int(index)]) => {
                let index = usize::try_from(*index).map_err(|_| odd())?;
                Ok(Err(Refused::Predecessor { index }))
            }
            (6, [Value::BulkString(what)]) => {
                let (place, what) = (self.shared.place.clone(), String::from_utf8_lossy(what));
                Err(match what.strip_prefix("NOPERM") {
                    Some(reason) => StoreError::Open { place, reason: reason.trim().to_owned() },
                    None => StoreError::Corrupt { place, what: what.into_owned() },
                })
            }
            _ => Err(odd()),
        }
    }

    fn stored(
        &self,
        commit: &Commit,
        firsts: &[Value],
        before: u64,
        stamp: Stamp,
    ) -> Result<Receipt, StoreError> {
        let events = commit.writes.iter().map(|write| write.events.len() as u64).sum();
        let mark = mark(self.shared.log, before + events, commit.key, stamp, events);
        let writes = commit.writes.iter().zip(firsts).map(|(write, first)| {
            let first = number(first).map_err(|_| odd())?;
            let last = first + (write.events.len() as u64).saturating_sub(1);
            Ok(Written { stream: write.stream.clone(), first, last })
        });
        let writes = writes.collect::<Result<Vec<_>, StoreError>>()?;
        Ok(Receipt { key: commit.key, mark, writes, repeated: false, views: Vec::new() })
    }

    fn repeated(&self, parts: Vec<Value>) -> Result<Receipt, StoreError> {
        let Ok([end, head, directory, firsts]) = <[Value; 4]>::try_from(parts) else {
            return Err(odd());
        };
        let Value::BulkString(end) = end else { return Err(odd()) };
        let end = parsed(&end).ok_or_else(odd)?;
        let entry = Entry::of_repeat(end, [head, directory, firsts]).map_err(|_| odd())?;
        let shared = &self.shared;
        entry.receipt(shared.log).map_err(|damaged| shared.damaged(damaged))
    }
}

fn position(value: &Value) -> Result<Position, StoreError> {
    number(value).map(Position::new).map_err(|_| odd())
}

fn odd() -> StoreError {
    let reason = "its answer is none of the append script".to_owned();
    StoreError::Unknown { backend: BACKEND, reason }
}
