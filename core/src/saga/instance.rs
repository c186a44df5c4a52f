use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::event::{Operated, Postponed, Reacted, Resolved, Stalled};
use super::{Act, Answer, Kept, Letter, Operation, SagaEvent};
use crate::{EventId, Position, Timestamp};

/// One instance of a saga: the fold of what was written about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    phase: Phase,
    /// Why it cannot go on without a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stuck: Option<Stuck>,
    /// Why it is being undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    began: Timestamp,
    changed: Timestamp,
    correlation: Uuid,
    /// The newest event that it took in.
    seen: Position,
    cause: Option<EventId>,
    state: Option<Kept>,
    /// What is to be sent, in order: one at a time.
    errands: VecDeque<Errand>,
    /// What undoes that which has happened, the last first.
    undos: Vec<Letter>,
    timers: BTreeMap<String, Timer>,
    /// How many errands and timers there were.
    numbered: u32,
}

/// Where an instance is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Phase {
    #[default]
    New,
    Running,
    Completing,
    Compensating,
    Completed,
    Compensated,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stuck {
    reason: String,
    position: Option<Position>,
}

/// How an instance is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// It has not begun.
    New,
    /// It sends, waits, or hears.
    Running,
    /// It expects nothing more, and ends once what it sent is accepted.
    Completing,
    /// It is undoing what it did.
    Compensating,
    /// It cannot go on without a person.
    Stuck,
    /// It has ended well.
    Completed,
    /// It has ended, and what it did is undone.
    Compensated,
}

impl Status {
    /// The text for it: `running`, `stuck`, …
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Running => "running",
            Self::Completing => "completing",
            Self::Compensating => "compensating",
            Self::Stuck => "stuck",
            Self::Completed => "completed",
            Self::Compensated => "compensated",
        }
    }

    /// Whether nothing more happens.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Compensated)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A command that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Errand {
    /// Its number in the instance: a command's id follows from it.
    pub number: u32,
    /// The command.
    pub letter: Letter,
    /// What undoes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<Letter>,
    /// Whether it undoes another.
    pub undoes: bool,
    /// How often it was tried.
    pub tried: u32,
    /// How often it was tried since a person had it tried again, or ever.
    pub tried_lately: u32,
    /// From when on it is to be sent.
    pub due: Timestamp,
    /// How it failed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// A timer that is set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    /// Its number in the instance.
    pub number: u32,
    /// When it is due.
    pub due: Timestamp,
    /// What is done then.
    pub then: Vec<Act>,
}

impl Instance {
    /// How it is.
    pub fn status(&self) -> Status {
        if self.stuck.is_some() {
            return Status::Stuck;
        }
        match self.phase {
            Phase::New => Status::New,
            Phase::Running => Status::Running,
            Phase::Completing => Status::Completing,
            Phase::Compensating => Status::Compensating,
            Phase::Completed => Status::Completed,
            Phase::Compensated => Status::Compensated,
        }
    }

    /// Why it is stuck, or else why it is being undone or was.
    pub fn reason(&self) -> Option<&str> {
        self.stuck.as_ref().map(|stuck| &*stuck.reason).or(self.failure.as_deref())
    }

    /// When it began.
    pub fn began(&self) -> Timestamp {
        self.began
    }

    /// When something happened to it last.
    pub fn changed(&self) -> Timestamp {
        self.changed
    }

    /// What it belongs to.
    pub fn correlation(&self) -> Uuid {
        self.correlation
    }

    /// The event that it took in last.
    pub fn cause(&self) -> Option<EventId> {
        self.cause
    }

    /// The state of the user's type, as it is kept.
    pub fn state(&self) -> Option<&Kept> {
        self.state.as_ref()
    }

    /// The command that is to be sent next, if it may be sent at all.
    pub fn errand(&self) -> Option<&Errand> {
        self.errands.front().filter(|_| self.stuck.is_none())
    }

    /// The commands that are to be sent, in order.
    pub fn errands(&self) -> impl Iterator<Item = &Errand> {
        self.errands.iter()
    }

    /// The timers that are set, by name.
    pub fn timers(&self) -> &BTreeMap<String, Timer> {
        &self.timers
    }

    /// The timer that is due first.
    pub fn next_timer(&self) -> Option<(&str, &Timer)> {
        let timers = self.timers.iter().filter(|_| self.stuck.is_none());
        timers.map(|(name, timer)| (&**name, timer)).min_by_key(|(_, t)| (t.due, t.number))
    }

    /// What would undo that which has happened, the last first.
    pub fn undos(&self) -> impl Iterator<Item = &Letter> {
        self.undos.iter().rev()
    }

    /// The newest event that it took in.
    pub(super) fn seen(&self) -> Position {
        self.seen
    }

    /// Whether events concern it no more.
    pub(super) fn is_deaf(&self) -> bool {
        matches!(self.phase, Phase::Compensating | Phase::Completed | Phase::Compensated)
    }

    pub(super) fn is_new(&self) -> bool {
        self.phase == Phase::New
    }

