//! One lane at work: what waits for a stream is judged by what is known of the stream, and appended
//! where the stream is known to end. If it does not end there any more, it is read and judged again.

use std::collections::{HashMap, VecDeque};

use factum_core::store::{Expected, Outcome, StoreError};
use tokio::time::Instant;

use crate::judge::Plan;
use crate::known::{Known, Stored};
use crate::lanes::{Job, Working};
use crate::link::BACKEND;
use crate::names;
use crate::shared::Shared;
use crate::writer::Answer;

/// Works until nothing waits.
pub(crate) async fn run(mut lane: Working) {
    loop {
        let mut jobs = lane.take();
        if jobs.is_empty() {
            return;
        }
        while !jobs.is_empty() {
            if let Err(error) = lane.round(&mut jobs).await {
                // What is known may be wrong now.
                lane.known = None;
                jobs.drain(..).for_each(|job| job.end(Some(error.clone())));
            }
        }
    }
}

/// What came of one attempt.
enum Tried {
    /// The outcomes that it gave to each job.
    Told(Vec<Vec<Outcome>>),
    /// The stream is not as it was known to be, and may have been said to end at this revision.
    Outdated(Option<u64>),
}

/// The stream does not end where it was to, but here, if it has events.
struct WrongRevision(Option<u64>);

impl Working {
    /// Does as many jobs as one append can do.
    async fn round(&mut self, jobs: &mut VecDeque<Job>) -> Result<(), StoreError> {
        let mut is_fresh = false;
        loop {
            drop_late(jobs);
            if jobs.is_empty() {
                return Ok(());
            }
            let known = match self.known.take() {
                Some(known) => known,
                None if creates(jobs) && !is_fresh => Known::default(),
                None => {
                    is_fresh = true;
                    self.load().await?
                }
            };
            match self.attempt(known, is_fresh, jobs).await? {
                Tried::Told(outcomes) => {
                    tell(jobs, outcomes);
                    return Ok(());
                }
                Tried::Outdated(end) => {
                    is_fresh = true;
                    self.known = Some(self.load().await?.ending_at(end));
                }
            }
        }
    }

    async fn attempt(
        &mut self,
        mut known: Known,
        is_fresh: bool,
        jobs: &VecDeque<Job>,
    ) -> Result<Tried, StoreError> {
        let Shared { log, options, .. } = &*self.shared;
        let mut plan = Plan::new(*log, &known, options.append_bytes);
        let judged = jobs.iter().map(|job| plan.judge(&job.items, &job.outcomes));
        let judged: Vec<_> = judged.collect();
        if plan.is_doubtful && !is_fresh {
            return Ok(Tried::Outdated(None));
        }
        let stored = match self.append(known.newest, &plan).await? {
            Ok(stored) => stored,
            Err(WrongRevision(end)) => return Ok(Tried::Outdated(end)),
        };
        let told = jobs.iter().zip(&judged).map(|(job, verdicts)| {
            let commits = job.items.iter().skip(job.outcomes.len()).map(|item| &item.commit);
            let outcome =
                |(commit, verdict)| plan.outcome(verdict, commit, |at| stored.get(at).cloned());
            commits.zip(verdicts).map(outcome).collect()
        });
        let told = told.collect();
        stored.iter().for_each(|stored| known.add(stored, options.keys));
        self.known = Some(known.remembered());
        Ok(Tried::Told(told))
    }

    /// Appends what is planned, if the stream ends there.
    async fn append(
        &self,
        newest: Option<u64>,
        plan: &Plan<'_>,
    ) -> Result<Result<Vec<Stored>, WrongRevision>, StoreError> {
        let Some(end) = plan.writes.last() else { return Ok(Ok(Vec::new())) };
        let entries = plan.writes.iter().flat_map(|write| &write.content.entries);
        let stream = names::on_server(&self.stream);
        let answer = self.shared.writer.append(&stream, newest, entries).await?;
        let (last, position) = match answer {
            Answer::Stored { last, position } => (last, position),
            Answer::WrongRevision { newest } => return Ok(Err(WrongRevision(newest))),
        };
        // A stream that was deleted goes on where it ended, though it has no events.
        let further = last.checked_sub(end.last());
        let further = further.filter(|further| *further == 0 || newest.is_none());
        let further = further.ok_or_else(|| self.unclear("it went to another revision"))?;
        if let [write] = plan.writes.as_slice() {
            return Ok(Ok(vec![write.stored(further, position)]));
        }
        self.find_places((last, position), further, plan).await.map(Ok)
    }

    /// Reads where the commits are that were appended in one call, of which only the last place is told.
    async fn find_places(
        &self,
        (last, position): (u64, u64),
        further: u64,
        plan: &Plan<'_>,
    ) -> Result<Vec<Stored>, StoreError> {
        let count = plan.writes.iter().map(|write| write.content.entries.len()).sum();
        let stream = names::on_server(&self.stream);
        let read = self.shared.link.read_append(&stream, (last, position), count);
        let events = self.in_time(read).await.map_err(|error| self.unclear(&error.to_string()))?;
        let places: HashMap<u64, u64> =
            events.iter().map(|event| (event.revision, event.position)).collect();
        let stored = plan.writes.iter().map(|write| {
            let place = places.get(&(write.last() + further));
            let place = place.ok_or_else(|| self.unclear("its events cannot be read"))?;
            Ok(write.stored(further, *place))
        });
        stored.collect()
    }

    /// Reads take no longer than the append that they are for may take.
    async fn in_time<T>(
        &self,
        read: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let within = self.shared.writer.within();
        let late = |_| {
            let reason = format!("{} was not read within {within:?}", self.stream);
            StoreError::Unavailable { backend: BACKEND, reason }
        };
        tokio::time::timeout(within, read).await.map_err(late)?
    }

    fn unclear(&self, why: &str) -> StoreError {
        let reason = format!("it is stored in {}, but where is not known: {why}", self.stream);
        StoreError::Unknown { backend: BACKEND, reason }
    }

    async fn load(&self) -> Result<Known, StoreError> {
        self.in_time(Known::load(&self.shared, &self.stream)).await
    }
}

/// Whether what waits begins with a commit to a stream without events. Then nothing need be known: if it
/// is stored, the stream had none.
fn creates(jobs: &VecDeque<Job>) -> bool {
    let next = jobs.iter().flat_map(|job| job.items.iter().skip(job.outcomes.len()));
    let next = next.filter(|item| item.content.is_ok()).flat_map(|item| &item.commit.writes).next();
    next.is_some_and(|write| write.expected == Expected::NoStream)
}

/// Gives up those whose time is over.
fn drop_late(jobs: &mut VecDeque<Job>) {
    let now = Instant::now();
    for job in std::mem::take(jobs) {
        if job.due > now {
            jobs.push_back(job);
        } else {
            let reason = "its turn in the stream did not come in time".to_owned();
            job.end(Some(StoreError::Unavailable { backend: BACKEND, reason }));
        }
    }
}

/// Adds the outcomes, and answers those who have all of theirs.
fn tell(jobs: &mut VecDeque<Job>, outcomes: Vec<Vec<Outcome>>) {
    for (mut job, told) in std::mem::take(jobs).into_iter().zip(outcomes) {
        job.outcomes.extend(told);
        if job.is_done() {
            job.end(None);
        } else {
            jobs.push_back(job);
        }
    }
}
