//! Aggregates: what decides.

use std::marker::PhantomData;

use crate::schema::{CommandSchema, Docs};
use crate::snapshot::SnapshotPolicy;
use crate::{BadId, Command, Context, Decision, Event, Tags};

/// A write model: the fold of the events of one stream, `NAME-id`.
///
/// `#[derive(Aggregate)]` writes the impl from `#[aggregate(name, event, error, commands(…))]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an aggregate",
    label = "not an aggregate",
    note = "write `#[derive(Aggregate, Default)]` and `#[aggregate(name = \"…\", event = …, error = \
            …, commands(…))]` on the struct"
)]
pub trait Aggregate: Sized + Send + Sync + 'static {
    /// The category of its streams.
    const NAME: &'static str;
    /// What happens to it.
    type Event: Event;
    /// Why it rejects a command.
    type Error: std::error::Error + Send + Sync + 'static;

    /// The names of the tags that make its boundary: a state is then the fold of the events that carry
    /// any of them, with the values that a command names, instead of one stream.
    const BOUNDARY: &'static [&'static str] = &[];

    /// The state before the first event.
    fn empty() -> Self;

    /// Tells an empty state the tags of its boundary, so that it knows whose events it sees.
    ///
    /// # Errors
    /// [`BadId`] if a field cannot hold the value of its tag.
    fn set_tags(&mut self, _tags: &Tags) -> Result<(), BadId> {
        Ok(())
    }

    /// Takes an event into the state.
    fn fold(&mut self, event: &Self::Event);

    /// Lists the commands that can be sent to it.
    fn commands(list: &mut Commands<Self>);

    /// How its state is kept beside the log, if it is.
    fn snapshot() -> Option<SnapshotPolicy<Self>> {
        None
    }

    /// What the source says about it.
    fn docs() -> Docs {
        Docs::NONE
    }
}

/// How an event changes a state. Pure: no I/O, no clock, no randomness.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what `{E}` does to it",
    label = "`Apply<{E}>` is missing",
    note = "write `impl Apply<{E}> for {Self} {{ fn apply(&mut self, event: &{E}) {{ match event {{ \
            … }} }} }}`"
)]
pub trait Apply<E> {
    /// Takes the event into the state. It must not panic: the event has happened.
    fn apply(&mut self, event: &E);
}

/// How an aggregate answers a command. Pure: what it knows is the state, the command and the context.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not handle `{C}`",
    label = "listed in `commands(…)`, but `Handle<{C}>` is missing",
    note = "write `impl Handle<{C}> for {Self} {{ fn handle(&self, cmd: &{C}, ctx: &Context) -> \
            Decision<Self> {{ … }} }}`, or take `{C}` out of `commands(…)`"
)]
pub trait Handle<C>: Aggregate {
    /// Decides.
    ///
    /// # Errors
    /// The aggregate's own error, when the command is rejected.
    fn handle(&self, cmd: &C, ctx: &Context) -> Decision<Self>;
}

/// That a command goes to an aggregate: written by `commands(…)`, once for each command listed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent to `{A}`",
    label = "not listed in the `commands(…)` of an aggregate",
    note = "list it: `#[aggregate(…, commands(…, {Self}))]`"
)]
pub trait SentTo<A: Aggregate>: Command {
    /// Decides by the aggregate's handler.
    ///
    /// # Errors
    /// The aggregate's own error, when the command is rejected.
    fn decide(&self, state: &A, ctx: &Context) -> Decision<A>;
}

/// The list of an aggregate's commands, filled by [`Aggregate::commands`].
#[derive(Debug)]
pub struct Commands<A: ?Sized> {
    listed: Vec<ListedCommand>,
    aggregate: PhantomData<fn() -> A>,
}

/// A command in the list of an aggregate.
#[derive(Clone, Copy, Debug)]
pub struct ListedCommand {
    /// Its persisted name.
    pub name: &'static str,
    /// Its Rust type.
    pub rust_type: &'static str,
    schema: fn() -> CommandSchema,
}

impl ListedCommand {
    /// Describes it.
    pub fn schema(&self) -> CommandSchema {
        (self.schema)()
    }
}

/// A state that an aggregate can begin with.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no state before its first event",
    label = "needs `Default`",
    note = "write `#[derive(Default)]` on `{Self}`, or `impl Default for {Self}`"
)]
pub trait StartState: Default {}

// Without this, the error would be the standard library's, at a place that the user did not write.
#[diagnostic::do_not_recommend]
impl<A: Default> StartState for A {}

/// The state of an aggregate that begins with its default.
pub fn start_state<A: StartState>() -> A {
    A::default()
}

impl<A: Aggregate> Commands<A> {
    /// The commands of the aggregate.
    pub fn of() -> Self {
        let mut list = Self { listed: Vec::new(), aggregate: PhantomData };
        A::commands(&mut list);
        list
    }

    /// Lists a command.
    pub fn add<C: SentTo<A>>(&mut self) -> &mut Self {
        let rust_type = std::any::type_name::<C>();
        self.listed.push(ListedCommand {
            name: C::NAME,
            rust_type,
            schema: CommandSchema::of::<C>,
        });
        self
    }

    /// The commands, in the order of the list.
    pub fn listed(&self) -> &[ListedCommand] {
        &self.listed
    }
}
