use std::sync::Arc;
use std::time::{Duration, Instant};

use factum_core::store::{Durability, LogId, Mark, Position, Rewound, StoreError};
use redis::Value;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

use super::Shared;
use super::fault::{Fault, unavailable};
use super::pack::Pack;
use super::part::Packed;
use super::request::Request;
use super::scripts::Script;
use super::value::{bytes, list, number};

/// The most that one round has. A commit keeps the server for some 14 µs, so that a round blocks it
/// for about 4 ms. Half as many are twice the syncs where hundreds write.
const COMMITS: usize = 256;
const BYTES: usize = 512 * 1024;
/// How many rounds are under way at the same time: while the server works on one, the next is made and
/// the last one's answers are given out. Where the server syncs each round, two small ones take longer
/// than a large one: with 64 writers, two in flight did a third to a half of what one did; without
/// the sync 1.3 times as much.
fn rounds_in_flight(durability: Durability) -> usize {
    if durability == Durability::Synced { 1 } else { 2 }
}

/// A part that waits for its round.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) part: Packed,
    /// Until when it may wait.
    pub(super) due: Instant,
    pub(super) reply: oneshot::Sender<Result<Answer, Fault>>,
}

/// What a round said of one part.
#[derive(Debug)]
pub(super) struct Answer {
    /// Where the log ended before it.
    pub(super) before: u64,
    /// For each commit that the script came to.
    pub(super) outcomes: Vec<Value>,
}

/// Sends what waits, round by round, until the store is closed or its last handle is gone.
pub(super) async fn run(
    shared: Arc<Shared>,
    mut waiting: mpsc::Receiver<Waiting>,
    head: Arc<watch::Sender<Position>>,
    ended: watch::Sender<()>,
) {
    let most = rounds_in_flight(shared.durability);
    let flights = Arc::new(Semaphore::new(most));
    let mut closing = shared.closing.subscribe();
    let mut left = None;
    loop {
        let next = match left.take() {
            Some(next) => Some(next),
            None => next(&mut waiting, &mut closing).await,
        };
        let Some(first) = next else { break };
        let Ok(flight) = Arc::clone(&flights).acquire_owned().await else { break };
        // Who was answered by the last round is woken, and mostly comes again: who comes now need not
        // wait for a round more.
        tokio::task::yield_now().await;
        let round = gather(first, &mut waiting, &mut left);
        let (shared, head) = (Arc::clone(&shared), Arc::clone(&head));
        tokio::spawn(async move {
            carry_out(&shared, round, &head).await;
            drop(flight);
        });
    }
    // Those that are under way are answered first.
    let _ = flights.acquire_many(u32::try_from(most).unwrap_or(1)).await;
    shared.closing.send_replace(true);
    shared.close_links().await;
    drop(ended);
}

/// What waits first; once the store is closed, what is left.
async fn next(
    waiting: &mut mpsc::Receiver<Waiting>,
    closing: &mut watch::Receiver<bool>,
) -> Option<Waiting> {
    let closed = async { closing.wait_for(|closing| *closing).await.is_ok() };
    tokio::select! {
        next = waiting.recv() => return next,
        _ = closed => waiting.close(),
    }
    waiting.recv().await
}

/// Takes what waits, as much as fits into one round.
fn gather(
    first: Waiting,
    waiting: &mut mpsc::Receiver<Waiting>,
    left: &mut Option<Waiting>,
) -> Vec<Waiting> {
    let (mut commits, mut bytes) = (first.part.commits, first.part.len());
    let mut round = vec![first];
    while let Ok(next) = waiting.try_recv() {
        commits += next.part.commits;
        bytes += next.part.len();
        if commits > COMMITS || bytes > BYTES {
            *left = Some(next);
            break;
        }
        round.push(next);
    }
    round
}

