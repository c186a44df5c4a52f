use std::marker::PhantomData;

use super::{Act, Letter, Saga, SentBy, When};
use crate::Command;
use crate::codec::EncodeError;

/// What follows from an event, for one instance of a saga: data, which is stored before anything of it is
/// done.
///
/// The functions [`send`], [`undo`], [`after`], [`cancel`], [`complete`], [`fail`] and [`nothing`] begin
/// one, and the methods of their names go on. What is said is done in that order, one command after
/// another: the next is sent when the one before was accepted.
///
/// ```
/// # use std::time::Duration;
/// # use factum_core::saga::{Reaction, Saga, SentBy, after, fail, send};
/// # fn f<S: Saga, Take: SentBy<S>, Give: SentBy<S>>(take: Take, give_back: Give) -> Reaction<S> {
/// // Money is taken, and given back should the process fail later; it has an hour.
/// send(take).undo_with(give_back).after(Duration::from_secs(3600), "slow", fail("it took an hour"))
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a reaction does nothing unless it is returned"]
pub struct Reaction<S> {
    acts: Vec<Act>,
    problem: Option<String>,
    saga: PhantomData<fn() -> S>,
}

impl<S> Default for Reaction<S> {
    fn default() -> Self {
        Self { acts: Vec::new(), problem: None, saga: PhantomData }
    }
}

impl<S: Saga> Reaction<S> {
    /// Sends a command. Its id follows from the saga, the instance and its number there, so that its
    /// receiver knows a repeat.
    pub fn send<C: SentBy<S>>(self, command: C) -> Self {
        self.with(&command, |letter| Act::Send { letter, undo: None })
    }

    /// Says what undoes the command that was sent last: it is kept once that is accepted, and sent if the
    /// instance fails later. Says nothing of a command before; without one it is a mistake, which stalls
    /// the instance.
    pub fn undo_with<C: SentBy<S>>(mut self, command: C) -> Self {
        let written = Letter::of(&command);
        match (self.acts.last_mut(), written) {
            (Some(Act::Send { undo, .. }), Ok(letter)) => *undo = Some(letter),
            (_, Ok(_)) => self.note(format!(
                "`undo_with({})` follows no `send`: for what has happened already there is `undo`",
                C::NAME
            )),
            (_, Err(error)) => self.note(unwritable::<C>(&error)),
        }
        self
    }

    /// Says what undoes that which has happened already: it is sent if the instance fails. Of several the
    /// last comes first.
    pub fn undo<C: SentBy<S>>(self, command: C) -> Self {
        self.with(&command, Act::Undo)
    }

    /// Sets a timer: after this while, or at this moment, what follows is done, unless it was
    /// [cancelled](Self::cancel) or the instance has ended. It takes the place of another of its name.
    pub fn after(mut self, when: impl Into<When>, timer: &str, then: Self) -> Self {
        if let Some(problem) = then.problem {
            self.note(problem);
        }
        self.acts.push(Act::After { timer: timer.to_owned(), when: when.into(), then: then.acts });
        self
    }

    /// Calls a timer off, if there is one of this name.
    pub fn cancel(mut self, timer: &str) -> Self {
        self.acts.push(Act::Cancel(timer.to_owned()));
        self
    }

    /// Expects nothing more: once all that was sent is accepted the instance is completed, its timers and
    /// undos are dropped, and it hears no more events.
    pub fn complete(mut self) -> Self {
        self.acts.push(Act::Complete);
        self
    }

    /// Gives up: what is not sent yet is not sent, what is registered is undone, the last first, and the
    /// instance ends as compensated.
    pub fn fail(mut self, reason: impl Into<String>) -> Self {
        self.acts.push(Act::Fail(reason.into()));
        self
    }

    /// What was said, in order.
    ///
    /// # Errors
    /// What is wrong with it, as a text.
    pub fn into_acts(self) -> Result<Vec<Act>, String> {
        self.problem.map_or(Ok(self.acts), Err)
    }

    fn with<C: SentBy<S>>(mut self, command: &C, act: impl FnOnce(Letter) -> Act) -> Self {
        match Letter::of(command) {
            Ok(letter) => self.acts.push(act(letter)),
            Err(error) => self.note(unwritable::<C>(&error)),
        }
        self
    }

    /// The first problem counts.
    fn note(&mut self, problem: String) {
        self.problem.get_or_insert(problem);
    }
}

fn unwritable<C: Command>(error: &EncodeError) -> String {
    format!("command {} {error}", C::NAME)
}

/// A reaction that sends a command: see [`Reaction::send`].
pub fn send<S: Saga, C: SentBy<S>>(command: C) -> Reaction<S> {
    Reaction::default().send(command)
}

/// A reaction that says what undoes what has happened: see [`Reaction::undo`].
pub fn undo<S: Saga, C: SentBy<S>>(command: C) -> Reaction<S> {
    Reaction::default().undo(command)
}

/// A reaction that sets a timer: see [`Reaction::after`].
pub fn after<S: Saga>(when: impl Into<When>, timer: &str, then: Reaction<S>) -> Reaction<S> {
    Reaction::default().after(when, timer, then)
}

/// A reaction that calls a timer off: see [`Reaction::cancel`].
pub fn cancel<S: Saga>(timer: &str) -> Reaction<S> {
    Reaction::default().cancel(timer)
}

/// A reaction that ends the instance well: see [`Reaction::complete`].
pub fn complete<S: Saga>() -> Reaction<S> {
    Reaction::default().complete()
}

/// A reaction that gives up: see [`Reaction::fail`].
pub fn fail<S: Saga>(reason: impl Into<String>) -> Reaction<S> {
    Reaction::default().fail(reason)
}

/// No reaction but what the state has taken in.
pub fn nothing<S: Saga>() -> Reaction<S> {
    Reaction::default()
}
