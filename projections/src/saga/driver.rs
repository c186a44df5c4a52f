use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use factum_core::pipeline::{Dispatcher, LoadError, SendError, Sending};
use factum_core::saga::{
    Dispatch, Envelope, Errand, Fire, Look, Observe, Operate, Operation, Outcome, Process,
    ProcessError, Report, Resolve, Route, Saga, Seat, Stall, Status, Task,
};
use factum_core::store::{BoxFuture, Position, Recorded};
use factum_core::time::Clock;
use factum_core::{EventId, Key, SentTo, Timestamp};
use tokio::sync::Notify;
use uuid::Uuid;

use super::turns::Turns;

/// Leads the instances of a saga: tells them what happens, and does what they say.
pub(super) struct Driver<S: Saga> {
    dispatcher: Dispatcher<Process<S>>,
    seat: Arc<Seat<S>>,
    /// How each command is sent, by its name.
    routes: HashMap<&'static str, Dispatch>,
    clock: Arc<dyn Clock>,
    turns: Turns,
    /// The newest position that something was written at: rows are complete once they have it.
    written: AtomicU64,
    /// The moment that the alarm waits for, in microseconds.
    alarm: AtomicI64,
    earlier: Notify,
}

/// Why an instance was not led to where it waits for something.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It may pass.
    Passing(String),
    /// It takes a person, as is written down in the instance.
    Stuck(String),
    /// It takes a person.
    Lasting(String),
}

/// What is written belongs to, and what it follows from.
type From = (Uuid, Option<EventId>);

fn from(task: &Task) -> From {
    (task.correlation, task.cause)
}

type Sent = Result<Task, SendError<ProcessError>>;

impl<S: Saga> Driver<S> {
    pub(super) fn new(
        dispatcher: Dispatcher<Process<S>>,
        seat: Arc<Seat<S>>,
        routes: HashMap<&'static str, Dispatch>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (turns, written) = (Turns::default(), AtomicU64::new(0));
        let (alarm, earlier) = (AtomicI64::new(i64::MAX), Notify::new());
        Self { dispatcher, seat, routes, clock, turns, written, alarm, earlier }
    }

    pub(super) fn seat(&self) -> &Arc<Seat<S>> {
        &self.seat
    }

