use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::dispatcher::Inner;
use super::inline::answer_after;
use super::loader::Warm;
use super::mailboxes::Start;
use super::plan::{Decided, Entry, Plan, Verdict};
use super::request::{Answer, Job};
use super::target::Target;
use super::{Done, LoadError, SendError};
use crate::snapshot::{FNV1A_START, fnv1a};
use crate::store::{Outcome, Position, Receipt, Refused, StoreError};
use crate::view::InlineView;
use crate::{Aggregate, Key, StreamName};

/// Works on the mailbox of one aggregate until it is empty.
pub(super) async fn work<A: Aggregate>(mut shift: Shift<A>, start: Start<A>) {
    let Start { job, mut warm } = start;
    let (inner, target) = (shift.inner.clone(), shift.target.clone());
    let mut queue = VecDeque::from([job]);
    while inner.mailboxes.refill(&target, &mut queue, inner.settings.run, &mut warm) {
        warm = inner.round(&target, warm, &mut queue).await;
        // Stores that answer at once must not keep the thread for ever.
        tokio::task::consume_budget().await;
    }
    shift.over = true;
}

/// Sees that a mailbox does not stay behind without a worker, should the worker be dropped.
pub(super) struct Shift<A: Aggregate> {
    inner: Arc<Inner<A>>,
    target: Target,
    over: bool,
}

impl<A: Aggregate> Shift<A> {
    pub(super) fn new(inner: Arc<Inner<A>>, target: Target) -> Self {
        Self { inner, target, over: false }
    }
}

impl<A: Aggregate> Drop for Shift<A> {
    fn drop(&mut self) {
        if !self.over {
            self.inner.mailboxes.abandon(&self.target);
        }
    }
}

impl<A: Aggregate> Inner<A> {
    /// Decides what is in the queue, stores what follows, and answers. What has to be decided again
    /// is in the queue afterwards. Gives back the state if it agrees with the log.
    async fn round(
        &self,
        target: &Target,
        warm: Option<Warm<A>>,
        queue: &mut VecDeque<Job<A>>,
    ) -> Option<Warm<A>> {
        // What is rare waits in a box, so that the worker, made anew for many a command, stays small.
        if queue.iter().any(|job| job.sought) {
            Box::pin(self.answer_repeats(&target.stream, queue)).await;
        }
        if queue.is_empty() {
            return warm;
        }
        let _turn = match target.is_boundary() {
            true => Some(Box::pin(self.turns.take(target.tags())).await),
            false => None,
        };
        let assumed = if warm.is_none() { assumed_new(target, queue) } else { None };
        let is_newest = assumed.is_none() && (warm.is_none() || self.authoritative);
        let mut current = is_newest || target.is_boundary();
        let mut warm = match warm.or(assumed) {
            Some(warm) if target.is_boundary() => Box::pin(self.renew(target, warm, queue)).await?,
            Some(warm) => warm,
            None => Box::pin(self.load(target, queue)).await?,
        };
        loop {
            let mut plan = Plan::decide(queue, target, &mut warm, &*self.settings.clock);
            if current {
                plan.leading_answers().for_each(|(job, answer)| job.answer(answer));
            }
            if plan.has_commits() {
                return self.append(target, plan, warm, queue, current).await;
            }
            if plan.entries.is_empty() {
                return (!plan.broken).then_some(warm);
            }
            // Nothing is to be stored, so no append will show whether the state is the newest one.
            if plan.broken {
                plan.undecide(queue);
                return None;
            }
            match Box::pin(self.loader.refresh(target, &mut warm)).await {
                Ok(true) => plan.undecide(queue),
                // The log lost what the state was made of.
                Err(LoadError::Store(StoreError::Rewound(_))) => {
                    plan.undecide(queue);
                    return None;
                }
                Ok(false) => {
                    plan.leading_answers().for_each(|(job, answer)| job.answer(answer));
                    return Some(warm);
                }
                Err(source) => {
                    plan.undecide(queue);
                    fail(queue.drain(..), |command| SendError::Load {
                        command,
                        source: source.clone(),
                    });
                    return None;
                }
            }
            current = true;
        }
    }

