use std::sync::Arc;
use std::time::Duration;

use super::given::{Led, Said};
use super::text;
use crate::Event;
use crate::saga::{Fire, Observe, Operate, Operation, Outcome, Resolve, Saga};
use crate::testing::log::stream_of;

impl<S: Saga> Led<S> {
    /// It hears an event of a stream, whose full name, `category-id`, this is.
    ///
    /// # Panics
    /// If the name is not one, the event does not survive being stored or is none that the saga hears, or
    /// it concerns another instance than those before; if the saga's code panics, says what cannot be, or
    /// sends what it does not list.
    #[must_use = "check what follows with `then` and its like"]
    #[track_caller]
    pub fn when<E: Event>(mut self, stream: &str, event: E) -> Self {
        let event = Arc::new(self.log.record(&stream_of(stream), &event));
        let (name, hears) = (&event.name, &self.seat.hears);
        if hears.contexts().all(|(context, _)| context != name.context()) {
            panic!("{} does not hear {name}: list its enum in `starts(…)` or `from(…)`", S::NAME);
        }
        let step = format!("{name} of stream {stream}");
        let route = match hears.route(&event) {
            Ok(route) => route,
            Err(bad) => panic!("{step}: {bad}"),
        };
        let Some(route) = route else {
            self.said = Said { to: step, acts: Vec::new() };
            return self;
        };
        self.is_about(&route.instance, &step);
        let observe = Observe::new(self.seat.clone(), route.instance, event, route.starts);
        self.step(step, observe)
    }

    #[track_caller]
    fn is_about(&mut self, instance: &str, step: &str) {
        match &self.id {
            Some(id) if id != instance => panic!(
                "one test is about one instance: the events before concern {id}, and {step} concerns {instance}"
            ),
            Some(_) => {}
            None => self.id = Some(instance.to_owned()),
        }
    }

    /// The command that is under way is accepted.
    ///
    /// # Panics
    /// If none is; if the saga takes the answer and its code panics, says what cannot be, or sends what it
    /// does not list.
    #[must_use = "check what follows with `then` and its like"]
    #[track_caller]
    pub fn when_accepted(self) -> Self {
        self.answered("is accepted", Outcome::Accepted)
    }

    /// The command that is under way is rejected, or its step refuses.
    ///
    /// # Panics
    /// As [`when_accepted`](Self::when_accepted).
    #[must_use = "check what follows with `then` and its like"]
    #[track_caller]
    pub fn when_refused(self, problem: &str) -> Self {
        self.answered("is refused", Outcome::Refused(problem.to_owned()))
    }

    /// The command that is under way fails, and is not done: it is tried again if
    /// [`attempts`](Self::attempts) says so.
    ///
    /// # Panics
    /// As [`when_accepted`](Self::when_accepted).
    #[must_use = "check what follows with `then` and its like"]
    #[track_caller]
    pub fn when_failed(self, problem: &str) -> Self {
        let problem = problem.to_owned();
        self.answered("fails", Outcome::Failed { problem, in_doubt: false, retry_after: None })
    }

    /// The command that is under way fails, and nobody knows whether it was accepted: once it is not tried
    /// again the instance is stuck.
    ///
    /// # Panics
    /// As [`when_accepted`](Self::when_accepted).
    #[must_use = "check what follows with `then` and its like"]
    #[track_caller]
    pub fn when_in_doubt(self, problem: &str) -> Self {
        let problem = problem.to_owned();
        self.answered("is in doubt", Outcome::Failed { problem, in_doubt: true, retry_after: None })
    }

    #[track_caller]
    fn answered(self, how: &str, outcome: Outcome) -> Self {
        let Some(errand) = self.process.instance().errand() else {
            panic!("no command {how}, as none is under way: {}", self.how_it_is());
        };
        let step = format!("that {} {how}", errand.letter.command);
        let resolve = Resolve::new(self.seat.clone(), self.id(), errand, outcome);
        self.step(step, resolve)
    }

    /// Time passes, and the timers that are due by then fire, the one that is due first first, each at its
    /// time.
    ///
    /// # Panics
    /// If what a timer sends is not listed.
    #[must_use = "check what follows with `then` and its like"]
    #[track_caller]
    pub fn when_time_passes(mut self, time: Duration) -> Self {
        let until = self.log.meta.time.plus(time);
        let mut acts = Vec::new();
        while let Some((name, timer)) = self.process.instance().next_timer() {
            if timer.due > until {
                break;
            }
            let (name, number) = (name.to_owned(), timer.number);
            self.log.meta.time = self.log.meta.time.max(timer.due);
            let step = format!("timer {name:?}");
            let fire = Fire::new(self.seat.clone(), self.id(), name, number);
            self = self.step(step, fire);
            acts.append(&mut self.said.acts);
        }
        self.log.meta.time = until;
        self.said = Said { to: format!("that {} pass", text::while_(time)), acts };
        self
    }

    /// A person does something about the instance.
    ///
    /// # Panics
    /// If that cannot be done about it as it is.
    #[must_use = "check what follows with `then` and its like"]
    #[track_caller]
    pub fn when_operated(self, operation: Operation, by: &str) -> Self {
        let step = format!("the {operation} by {by}");
        let operate = Operate::new(self.seat.clone(), self.id(), operation, by.to_owned());
        self.step(step, operate)
    }
}