async fn carry_out(shared: &Shared, round: Vec<Waiting>, head: &watch::Sender<Position>) {
    let now = Instant::now();
    let (late, round): (Vec<_>, Vec<_>) = round.into_iter().partition(|one| one.due < now);
    for one in late {
        // Whoever dropped the future does not want to know.
        let _ = one.reply.send(Err(unsent(shared.options.answer_within).into()));
    }
    // Of an append that nobody waits for any more, nothing is known: it is not sent.
    let round: Vec<_> = round.into_iter().filter(|one| !one.reply.is_closed()).collect();
    if round.is_empty() {
        return;
    }
    match send(shared, &round).await {
        Ok(Told { end, answers, replicated }) => {
            head.send_if_modified(|head| {
                let grown = end > *head;
                *head = end.max(*head);
                grown
            });
            for (one, answer) in round.into_iter().zip(answers) {
                let _ = one.reply.send(replicated.clone().map(|()| answer));
            }
        }
        Err(fault) => {
            if let Fault::Store(StoreError::ReadOnly { .. }) = &fault {
                // What is read there from now on may be old. New connections see to it.
                shared.close_links().await;
            }
            for one in round {
                let _ = one.reply.send(Err(fault.clone()));
            }
        }
    }
}

/// The error of an append that waited for its turn for too long.
pub(super) fn unsent(limit: Duration) -> StoreError {
    unavailable(format!(
        "the append waited for {limit:?}, the time limit `answer_within`, and was not sent"
    ))
}

/// What was said of a round.
struct Told {
    /// Where the log ends after it.
    end: Position,
    answers: Vec<Answer>,
    replicated: Result<(), Fault>,
}

async fn send(shared: &Shared, round: &[Waiting]) -> Result<Told, Fault> {
    let packed = Pack::round(round.iter().flat_map(|one| &one.part.run));
    let args = vec![shared.keys.prefix.as_bytes(), shared.log.as_bytes(), &packed];
    let keys = vec![shared.keys.log.as_bytes(), shared.keys.meta.as_bytes()];
    let mut request = Request::script(Script::Append, keys, args);
    let mut limit = shared.options.answer_within;
    if let Some((replicas, within)) = shared.options.replicas {
        let mut wait = redis::cmd("WAIT");
        wait.arg(replicas).arg(millis(within));
        request = request.and(wait);
        limit += within;
    }
    let mut answer = shared.writing.send_within(&request, limit).await?.into_iter();
    let (end, answers) = understood(shared, answer.next().unwrap_or_default())?;
    let replicated = match (shared.options.replicas, answer.next()) {
        (Some((wanted, within)), Some(reached)) => match number(&reached) {
            Ok(reached) if reached >= wanted as u64 => Ok(()),
            _ => Err(Fault::Lost(format!(
                "it is stored, but {wanted} replicas did not have it within {within:?}, as \
                 `replicas` asks for"
            ))),
        },
        _ => Ok(()),
    };
    Ok(Told { end, answers, replicated })
}

/// A time for the server, which takes 0 for ever.
fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)
}

fn understood(shared: &Shared, answer: Value) -> Result<(Position, Vec<Answer>), Fault> {
    let odd = |_| Fault::Lost("its answer is none of the append script".to_owned());
    let mut parts = list(answer).map_err(odd)?.into_iter();
    let id = bytes(parts.next().unwrap_or_default()).map_err(odd)?;
    if id != shared.log.as_bytes() {
        return Err(shared.another_log(&id).into());
    }
    let end = number(&parts.next().unwrap_or_default()).map_err(odd)?;
    let answers = parts.map(|part| {
        let mut outcomes = list(part)?.into_iter();
        let before = number(&outcomes.next().unwrap_or_default())?;
        Ok(Answer { before, outcomes: outcomes.collect() })
    });
    Ok((Position::new(end), answers.collect::<Result<_, _>>().map_err(odd)?))
}

impl Shared {
    /// The error of an append to a log that is no longer there.
    fn another_log(&self, id: &[u8]) -> StoreError {
        match <[u8; 16]>::try_from(id) {
            Ok(id) => {
                let found = Mark::start(LogId::from_bytes(id));
                Rewound { seen: Mark::start(self.log), found }.into()
            }
            Err(_) => self.gone(),
        }
    }
}
