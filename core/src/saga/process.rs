use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use uuid::Uuid;

use super::commands::{Fire, Look, Observe, Operate, Resolve, Stall};
use super::{Errand, Hears, Instance, Saga, SagaEvent, Sends, Status};
use crate::{Aggregate, Commands, EventId, Timestamp};

/// An instance of a saga as an aggregate, so that the pipeline of commands looks after it: one after
/// another, each on the state that the one before left, and durable before it is answered.
pub struct Process<S> {
    instance: Instance,
    saga: PhantomData<fn() -> S>,
}

impl<S> fmt::Debug for Process<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Process").field(&self.instance).finish()
    }
}

impl<S> Process<S> {
    /// The instance.
    pub fn instance(&self) -> &Instance {
        &self.instance
    }
}

/// Why an instance does not do what is asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProcessError {
    /// It was never begun.
    #[error("there is no such instance")]
    Missing,
    /// It has ended.
    #[error("the instance is {0}: nothing more can be done about it")]
    Over(Status),
    /// It waits for a person.
    #[error("the instance is stuck: {0}")]
    Stuck(String),
    /// The code of the saga cannot take it in: why.
    #[error("{0}")]
    Stalls(String),
    /// There is nothing to try again or to skip.
    #[error("the instance is {0} and waits for nothing that could be tried again or skipped")]
    NothingToDo(Status),
    /// It is being undone already.
    #[error("the instance is being undone already")]
    Compensating,
}

impl<S: Saga> Aggregate for Process<S> {
    const NAME: &'static str = S::CATEGORY;
    type Event = SagaEvent;
    type Error = ProcessError;

    fn empty() -> Self {
        Self { instance: Instance::default(), saga: PhantomData }
    }

    fn fold(&mut self, event: &SagaEvent) {
        self.instance.apply(event);
    }

    fn commands(list: &mut Commands<Self>) {
        list.add::<Observe<S>>().add::<Resolve<S>>().add::<Fire<S>>();
        list.add::<Stall<S>>().add::<Operate<S>>().add::<Look<S>>();
    }
}

/// What every command to an instance needs beside it.
pub struct Seat<S> {
    /// What the saga hears.
    pub hears: Hears<S>,
    /// What it may send.
    pub sends: Sends<S>,
    /// How often a command is tried before it counts as failed, at least once.
    pub attempts: u32,
    /// How long to wait after the first try that failed; twice as long each further time.
    pub first_pause: Duration,
    /// The longest wait.
    pub longest_pause: Duration,
}

impl<S: Saga> Default for Seat<S> {
    fn default() -> Self {
        Self {
            hears: Hears::of(),
            sends: Sends::of(),
            attempts: 10,
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(60),
        }
    }
}

impl<S> fmt::Debug for Seat<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seat")
            .field("hears", &self.hears)
            .field("sends", &self.sends)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

impl<S> Seat<S> {
    pub(super) fn pause_after(&self, tries: u32) -> Duration {
        let doubled = 1_u32.checked_shl(tries.saturating_sub(1)).unwrap_or(u32::MAX);
        self.first_pause.saturating_mul(doubled).min(self.longest_pause)
    }
}

/// What is to be done about an instance next, as a command left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// How it is.
    pub status: Status,
    /// Why.
    pub reason: Option<String>,
    /// What it belongs to.
    pub correlation: Uuid,
    /// The event that it took in last.
    pub cause: Option<EventId>,
    /// The command to be sent.
    pub errand: Option<Errand>,
    /// Whether its turn came by this very decision, so that nobody can have sent it before.
    pub is_unsent: bool,
    /// The timer that is due first: its name, its number, and when.
    pub timer: Option<(String, u32, Timestamp)>,
}

impl Task {
    pub(super) fn of(instance: &Instance) -> Self {
        let timer = instance.next_timer();
        Self {
            status: instance.status(),
            reason: instance.reason().map(str::to_owned),
            correlation: instance.correlation(),
            cause: instance.cause(),
            errand: instance.errand().cloned(),
            is_unsent: false,
            timer: timer.map(|(name, timer)| (name.to_owned(), timer.number, timer.due)),
        }
    }

    /// When there is something to do: now or later.
    pub fn due(&self) -> Option<Timestamp> {
        let errand = self.errand.as_ref().map(|errand| errand.due);
        let timer = self.timer.as_ref().map(|(_, _, due)| *due);
        errand.into_iter().chain(timer).min()
    }
}

/// Where a command leaves what is to be done next. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Report(Arc<Mutex<Option<Task>>>);

impl Report {
    /// What was left, if the command was decided and not only found to be a repeat.
    pub fn take(&self) -> Option<Task> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Leaves what is to be done after these events. The last decision counts.
    pub(super) fn leave<S>(&self, process: &Process<S>, events: &[SagaEvent]) {
        let task = if events.is_empty() {
            Task::of(&process.instance)
        } else {
            let mut after = process.instance.clone();
            events.iter().for_each(|event| after.apply(event));
            let front = |instance: &Instance| instance.errands().next().map(|front| front.number);
            let is_unsent = front(&after) != front(&process.instance);
            Task { is_unsent, ..Task::of(&after) }
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saga::event::{Cause, Operated, Reacted, Resolved, Stalled, Told};
    use crate::saga::{Act, Answer, Json, Letter, Operation};
    use crate::{Key, Position};

    const TIME: Timestamp = Timestamp::from_micros(1);

    fn send() -> Act {
        let fields = serde_json::from_str::<Json>("{}").unwrap();
        Act::Send { letter: Letter { command: "a.b".to_owned(), fields }, undo: None }
    }

    fn reacted(acts: Vec<Act>) -> SagaEvent {
        let (id, name, stream) = (Key::now_v7().event(0), "a.c".to_owned(), "a-1".to_owned());
        let cause = Cause { id, name, stream, position: Position::START };
        let told = Told::only(TIME, acts);
        SagaEvent::Reacted(Reacted { cause, correlation: Uuid::nil(), told })
    }

    fn accepted(errand: u32) -> SagaEvent {
        let (answer, told) = (Answer::Accepted, Told::only(TIME, Vec::new()));
        SagaEvent::Answered(Resolved { errand, answer, keep_undo: true, told })
    }

    #[test]
    fn a_command_is_unsent_only_by_the_decision_that_made_it_the_next() {
        let stalled =
            SagaEvent::Stalled(Stalled { time: TIME, reason: String::new(), position: None });
        let (operation, by) = (Operation::Retry, String::new());
        let retried = SagaEvent::Operated(Operated { time: TIME, operation, by });
        let mut process = Process::<()> { instance: Instance::default(), saga: PhantomData };
        let steps = [
            (Some(reacted(vec![send(), send()])), true),
            // Somebody looks.
            (None, false),
            (Some(reacted(vec![send()])), false),
            (Some(accepted(1)), true),
            (Some(stalled), false),
            (Some(retried), false),
            (Some(accepted(2)), true),
        ];
        for (number, (event, is_unsent)) in steps.into_iter().enumerate() {
            let report = Report::default();
            report.leave(&process, event.as_slice());
            assert_eq!(report.take().unwrap().is_unsent, is_unsent, "step {number}");
            event.iter().for_each(|event| process.instance.apply(event));
        }
    }
}
