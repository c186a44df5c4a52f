use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use super::codec::stored;
use super::diff::assert_same;
use super::{TIME, command_id};
use crate::pipeline::Target;
use crate::{Aggregate, Command, Context, Event, Key, SentTo, StreamName, Tags, Timestamp};

/// Begins the test of an aggregate to which these events have happened.
///
/// # Panics
/// If an event does not survive being stored.
#[must_use = "send it a command with `when`"]
#[track_caller]
pub fn given<A: Aggregate>(events: impl IntoIterator<Item = A::Event>) -> Given<A> {
    let mut past = Past { events: Vec::new(), state: A::empty() };
    for (at, event) in events.into_iter().enumerate() {
        past.add(through_codec::<A>(&event, &format_args!("event {at} of `given`")));
    }
    Given { past, stream: None, sent: 0, next: Options::default() }
}

/// What has happened.
struct Past<A: Aggregate> {
    /// Kept for a boundary, which sees some of them, by the tags of each command.
    events: Vec<(A::Event, Tags)>,
    state: A,
}

impl<A: Aggregate + fmt::Debug> fmt::Debug for Past<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.state.fmt(f)
    }
}

impl<A: Aggregate> Past<A> {
    fn add(&mut self, (event, tags): (A::Event, Tags)) {
        if A::BOUNDARY.is_empty() {
            self.state.fold(&event);
        } else {
            self.events.push((event, tags));
        }
    }

    /// Sees what a command to these tags is decided on.
    #[track_caller]
    fn look_at(&mut self, tags: &Tags) {
        if A::BOUNDARY.is_empty() {
            return;
        }
        self.state = A::empty();
        if let Err(problem) = self.state.set_tags(tags) {
            panic!("{} cannot hold the tags {tags:?}: {problem}", A::NAME);
        }
        let seen = self.events.iter().filter(|(_, carried)| carried.contain_any(tags));
        seen.for_each(|(event, _)| self.state.fold(event));
    }
}

/// An aggregate with a past: see [`given`].
#[derive(Debug)]
pub struct Given<A: Aggregate> {
    past: Past<A>,
    stream: Option<StreamName>,
    sent: u64,
    next: Options,
}

#[derive(Debug)]
struct Options {
    key: Option<Key>,
    time: Timestamp,
    actor: Option<Arc<str>>,
    correlation: Option<Uuid>,
    causation: Option<Uuid>,
}

impl Default for Options {
    fn default() -> Self {
        Self { key: None, time: TIME, actor: None, correlation: None, causation: None }
    }
}

impl<A: Aggregate> Given<A> {
    /// The time of the commands that follow. [`TIME`] if it is never set.
    #[must_use = "send a command with `when`"]
    pub fn at(mut self, time: Timestamp) -> Self {
        self.next.time = time;
        self
    }

    /// The id of the next command. [`command_id`] of its place if it is not set.
    #[must_use = "send a command with `when`"]
    pub fn id(mut self, key: Key) -> Self {
        self.next.key = Some(key);
        self
    }

    /// Who sends the commands that follow. Nobody if it is never set.
    #[must_use = "send a command with `when`"]
    pub fn actor(mut self, actor: impl Into<Arc<str>>) -> Self {
        self.next.actor = Some(actor.into());
        self
    }

    /// What the commands that follow belong to. Each to itself if it is never set.
    #[must_use = "send a command with `when`"]
    pub fn correlation(mut self, correlation: Uuid) -> Self {
        self.next.correlation = Some(correlation);
        self
    }

    /// What caused the commands that follow. Nothing if it is never set.
    #[must_use = "send a command with `when`"]
    pub fn causation(mut self, causation: Uuid) -> Self {
        self.next.causation = Some(causation);
        self
    }

    /// Hands the state to checks of the test's own.
    pub fn then_state(self, check: impl FnOnce(&A)) -> Self {
        check(&self.past.state);
        self
    }

    /// Sends a command. If it is accepted its events are taken into the state.
    ///
    /// # Panics
    /// If its id cannot name a stream, is not that of the command before, or an event of the
    /// decision does not survive being stored.
    #[must_use = "check the answer with `then`, `then_nothing` or `then_rejected`"]
    #[track_caller]
    pub fn when<C: SentTo<A>>(mut self, command: C) -> Decided<A> {
        let tags = self.address(&command);
        self.past.look_at(&tags);
        let context = self.context();
        let mut events = Vec::new();
        let rejection = match command.decide(&self.past.state, &context) {
            Ok(decision) => {
                for (at, event) in decision.as_slice().iter().enumerate() {
                    let place = format_args!("event {at} of {}", C::NAME);
                    events.push(through_codec::<A>(event, &place).0);
                    self.past.add(through_codec::<A>(event, &place));
                }
                None
            }
            Err(error) => Some(error),
        };
        self.past.look_at(&tags);
        Decided { given: self, command: C::NAME, events, rejection, answered: false }
    }

