//! What the instances of a saga are told, by those who drive them. None of it is ever stored: what
//! follows is.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::event::{Cause, Fired, Operated, Postponed, Reacted, Resolved, Stalled, Told};
use super::process::{Process, ProcessError, Report, Seat};
use super::{
    Act, Answer, Errand, Instance, Kept, Operation, Outcome, Reaction, Saga, SagaEvent, Status,
};
use crate::codec::Form;
use crate::store::Recorded;
use crate::{Command, Context, Decision, Events, Position, SentTo, Timestamp, emit, panic};

/// A command to an instance: its id, what tells it from others of its kind, and what it needs that is
/// not written.
macro_rules! command {
    ($(#[$doc:meta])* $name:ident, $persisted:literal, { $($field:ident: $type:ty),* }, { $($inner:ident: $inner_type:ty),* }) => {
        $(#[$doc])*
        #[derive(Debug, Serialize, Deserialize)]
        #[serde(bound = "")]
        pub struct $name<S: Saga> {
            instance: String,
            $($field: $type,)*
            #[serde(skip)]
            report: Report,
            #[serde(skip)]
            seat: Option<Arc<Seat<S>>>,
            $(#[serde(skip)] $inner: $inner_type,)*
        }

        impl<S: Saga> Command for $name<S> {
            const NAME: &'static str = $persisted;
            const SHAPE: u32 = 1;
            fn id(&self) -> Cow<'_, str> {
                Cow::Borrowed(&self.instance)
            }
            fn form() -> Form<Self> {
                Form::serde()
            }
        }

        impl<S: Saga> SentTo<Process<S>> for $name<S> {
            fn decide(&self, process: &Process<S>, ctx: &Context) -> Decision<Process<S>> {
                let events = match &self.seat {
                    Some(seat) => self.decided(process.instance(), seat, ctx)?,
                    None => Events::none(),
                };
                self.report.leave(process, events.as_slice());
                Ok(events)
            }
        }

        impl<S: Saga> $name<S> {
            /// Where it leaves what is to be done next.
            pub fn report(&self) -> Report {
                self.report.clone()
            }
        }
    };
}

type Decided = Result<Events<SagaEvent>, ProcessError>;

command! {
    /// Has an instance react to an event.
    Observe, "saga.observe", { position: Position }, { event: Option<(Arc<Recorded>, bool)> }
}

command! {
    /// Tells an instance what came of the command that it had sent.
    Resolve, "saga.resolve", { errand: u32, tried: u32 }, { outcome: Option<Outcome> }
}

command! {
    /// Tells an instance that a timer is due.
    Fire, "saga.fire", { number: u32 }, { timer: String }
}

command! {
    /// Notes that an instance cannot go on.
    Stall, "saga.stall", { position: Option<Position> }, { reason: String, begins: bool }
}

command! {
    /// Has an instance do what a person wants.
    Operate, "saga.operate", { operation: Option<Operation>, by: String }, {}
}

command! {
    /// Asks what is to be done next.
    Look, "saga.look", {}, {}
}

impl<S: Saga> Observe<S> {
    /// Of an event, with which the instance may begin or not.
    pub fn new(seat: Arc<Seat<S>>, instance: String, event: Arc<Recorded>, starts: bool) -> Self {
        let (position, report) = (event.at.position, Report::default());
        Self { instance, position, report, seat: Some(seat), event: Some((event, starts)) }
    }

    fn decided(&self, instance: &Instance, seat: &Seat<S>, ctx: &Context) -> Decided {
        let Some((event, starts)) = &self.event else { return emit(None) };
        let begins = instance.is_new();
        let known = self.position <= instance.seen();
        if known || (begins && !starts) || instance.is_deaf() {
            return emit(None);
        }
        if instance.status() == Status::Stuck {
            return Err(ProcessError::Stuck(instance.reason().unwrap_or_default().to_owned()));
        }
        let react = |saga: &mut S| {
            seat.hears.react(saga, event, ctx).map_err(|bad| bad.problem.to_string())
        };
        let told = tell(instance, ctx, react)?;
        if !begins && told.state.is_none() && told.acts.is_empty() {
            return emit(None);
        }
        let (cause, correlation) = (Cause::of(event), event.at.correlation());
        emit(SagaEvent::Reacted(Reacted { cause, correlation, told }))
    }
}

impl<S: Saga> Resolve<S> {
    /// Of an errand.
    pub fn new(seat: Arc<Seat<S>>, instance: String, errand: &Errand, outcome: Outcome) -> Self {
        let (errand, tried, report) = (errand.number, errand.tried, Report::default());
        Self { instance, errand, tried, report, seat: Some(seat), outcome: Some(outcome) }
    }

    fn decided(&self, instance: &Instance, seat: &Seat<S>, ctx: &Context) -> Decided {
        let now = ctx.now();
        let asked = (self.errand, self.tried);
        let front = instance.errand().filter(|errand| (errand.number, errand.tried) == asked);
        let (Some(errand), Some(outcome)) = (front, &self.outcome) else { return emit(None) };
        let (answer, keep_undo) = match outcome {
            Outcome::Closed => return emit(None),
            Outcome::Accepted => (Answer::Accepted, true),
            Outcome::Refused(problem) => (Answer::Refused(problem.clone()), false),
            Outcome::Failed { problem, retry_after, in_doubt } => {
                let tries = errand.tried_lately + 1;
                if tries < seat.attempts {
                    let pause = seat.pause_after(tries).max(retry_after.unwrap_or_default());
                    let (errand, problem, until) =
                        (errand.number, problem.clone(), now.plus(pause));
                    return emit(SagaEvent::Postponed(Postponed {
                        errand,
                        time: now,
                        problem,
                        until,
                    }));
                }
                if *in_doubt {
                    let reason = format!(
                        "{} failed {tries} times and may have been accepted all the same: {problem}",
                        errand.letter.command
                    );
                    return stalls(now, reason, None);
                }
                // What failed as a step may have happened.
                let listed = seat.sends.listed();
                let is_step = |name: &str| {
                    listed.iter().any(|one| one.command == name && one.aggregate.is_none())
                };
                (Answer::Failed(problem.clone()), is_step(&errand.letter.command))
            }
        };
        if let (true, Some(problem)) = (errand.undoes, answer.problem()) {
            let reason = format!("{}, which undoes, {problem}", errand.letter.command);
            return stalls(now, reason, None);
        }
        let told = self.told(instance, seat, errand, &answer, ctx)?;
        let errand = errand.number;
        emit(SagaEvent::Answered(Resolved { errand, answer, keep_undo, told }))
    }

    fn told(
        &self,
        instance: &Instance,
        seat: &Seat<S>,
        errand: &Errand,
        answer: &Answer,
        ctx: &Context,
    ) -> Result<Told, ProcessError> {
        let command = &*errand.letter.command;
        let is_heard = !errand.undoes && !instance.is_deaf();
        if is_heard && seat.sends.hears_answers_to(command) {
            return tell(instance, ctx, |saga| {
                let letter = (command, &errand.letter.fields);
                let reaction = seat.sends.answer(saga, letter, answer, ctx);
                reaction.unwrap_or_else(|| Ok(Reaction::default())).map_err(|bad| bad.to_string())
            });
        }
        let problem = answer.problem().map(|problem| Act::Fail(format!("{command}: {problem}")));
        Ok(Told::only(ctx.now(), problem.into_iter().collect()))
    }
}

impl<S: Saga> Fire<S> {
    /// Of the timer with this name and number.
    pub fn new(seat: Arc<Seat<S>>, instance: String, timer: String, number: u32) -> Self {
        Self { instance, number, report: Report::default(), seat: Some(seat), timer }
    }

    fn decided(&self, instance: &Instance, _: &Seat<S>, ctx: &Context) -> Decided {
        let due = instance.next_timer().filter(|(name, timer)| {
            *name == self.timer && timer.number == self.number && timer.due <= ctx.now()
        });
        let Some((_, timer)) = due else { return emit(None) };
        let told = Told::only(ctx.now(), timer.then.clone());
        emit(SagaEvent::Fired(Fired { timer: self.timer.clone(), told }))
    }
}

impl<S: Saga> Stall<S> {
    /// For this reason, at this event.
    pub fn new(
        seat: Arc<Seat<S>>,
        instance: String,
        reason: String,
        position: Option<Position>,
    ) -> Self {
        let (report, seat, begins) = (Report::default(), Some(seat), false);
        Self { instance, position, report, seat, reason, begins }
    }

    /// Why.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The same for an event that the instance would begin with, if there is none.
    pub fn beginning(self) -> Self {
        Self { begins: true, ..self }
    }

    fn decided(&self, instance: &Instance, _: &Seat<S>, ctx: &Context) -> Decided {
        let status = instance.status();
        let is_none = status == Status::New && !self.begins;
        if is_none || status == Status::Stuck || status.is_over() {
            return emit(None);
        }
        stalls(ctx.now(), self.reason.clone(), self.position)
    }
}

impl<S: Saga> Operate<S> {
    /// What this person wants.
    pub fn new(seat: Arc<Seat<S>>, instance: String, operation: Operation, by: String) -> Self {
        let (operation, report) = (Some(operation), Report::default());
        Self { instance, operation, by, report, seat: Some(seat) }
    }

    fn decided(&self, instance: &Instance, _: &Seat<S>, ctx: &Context) -> Decided {
        let Some(operation) = self.operation else { return emit(None) };
        match (instance.status(), operation) {
            (Status::New, _) => return Err(ProcessError::Missing),
            (status, _) if status.is_over() => return Err(ProcessError::Over(status)),
            (Status::Compensating, Operation::Compensate) => {
                return Err(ProcessError::Compensating);
            }
            (Status::Stuck, Operation::Compensate) if instance.is_deaf() => {
                return Err(ProcessError::Compensating);
            }
            // What was not tried yet somebody may have in hand.
            (status, Operation::Retry | Operation::Skip)
                if status != Status::Stuck && instance.errand().is_none_or(|it| it.tried == 0) =>
            {
                return Err(ProcessError::NothingToDo(status));
            }
            _ => {}
        }
        let (time, by) = (ctx.now(), self.by.clone());
        emit(SagaEvent::Operated(Operated { time, operation, by }))
    }
}

impl<S: Saga> Look<S> {
    /// At an instance.
    pub fn new(seat: Arc<Seat<S>>, instance: String) -> Self {
        Self { instance, report: Report::default(), seat: Some(seat) }
    }

    fn decided(&self, _: &Instance, _: &Seat<S>, _: &Context) -> Decided {
        emit(None)
    }
}

fn stalls(time: Timestamp, reason: String, position: Option<Position>) -> Decided {
    emit(SagaEvent::Stalled(Stalled { time, reason, position }))
}

/// Has the user's code say what follows.
///
/// # Errors
/// [`ProcessError::Stalls`] if the state cannot be read or written, or the code panics or says what
/// cannot be.
fn tell<S: Saga>(
    instance: &Instance,
    ctx: &Context,
    say: impl FnOnce(&mut S) -> Result<Reaction<S>, String>,
) -> Result<Told, ProcessError> {
    let kept = instance.state().map_or_else(|| Ok(S::begin()), Kept::read);
    let mut saga = kept.map_err(|problem| {
        ProcessError::Stalls(format!("the saga's state cannot be read: {problem}"))
    })?;
    // The state that it leaves half changed is thrown away.
    let said = catch_unwind(AssertUnwindSafe(|| say(&mut saga)));
    let reaction = said
        .map_err(|panic| format!("the saga's code panicked: {}", panic::message(&*panic)))
        .flatten()
        .map_err(ProcessError::Stalls)?;
    let acts = reaction.into_acts().map_err(ProcessError::Stalls)?;
    let state = Kept::of(&saga)
        .map_err(|error| ProcessError::Stalls(format!("the saga's state {error}")))?;
    let state = Some(state).filter(|state| instance.state() != Some(state));
    Ok(Told { time: ctx.now(), state, acts })
}
