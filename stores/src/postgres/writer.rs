//! The task that appends.
//!
//! *Problem.* A statement, a lock and a flush for each append make the server wait for itself.
//! *Invariant.* One call at a time is under way; whoever was told that a commit is stored is told so
//! after the server has said that it is durable. *Shape.* All runs that wait form a group, which is one
//! call. A run of which a key is known, or which is long, goes on with the next group.

use std::sync::Arc;
use std::time::Duration;

use factum_core::store::{Commit, Limits, Mark, Outcome, Position, Rewound, Stamp, StoreError};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::call::{self, Ends};
use super::fault::{BACKEND, Fault};
use super::group::{Group, Sent};
use super::read;
use super::run::Run;
use super::session::{Log, Plans, Server, Session};
use super::views;

/// How many requests are at work at once, and how many commits of a run are looked up.
const TAKEN: usize = 512;
/// How long the first wait for the server is, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(1));

/// What the writer is asked.
#[derive(Debug)]
pub(super) enum Request {
    Append { run: Vec<Commit>, reply: oneshot::Sender<Result<Vec<Outcome>, StoreError>> },
    Close(oneshot::Sender<()>),
}

/// The writer: its server, and its session, if it has one.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) server: Arc<Server>,
    pub(super) session: Option<Session>,
    /// The log that was opened: another that takes its place is not appended to.
    pub(super) log: Log,
    pub(super) head: Arc<watch::Sender<Position>>,
}

impl Writer {
    /// Works until it is told to close, or until the last handle is gone.
    pub(super) async fn work(mut self, mut requests: mpsc::Receiver<Request>) {
        let mut runs: Vec<Run> = Vec::new();
        let mut closing = Vec::new();
        let mut taken = Vec::new();
        loop {
            if runs.is_empty() {
                if !closing.is_empty() || requests.recv_many(&mut taken, TAKEN).await == 0 {
                    break;
                }
            } else if closing.is_empty() {
                while taken.len() + runs.len() < TAKEN
                    && let Ok(request) = requests.try_recv()
                {
                    taken.push(request);
                }
            }
            for request in taken.drain(..) {
                match request {
                    Request::Append { run, reply } => runs.push(Run::new(run, reply)),
                    Request::Close(done) => {
                        requests.close();
                        closing.push(done);
                    }
                }
            }
            runs = self.round(runs).await;
        }
        // Requests that came while it was closing are dropped with the queue, which their senders see.
        if let Some(session) = self.session.take() {
            session.close().await;
        }
        for done in closing {
            let _ = done.send(());
        }
    }

    /// Appends what one call takes of the runs; those that are left go on in the next round.
    async fn round(&mut self, mut runs: Vec<Run>) -> Vec<Run> {
        runs.retain(|run| !run.is_abandoned());
        let limits = self.server.options.limits;
        for run in &mut runs {
            while run.settle_bad(&limits) {}
        }
        let mut runs = answer_done(runs);
        if runs.is_empty() {
            return runs;
        }
        let done = self.append(&mut runs, &limits).await;
        let runs = answer_done(runs);
        match done {
            Ok(()) => fail_stuck(runs),
            Err(fault) if fault.is_of_one_request() && runs.len() > 1 => {
                self.one_by_one(runs, &limits).await
            }
            Err(fault) => {
                self.fail(runs, fault);
                Vec::new()
            }
        }
    }

    /// Appends each run by itself, as one of them cannot be appended.
    async fn one_by_one(&mut self, runs: Vec<Run>, limits: &Limits) -> Vec<Run> {
        let mut left = Vec::new();
        for run in runs {
            let mut alone = vec![run];
            match self.append(&mut alone, limits).await {
                Ok(()) => left.append(&mut alone),
                Err(fault) => self.fail(alone, fault),
            }
        }
        answer_done(left)
    }

    fn fail(&self, runs: Vec<Run>, fault: Fault) {
        let error = fault.into_store_of_append(&self.server.place);
        runs.into_iter().for_each(|run| run.fail(error.clone()));
    }