    pub(super) fn dispatcher(&self) -> &Dispatcher<Process<S>> {
        &self.dispatcher
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Has an instance react to an event, and does what follows.
    pub(super) async fn observe(&self, event: Arc<Recorded>, route: Route) -> Result<(), Trouble> {
        let Route { instance, starts } = route;
        let (position, id) = (event.at.position, event.at.event_id());
        let from = (event.at.correlation(), Some(id));
        let _turn = self.turns.take(&instance).await;
        let observe = Observe::new(self.seat.clone(), instance.clone(), event, starts);
        let report = observe.report();
        let mut sending = self.keyed(observe, &instance, &format!("event/{id}"), from);
        if starts {
            sending = sending.expect_new();
        }
        let task = match self.ask(&instance, sending, report).await {
            Err(SendError::Rejected(ProcessError::Stalls(reason))) => {
                // What it would begin with is noted as well, for a person to see.
                let stall = self.stall(&instance, reason, Some(position)).beginning();
                return self.note(&instance, stall).await;
            }
            sent => sent.map_err(trouble)?,
        };
        match self.drive(&instance, task).await {
            // The event was taken in: what waits is in the row of the instance.
            Err(Trouble::Stuck(_)) => Ok(()),
            driven => driven,
        }
    }

    /// Notes that an instance cannot take an event in, and why.
    ///
    /// # Errors
    /// Always: the reason.
    pub(super) async fn stalls(
        &self,
        instance: &str,
        reason: String,
        position: Position,
    ) -> Result<(), Trouble> {
        let _turn = self.turns.take(instance).await;
        self.note(instance, self.stall(instance, reason, Some(position))).await
    }

    /// Does what an instance waits for, as far as it is due; whether there was anything.
    pub(super) async fn wake(&self, instance: &str) -> Result<bool, Trouble> {
        let _turn = self.turns.take(instance).await;
        let mut task = self.look(instance).await.map_err(trouble)?;
        let is_due = task.due().is_some_and(|due| due <= self.clock.now());
        while let Some((timer, number)) = self.due_timer(&task) {
            let fire = Fire::new(self.seat.clone(), instance.to_owned(), timer, number);
            let report = fire.report();
            let sending = self.keyed(fire, instance, &format!("timer/{number}"), from(&task));
            task = self.ask(instance, sending, report).await.map_err(trouble)?;
            // What is sent because of the first timer may call the next one off.
            task = self.driven(instance, task).await?;
        }
        self.drive(instance, task).await?;
        Ok(is_due)
    }

    /// Has an instance do what a person wants, and does what follows.
    pub(super) async fn operate(
        &self,
        instance: &str,
        operation: Operation,
        by: &str,
    ) -> Result<(), SendError<ProcessError>> {
        let _turn = self.turns.take(instance).await;
        let seat = self.seat.clone();
        let operate = Operate::new(seat, instance.to_owned(), operation, by.to_owned());
        let report = operate.report();
        let task = self.ask(instance, self.dispatcher.send(operate), report).await?;
        // What fails now is written down, or found by the alarm.
        drop(self.drive(instance, task).await);
        Ok(())
    }

    /// Waits until something was written that is due before the moment that the alarm waits for.
    pub(super) async fn earlier(&self) {
        self.earlier.notified().await;
    }

    /// What the alarm waits for from now on.
    pub(super) fn wait_for(&self, moment: Timestamp) {
        self.alarm.store(moment.as_micros(), Ordering::SeqCst);
    }

    /// Where rows must be to show everything that was written so far.
    pub(super) fn written(&self) -> Position {
        Position::new(self.written.load(Ordering::SeqCst))
    }

    fn due_timer(&self, task: &Task) -> Option<(String, u32)> {
        let due = task.timer.as_ref().filter(|(_, _, due)| *due <= self.clock.now());
        due.map(|(name, number, _)| (name.clone(), *number))
    }

    async fn drive(&self, instance: &str, task: Task) -> Result<(), Trouble> {
        self.driven(instance, task).await.map(drop)
    }

    /// Sends what is to be sent, one command after another, until the instance waits for something.
    async fn driven(&self, instance: &str, mut task: Task) -> Result<Task, Trouble> {
        loop {
            // The clock may have been set back since it was written down.
            let due =
                task.errand.take_if(|errand| errand.tried == 0 || errand.due <= self.clock.now());
            let Some(errand) = due else { break };
            let sent = self.send(instance, &errand, &task);
            let outcome = match sent {
                Ok(sent) => sent.await,
                Err(reason) => {
                    self.note(instance, self.stall(instance, reason, None)).await?;
                    break;
                }
            };
            if outcome == Outcome::Closed {
                return Err(Trouble::Passing("the app is being stopped".to_owned()));
            }
            task = self.resolve(instance, &errand, outcome, from(&task)).await?;
        }
        if let Some(due) = task.due() {
            self.announce(due);
        }
        match task.status {
            Status::Stuck => Err(Trouble::Stuck(task.reason.unwrap_or_default())),
            _ => Ok(task),
        }
    }

    fn send(
        &self,
        instance: &str,
        errand: &Errand,
        task: &Task,
    ) -> Result<BoxFuture<'static, Outcome>, String> {
        let command = &*errand.letter.command;
        let Some(dispatch) = self.routes.get(command) else {
            return Err(format!("{command} is no longer listed in the saga's `sends(…)`"));
        };
        let envelope = Envelope {
            id: derived::<S>(instance, &format!("errand/{}", errand.number)),
            tried: errand.tried,
            is_unsent: task.is_unsent,
            correlation: task.correlation,
            causation: task.cause.map(EventId::uuid),
            sender: format!("{}-{instance}", S::CATEGORY).into(),
        };
        dispatch(&errand.letter.fields, envelope)
            .map_err(|problem| format!("{command} cannot be read as it was written: {problem}"))
    }

