use std::any::{Any, TypeId};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::step::Calls;
use super::{Answer, Answered, Json, Reaction, Saga, SentBy};
use crate::codec::DecodeError;
use crate::pipeline::{Dispatcher, LoadError, SendError};
use crate::schema::CommandSchema;
use crate::store::BoxFuture;
use crate::{Aggregate, Context, Key, SentTo};

/// What goes with a command that a saga sends.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// Its id, the same however often it is sent.
    pub id: Key,
    /// How often it was tried before.
    pub tried: u32,
    /// Whether it is certain that it was never sent before.
    pub is_unsent: bool,
    /// What the instance belongs to.
    pub correlation: Uuid,
    /// The event of the saga that says it is to be sent.
    pub causation: Option<Uuid>,
    /// The saga and its instance, `saga.NAME-ID`.
    pub sender: Arc<str>,
}

/// What came of sending a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was accepted.
    Accepted,
    /// It was not, and will not be: why.
    Refused(String),
    /// It failed, and may go through another time.
    Failed {
        /// How.
        problem: String,
        /// Whether it may have been accepted all the same.
        in_doubt: bool,
        /// How long to wait at the least before the next try.
        retry_after: Option<Duration>,
    },
    /// The app is being stopped: nothing came of it.
    Closed,
}

/// Sends a command of one type.
pub type Dispatch =
    Arc<dyn Fn(&Json, Envelope) -> Result<BoxFuture<'static, Outcome>, DecodeError> + Send + Sync>;

/// Finds what receives commands: a [`Dispatcher`] by the type of its aggregate, [`Calls`]
/// by the type of its command.
pub type Receivers<'a> = dyn Fn(TypeId) -> Option<&'a (dyn Any + Send + Sync)> + Sync + 'a;

type Bind = fn(&Receivers<'_>) -> Option<Dispatch>;
type Take<S> = fn(&mut S, &Json, &Answer, &Context) -> Result<Reaction<S>, DecodeError>;

/// The commands that a saga may send, filled by [`Saga::sends`].
pub struct Sends<S> {
    listed: Vec<Listed>,
    answered: Vec<(&'static str, Take<S>)>,
}

/// A command that a saga may send.
#[derive(Clone, Copy, Debug)]
pub struct Listed {
    /// Its persisted name.
    pub command: &'static str,
    /// The name of the aggregate that it goes to; none if it goes to a step.
    pub aggregate: Option<&'static str>,
    bind: Bind,
    schema: fn() -> CommandSchema,
}

impl Listed {
    /// How it is sent, if its receiver is there.
    pub fn bind(&self, receivers: &Receivers<'_>) -> Option<Dispatch> {
        (self.bind)(receivers)
    }

    /// Describes it.
    pub fn schema(&self) -> CommandSchema {
        (self.schema)()
    }
}

impl<S> fmt::Debug for Sends<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.listed.iter().map(|listed| listed.command)).finish()
    }
}

impl<S: Saga> Sends<S> {
    /// What the saga may send.
    pub fn of() -> Self {
        let mut list = Self { listed: Vec::new(), answered: Vec::new() };
        S::sends(&mut list);
        list
    }

    /// May send a command to the aggregate that lists it.
    pub fn to<A, C>(&mut self) -> &mut Self
    where
        C: SentTo<A> + SentBy<S>,
        A: Aggregate,
    {
        let (schema, aggregate) = (CommandSchema::of::<C>, Some(A::NAME));
        self.listed.push(Listed {
            command: C::NAME,
            aggregate,
            bind: to_aggregate::<A, C>,
            schema,
        });
        self
    }

    /// May have a [`Step`](super::Step) carry a command out.
    pub fn calls<C: SentBy<S>>(&mut self) -> &mut Self {
        let schema = CommandSchema::of::<C>;
        self.listed.push(Listed { command: C::NAME, aggregate: None, bind: to_step::<C>, schema });
        self
    }

    /// Takes the answers to a command itself.
    pub fn answers<C: SentBy<S>>(&mut self) -> &mut Self
    where
        S: Answered<C>,
    {
        self.answered.push((C::NAME, |saga, fields, answer, ctx| {
            Ok(saga.answered(&fields.read(C::form())?, answer, ctx))
        }));
        self
    }

    /// The commands, in the order of the list.
    pub fn listed(&self) -> &[Listed] {
        &self.listed
    }

    /// Whether the saga takes the answers to this command itself.
    pub fn hears_answers_to(&self, command: &str) -> bool {
        self.answered.iter().any(|(name, _)| *name == command)
    }

    /// Has the saga take the answer to a command; `None` if it does not listen to it.
    pub(super) fn answer(
        &self,
        saga: &mut S,
        (command, fields): (&str, &Json),
        answer: &Answer,
        ctx: &Context,
    ) -> Option<Result<Reaction<S>, DecodeError>> {
        let (_, take) = self.answered.iter().find(|(name, _)| *name == command)?;
        Some(take(saga, fields, answer, ctx))
    }
}

fn to_aggregate<A: Aggregate, C: SentTo<A>>(receivers: &Receivers<'_>) -> Option<Dispatch> {
    let dispatcher = receivers(TypeId::of::<A>())?.downcast_ref::<Dispatcher<A>>()?.clone();
    Some(Arc::new(move |fields, envelope| {
        let command: C = fields.read(C::form())?;
        let Envelope { id, is_unsent, correlation, causation, sender, .. } = envelope;
        let mut sending = dispatcher.send(command).id(id).correlation(correlation).actor(sender);
        if is_unsent {
            sending = sending.never_sent();
        }
        if let Some(causation) = causation {
            sending = sending.causation(causation);
        }
        Ok(Box::pin(async move { outcome_of(sending.await.map(|_| ())) }))
    }))
}

fn to_step<C: crate::Command>(receivers: &Receivers<'_>) -> Option<Dispatch> {
    let calls: &Calls<C> = receivers(TypeId::of::<Calls<C>>())?.downcast_ref()?;
    Some(calls.dispatch())
}

/// What a pipeline's answer means for whoever sends the command.
fn outcome_of<E: std::error::Error>(sent: Result<(), SendError<E>>) -> Outcome {
    let error = match sent {
        Ok(()) | Err(SendError::Unreadable { .. }) => return Outcome::Accepted,
        Err(error) => error,
    };
    // Where the log cannot be asked for the command's id, a try before may have been accepted.
    let unasked = matches!(&error, SendError::Load { source: LoadError::Store(_), .. });
    let (problem, in_doubt) = (error.to_string(), error.outcome_unknown() || unasked);
    match error {
        SendError::Closed { .. } | SendError::Stopped { .. } => Outcome::Closed,
        SendError::Rejected(_)
        | SendError::Unregistered { .. }
        | SendError::Target { .. }
        | SendError::KeyReused { .. }
        | SendError::Refused { .. }
        | SendError::Encode { .. }
        | SendError::Tag { .. } => Outcome::Refused(problem),
        error => Outcome::Failed { problem, in_doubt, retry_after: error.retry_after() },
    }
}