    async fn append(&mut self, runs: &mut [Run], limits: &Limits) -> Result<(), Fault> {
        let mut session = self.session().await?;
        let done = self.append_by(&mut session, runs, limits).await;
        match &done {
            Err(fault) if fault.ends_session() => session.cut(),
            _ => self.session = Some(session),
        }
        done
    }

    async fn append_by(
        &self,
        session: &mut Session,
        runs: &mut [Run],
        limits: &Limits,
    ) -> Result<(), Fault> {
        let stamp = Stamp::draw();
        let group = Group::of(runs, limits);
        let schema = &self.server.schema;
        let (answer, mut changed) = if group.has_views() {
            views::append(session, schema, &group, stamp).await?
        } else {
            (call::append(session, schema, &group, stamp, Ends::Commit).await?, Vec::new())
        };
        let parts = group.parts;
        let mut end = None;
        let mut unsettled = Vec::new();
        let before: Vec<_> =
            runs.iter().zip(&parts).map(|(r, part)| (r.outcomes.len(), part.is_empty())).collect();
        for (run, part) in runs.iter_mut().zip(parts) {
            for sent in part {
                let settled = match sent {
                    Sent::Bad => run.settle_bad(limits),
                    Sent::Here { commit, write } => {
                        let firsts = answer.revisions.get(write..).unwrap_or_default();
                        let verdict = answer.verdicts.get(commit).copied();
                        let views = changed.get_mut(commit).map(std::mem::take).unwrap_or_default();
                        verdict.is_some_and(|verdict| {
                            run.settle_by(verdict, firsts, views, session.log, stamp)
                        })
                    }
                };
                if !settled {
                    let rest = run.rest().iter().take(TAKEN);
                    unsettled.extend(rest.map(|commit| commit.key));
                    break;
                }
            }
            let marks = run.outcomes.iter().filter_map(|outcome| outcome.as_ref().ok());
            end = marks.filter(|r| !r.repeated).map(|r| r.mark.position).max().max(end);
        }
        if let Some(end) = end {
            self.head.send_replace(end);
        }
        if !unsettled.is_empty() {
            unsettled.sort_unstable();
            unsettled.dedup();
            let known = read::commits(session, schema, &unsettled).await?;
            runs.iter_mut().for_each(|run| run.settle_known(&known, limits));
        }
        for (run, (before, waited)) in runs.iter_mut().zip(before) {
            if !waited {
                run.end_round(before);
            }
        }
        Ok(())
    }

    /// The session, or a new one: tried again with growing pauses where the server is not there, but
    /// not for longer than a call may take.
    async fn session(&mut self) -> Result<Session, Fault> {
        if let Some(session) = self.session.take().filter(|session| !session.is_closed()) {
            return Ok(session);
        }
        let until = Instant::now() + self.server.options.answer_within;
        let (mut pause, longest) = PAUSES;
        loop {
            let error = match self.server.session(Plans::Log).await {
                Ok(session) if session.log.id == self.log.id => return Ok(session),
                Ok(session) => {
                    let (seen, found) = (Mark::start(self.log.id), Mark::start(session.log.id));
                    return Err(Fault::Store(Rewound { seen, found }.into()));
                }
                Err(fault) => fault.into_store(&self.server.place),
            };
            if !error.is_transient() || Instant::now() + pause >= until {
                return Err(error.into());
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(longest);
        }
    }
}

/// Answers the runs that are done; those that are not.
fn answer_done(runs: Vec<Run>) -> Vec<Run> {
    let (done, left): (Vec<Run>, Vec<Run>) = runs.into_iter().partition(Run::is_done);
    done.into_iter().for_each(Run::answer);
    left
}

/// Fails the runs that come no further; the others.
fn fail_stuck(runs: Vec<Run>) -> Vec<Run> {
    let (stuck, left): (Vec<Run>, Vec<Run>) = runs.into_iter().partition(Run::is_stuck);
    let reason = "the log changes while it is read".to_owned();
    let error = StoreError::Unavailable { backend: BACKEND, reason };
    stuck.into_iter().for_each(|run| run.fail(error.clone()));
    left
}