    /// Takes in what was written.
    pub fn apply(&mut self, event: &SagaEvent) {
        self.changed = event.time();
        if self.began == Timestamp::default() {
            self.began = self.changed;
        }
        let before = self.errands.front().map(|errand| errand.number);
        match event {
            SagaEvent::Reacted(reacted) => self.reacted(reacted),
            SagaEvent::Answered(resolved) => self.answered(resolved),
            SagaEvent::Postponed(postponed) => self.postponed(postponed),
            SagaEvent::Fired(fired) => {
                self.timers.remove(&fired.timer);
                self.perform(&fired.told.acts, before);
            }
            SagaEvent::Stalled(stalled) => self.stalled(stalled),
            SagaEvent::Operated(operated) => self.operated(operated, before),
        }
        self.settle();
    }

    fn reacted(&mut self, Reacted { cause, correlation, told }: &Reacted) {
        let before = self.errands.front().map(|errand| errand.number);
        if self.phase == Phase::New {
            self.phase = Phase::Running;
            self.correlation = *correlation;
        }
        (self.seen, self.cause, self.stuck) = (cause.position, Some(cause.id), None);
        self.keep(told.state.as_ref());
        self.perform(&told.acts, before);
    }

    fn answered(&mut self, Resolved { errand, answer, keep_undo, told }: &Resolved) {
        if self.errands.front().is_none_or(|front| front.number != *errand) {
            return;
        }
        let undo = self.errands.pop_front().and_then(|errand| errand.undo);
        self.undos.extend(undo.filter(|_| *keep_undo || *answer == Answer::Accepted));
        self.keep(told.state.as_ref());
        self.perform(&told.acts, None);
    }

    fn postponed(&mut self, Postponed { errand, problem, until, .. }: &Postponed) {
        if let Some(front) = self.errands.front_mut().filter(|front| front.number == *errand) {
            front.tried += 1;
            front.tried_lately += 1;
            (front.due, front.problem) = (*until, Some(problem.clone()));
        }
    }

    fn stalled(&mut self, Stalled { reason, position, .. }: &Stalled) {
        self.stuck = Some(Stuck { reason: reason.clone(), position: *position });
        // It was tried, in vain: what comes of it the next time is another answer.
        if let (None, Some(front)) = (position, self.errands.front_mut()) {
            front.tried += 1;
        }
    }

    fn operated(&mut self, Operated { operation, time, .. }: &Operated, before: Option<u32>) {
        let stuck = self.stuck.take();
        if let Some(front) = self.errands.front_mut() {
            (front.tried_lately, front.due) = (0, *time);
        }
        match operation {
            Operation::Retry => {}
            Operation::Skip => match stuck.and_then(|stuck| stuck.position) {
                Some(position) => self.seen = self.seen.max(position),
                None => drop(self.errands.pop_front()),
            },
            Operation::Compensate => {
                self.perform(&[Act::Fail("a person gave it up".to_owned())], before);
            }
        }
    }

    fn keep(&mut self, state: Option<&Kept>) {
        if let Some(state) = state {
            self.state = Some(state.clone());
        }
    }

    /// Does what a reaction said. `begun`: an errand that may have been sent already.
    fn perform(&mut self, acts: &[Act], begun: Option<u32>) {
        for act in acts {
            match act {
                Act::Send { letter, undo } => self.add(letter, undo.clone(), false),
                Act::Undo(letter) => self.undos.push(letter.clone()),
                Act::After { timer, when, then } => {
                    let due = when.from(self.changed);
                    let timer_of = Timer { number: self.number(), due, then: then.clone() };
                    self.timers.insert(timer.clone(), timer_of);
                }
                Act::Cancel(timer) => drop(self.timers.remove(timer)),
                Act::Complete => self.complete(),
                Act::Fail(reason) => return self.fail(reason, begun),
            }
        }
    }

    fn complete(&mut self) {
        if self.phase == Phase::Running {
            self.phase = Phase::Completing;
        }
    }

    /// What is under way has to be answered first: it may have been accepted.
    fn fail(&mut self, reason: &str, begun: Option<u32>) {
        if !matches!(self.phase, Phase::New | Phase::Running | Phase::Completing) {
            return;
        }
        self.phase = Phase::Compensating;
        self.failure = Some(reason.to_owned());
        self.errands.retain(|errand| Some(errand.number) == begun);
        self.timers.clear();
    }

    /// Goes on by itself where nothing is under way.
    fn settle(&mut self) {
        if self.stuck.is_some() || !self.errands.is_empty() {
            return;
        }
        match self.phase {
            Phase::Completing => self.end(Phase::Completed),
            Phase::Compensating => match self.undos.pop() {
                Some(letter) => self.add(&letter, None, true),
                None => self.end(Phase::Compensated),
            },
            _ => {}
        }
    }

    fn end(&mut self, phase: Phase) {
        self.phase = phase;
        self.timers.clear();
        self.undos.clear();
    }

    fn add(&mut self, letter: &Letter, undo: Option<Letter>, undoes: bool) {
        let (number, letter, due) = (self.number(), letter.clone(), self.changed);
        let (tried, tried_lately, problem) = (0, 0, None);
        let errand = Errand { number, letter, undo, undoes, tried, tried_lately, due, problem };
        self.errands.push_back(errand);
    }

    fn number(&mut self) -> u32 {
        self.numbered += 1;
        self.numbered
    }
}