    async fn resolve(
        &self,
        instance: &str,
        errand: &Errand,
        outcome: Outcome,
        from: From,
    ) -> Result<Task, Trouble> {
        let resolve = Resolve::new(self.seat.clone(), instance.to_owned(), errand, outcome);
        let report = resolve.report();
        let name = format!("answer/{}/{}", errand.number, errand.tried);
        let sending = self.keyed(resolve, instance, &name, from);
        match self.ask(instance, sending, report).await.map_err(trouble) {
            // Not written down it would be sent again and again.
            Err(Trouble::Lasting(reason)) => {
                self.note(instance, self.stall(instance, reason.clone(), None)).await?;
                Err(Trouble::Stuck(reason))
            }
            told => told,
        }
    }

    fn stall(&self, instance: &str, reason: String, position: Option<Position>) -> Stall<S> {
        Stall::new(self.seat.clone(), instance.to_owned(), reason, position)
    }

    /// Notes that an instance cannot go on, and why.
    ///
    /// # Errors
    /// Always: the reason.
    async fn note(&self, instance: &str, stall: Stall<S>) -> Result<(), Trouble> {
        let (report, reason) = (stall.report(), stall.reason().to_owned());
        self.ask(instance, self.dispatcher.send(stall), report).await.map_err(trouble)?;
        Err(Trouble::Stuck(reason))
    }

    async fn look(&self, instance: &str) -> Sent {
        let look = Look::new(self.seat.clone(), instance.to_owned());
        let report = look.report();
        self.dispatcher.send(look).await?;
        report.take().ok_or(SendError::Rejected(ProcessError::Missing))
    }

    /// Tells an instance something; what it is to do next.
    async fn ask(&self, instance: &str, sending: Sending<Process<S>>, report: Report) -> Sent {
        let done = sending.await?;
        self.written.fetch_max(done.position.number(), Ordering::SeqCst);
        match report.take().filter(|_| !done.repeated) {
            Some(task) => Ok(task),
            // It had been told before: what it said then may be done.
            None => self.look(instance).await,
        }
    }

    /// A command to an instance whose id follows from what it is about. An instance shows by its state what
    /// it was told before.
    fn keyed<C: SentTo<Process<S>>>(
        &self,
        command: C,
        instance: &str,
        about: &str,
        (correlation, causation): From,
    ) -> Sending<Process<S>> {
        let key = derived::<S>(instance, about);
        let sending = self.dispatcher.send(command).id(key).shown_by_state();
        let sending = sending.correlation(correlation);
        match causation {
            Some(causation) => sending.causation(causation.uuid()),
            None => sending,
        }
    }

    fn announce(&self, due: Timestamp) {
        if due.as_micros() < self.alarm.load(Ordering::SeqCst) {
            self.earlier.notify_one();
        }
    }
}

/// An id that follows from the saga, the instance, and what it is for.
fn derived<S: Saga>(instance: &str, what: &str) -> Key {
    Key::from_bytes([0; 16]).derive(&[S::CATEGORY, "-", instance, "/", what].concat())
}

fn trouble(error: SendError<ProcessError>) -> Trouble {
    let text = error.to_string();
    match error {
        SendError::Store { .. }
        | SendError::Conflict { .. }
        | SendError::Closed { .. }
        | SendError::Stopped { .. }
        | SendError::Load { source: LoadError::Store(_), .. }
        | SendError::Unreadable { source: LoadError::Store(_), .. } => Trouble::Passing(text),
        _ => Trouble::Lasting(text),
    }
}