    #[track_caller]
    fn address(&mut self, command: &impl Command) -> Tags {
        let target = match Target::of::<A, _>(command) {
            Ok(target) => target,
            Err(problem) => panic!("the command cannot be sent: {problem}"),
        };
        let stream = &target.stream;
        match &self.stream {
            // A boundary sees all events that concern it, whatever the command before.
            Some(first) if first != stream && !target.is_boundary() => {
                panic!(
                    "one test is about one aggregate: the first command went to {first}, this one to {stream}"
                )
            }
            _ => self.stream = Some(stream.clone()),
        }
        target.tags().clone()
    }

    fn context(&mut self) -> Context {
        let key = self.next.key.take().unwrap_or_else(|| command_id(self.sent));
        self.sent += 1;
        Context::new(key, self.next.time)
            .by(self.next.actor.clone())
            .correlated(self.next.correlation)
            .caused_by(self.next.causation)
    }
}

/// An aggregate that has answered a command: see [`Given::when`].
#[derive(Debug)]
pub struct Decided<A: Aggregate> {
    given: Given<A>,
    command: &'static str,
    events: Vec<A::Event>,
    rejection: Option<A::Error>,
    answered: bool,
}

impl<A: Aggregate> Decided<A> {
    /// The command was accepted with exactly these events, as they come back from a store.
    ///
    /// # Panics
    /// If it was rejected, or the events are others.
    #[track_caller]
    pub fn then(mut self, expected: impl IntoIterator<Item = A::Event>) -> Self
    where
        A::Event: PartialEq + fmt::Debug,
    {
        let expected: Vec<_> = expected.into_iter().collect();
        if let Some(error) = &self.rejection {
            panic!("{} was rejected: {error}\nexpected: {expected:#?}", self.command);
        }
        assert_same(&format!("the events of {}", self.command), &expected, &self.events);
        self.answered = true;
        self
    }

    /// The command was accepted, and nothing happened.
    ///
    /// # Panics
    /// If it was rejected, or there are events.
    #[track_caller]
    pub fn then_nothing(self) -> Self
    where
        A::Event: PartialEq + fmt::Debug,
    {
        self.then([])
    }

    /// The command was rejected with this error.
    ///
    /// # Panics
    /// If it was accepted, or the error is another.
    #[track_caller]
    pub fn then_rejected(mut self, expected: A::Error) -> Self
    where
        A::Event: fmt::Debug,
        A::Error: PartialEq,
    {
        assert_same(&format!("the rejection of {}", self.command), &expected, self.rejected());
        self.answered = true;
        self
    }

    /// The command was rejected, with an error that passes checks of the test's own.
    ///
    /// # Panics
    /// If it was accepted.
    #[track_caller]
    pub fn then_rejected_with(mut self, check: impl FnOnce(&A::Error)) -> Self
    where
        A::Event: fmt::Debug,
    {
        check(self.rejected());
        self.answered = true;
        self
    }

    #[track_caller]
    fn rejected(&self) -> &A::Error
    where
        A::Event: fmt::Debug,
    {
        match &self.rejection {
            Some(error) => error,
            None => panic!("{} was accepted, with the events {:#?}", self.command, self.events),
        }
    }

    /// Hands the state after the command to checks of the test's own.
    pub fn then_state(mut self, check: impl FnOnce(&A)) -> Self {
        self.given = self.given.then_state(check);
        self
    }

    /// Sends another command: see [`Given::when`].
    ///
    /// # Panics
    /// As [`Given::when`], and if the command before was rejected and the test did not say so.
    #[must_use = "check the answer with `then`, `then_nothing` or `then_rejected`"]
    #[track_caller]
    pub fn when<C: SentTo<A>>(self, command: C) -> Decided<A> {
        self.and().when(command)
    }

    /// Goes on, for commands at another time or by somebody else.
    ///
    /// # Panics
    /// If the command before was rejected and the test did not say so.
    #[must_use = "send a command with `when`"]
    #[track_caller]
    pub fn and(self) -> Given<A> {
        if let (Some(error), false) = (&self.rejection, self.answered) {
            panic!("{} was rejected: {error}\nthe test goes on as if it were not", self.command);
        }
        self.given
    }
}

#[track_caller]
fn through_codec<A: Aggregate>(event: &A::Event, place: &dyn fmt::Display) -> (A::Event, Tags) {
    match stored(event) {
        Ok((stored, back)) => (back, stored.tags),
        Err(problem) => panic!("{place}, {}: {problem}", event.event_type().name),
    }
}