    /// Answers the commands whose ids are to be looked up and are known.
    async fn answer_repeats(&self, stream: &StreamName, queue: &mut VecDeque<Job<A>>) {
        for job in std::mem::take(queue) {
            let known = if job.sought { self.loader.repeated(&job, stream).await } else { None };
            match known {
                Some(answer) => self.answer_once(self.inline.all(), job, answer),
                None => queue.push_back(job),
            }
        }
    }

    /// Brings the state of a boundary forward: others write events that concern it all the time.
    async fn renew(
        &self,
        target: &Target,
        mut warm: Warm<A>,
        queue: &mut VecDeque<Job<A>>,
    ) -> Option<Warm<A>> {
        match self.loader.refresh(target, &mut warm).await {
            Ok(_) => Some(warm),
            // Not to be mended but by making it anew, which tells what is wrong if that fails, too.
            Err(_) => self.load(target, queue).await,
        }
    }

    async fn load(&self, target: &Target, queue: &mut VecDeque<Job<A>>) -> Option<Warm<A>> {
        match self.loader.load(target).await {
            Ok(warm) => Some(warm),
            Err(source) => {
                fail(queue.drain(..), |command| SendError::Load {
                    command,
                    source: source.clone(),
                });
                None
            }
        }
    }

    async fn append(
        &self,
        target: &Target,
        mut plan: Plan<A>,
        warm: Warm<A>,
        queue: &mut VecDeque<Job<A>>,
        current: bool,
    ) -> Option<Warm<A>> {
        let mut commits = plan.commits(target);
        if !self.inline.is_empty() {
            let views = Box::pin(self.inline.ready()).await;
            commits.iter_mut().for_each(|commit| commit.views.clone_from(&views));
        }
        let expected = commits.len();
        match self.loader.store().append(commits).await {
            Ok(outcomes) if outcomes.len() == expected => {
                let run = Settling { stream: &target.stream, queue, held: Vec::new(), current };
                self.settle(run, plan, outcomes, warm).await
            }
            Ok(outcomes) => {
                let reason = format!("{} outcomes for {expected} commits", outcomes.len());
                let backend = self.loader.store().capabilities().backend;
                fail_all(plan, &StoreError::Unknown { backend, reason });
                None
            }
            Err(source) => {
                fail_all(plan, &source);
                None
            }
        }
    }

    /// Answers in order, up to the first commit that was refused.
    async fn settle(
        &self,
        mut run: Settling<'_, A>,
        mut plan: Plan<A>,
        outcomes: Vec<Outcome>,
        mut warm: Warm<A>,
    ) -> Option<Warm<A>> {
        let mut outcomes = outcomes.into_iter();
        let mut intact = !plan.broken;
        while let Some(Entry { job, verdict }) = plan.entries.pop_front() {
            let decided = match verdict {
                Verdict::Held(answer) => {
                    run.answer_or_hold(job, placed(answer, warm.position()));
                    continue;
                }
                Verdict::Commit(decided) => decided,
            };
            match outcomes.next()? {
                // It was stored before: by this process, or by another that got the same command. It
                // does not show that the state is the newest one.
                Ok(receipt) if receipt.repeated => {
                    let answer =
                        Box::pin(self.loader.answer_again(&job, run.stream, &receipt)).await;
                    self.answer_once(self.inline.all(), job, answer);
                    (intact, run.current) = (false, false);
                }
                Ok(receipt) => {
                    run.confirm();
                    warm.mark = Some(receipt.mark);
                    let late = self.inline.without(&receipt);
                    self.answer_once(late, job, Ok(accepted(run.stream, decided, receipt)));
                }
                Err(refused) => {
                    plan.undecide(run.queue);
                    Box::pin(self.refused(job, refused, run.queue)).await;
                    run.decide_held_again();
                    return None;
                }
            }
        }
        run.decide_held_again();
        if !intact {
            return None;
        }
        self.loader.keep(run.stream, &mut warm, &self.runtime);
        Some(warm)
    }

    /// Answers once the views have what the answer speaks of. Nobody else waits for that.
    fn answer_once(&self, views: Vec<Arc<dyn InlineView>>, job: Job<A>, answer: Answer<A>) {
        if views.is_empty() {
            job.answer(answer);
        } else {
            self.runtime.spawn(answer_after(views, job, answer));
        }
    }

    async fn refused(&self, mut job: Job<A>, refused: Refused, queue: &mut VecDeque<Job<A>>) {
        let command = job.key;
        match refused {
            Refused::Conflict(conflict) => {
                job.attempts += 1;
                let attempts = job.attempts;
                if attempts > self.settings.retries {
                    return job.answer(Err(SendError::Conflict { command, attempts, conflict }));
                }
                queue.push_front(job);
                tokio::time::sleep(pause(command, attempts)).await;
            }
            Refused::Predecessor { .. } => queue.push_front(job),
            Refused::KeyReused { .. } => job.answer(Err(SendError::KeyReused { command })),
            refused => job.answer(Err(SendError::Refused { command, refused })),
        }
    }
}

/// The state of a stream that has no events yet, as all who sent what is in the queue expect it. It is
/// like one that is out of date if they are wrong.
fn assumed_new<A: Aggregate>(target: &Target, queue: &VecDeque<Job<A>>) -> Option<Warm<A>> {
    let expects_new = |job: &Job<A>| job.options.expects_new && job.attempts == 0;
    let assumed = !target.is_boundary() && queue.iter().all(expects_new);
    assumed.then(|| Warm::empty(target).ok()).flatten()
}

/// A run whose outcomes are being answered.
struct Settling<'a, A: Aggregate> {
    stream: &'a StreamName,
    queue: &'a mut VecDeque<Job<A>>,
    /// Answers that wait until it shows that they were decided on the newest state.
    held: Vec<(Job<A>, Answer<A>)>,
    /// It has shown.
    current: bool,
}

impl<A: Aggregate> Settling<'_, A> {
    fn answer_or_hold(&mut self, job: Job<A>, answer: Answer<A>) {
        if self.current { job.answer(answer) } else { self.held.push((job, answer)) }
    }

    /// A commit was stored on top of what was decided before it.
    fn confirm(&mut self) {
        self.current = true;
        self.held.drain(..).for_each(|(job, answer)| job.answer(answer));
    }

    fn decide_held_again(&mut self) {
        for (job, _) in self.held.drain(..).rev() {
            self.queue.push_front(job);
        }
    }
}

fn accepted<A: Aggregate>(
    stream: &StreamName,
    decided: Decided<A::Event>,
    receipt: Receipt,
) -> Done<A> {
    Done {
        command: receipt.key,
        stream: stream.clone(),
        revision: receipt.writes.first().map(|written| written.last),
        position: receipt.mark.position,
        events: decided.events,
        repeated: false,
    }
}

/// An answer without events, at the position that it was decided on.
fn placed<A: Aggregate>(answer: Answer<A>, position: Position) -> Answer<A> {
    answer.map(|done| Done { position, ..done })
}

fn fail_all<A: Aggregate>(plan: Plan<A>, source: &StoreError) {
    let jobs = plan.entries.into_iter().map(|entry| entry.job);
    fail(jobs, |command| SendError::Store { command, source: source.clone() });
}

fn fail<A: Aggregate>(
    jobs: impl Iterator<Item = Job<A>>,
    error: impl Fn(Key) -> SendError<A::Error>,
) {
    for job in jobs {
        let error = error(job.key);
        job.answer(Err(error));
    }
}

/// How long to wait after a conflict: up to 1 ms the first time, twice as long each further time, at
/// most 64 ms. The command's own id is the dice, so that a replayed simulation waits the same.
fn pause(command: Key, attempts: u32) -> Duration {
    let most = 1000_u64 << attempts.saturating_sub(1).min(6);
    let dice = fnv1a(fnv1a(FNV1A_START, command.as_bytes()), &attempts.to_le_bytes());
    Duration::from_micros(dice % most)
}
