//! Process managers: what leads several aggregates through one business process.
//!
//! *Problem.* Money leaves one account and has to reach another; an order is paid, reserved and shipped,
//! and each of these may be refused, fail, or be cut off by a crash between any two steps. Whoever sends
//! commands from an event handler loses some and repeats others.
//!
//! *Invariant.* What a saga has seen, what it thinks, what it sends, waits for and would undo is one
//! commit to the one stream of its instance, `saga.NAME-ID`. A cause changes an instance once, and every
//! command that it sends has one effect. An instance ends as completed, compensated or stuck, and says
//! why.
//!
//! *Shape.* A user's struct is the state of an instance; [`React`] says, purely, what follows from an
//! event: a [`Reaction`], which is data. An [`Instance`] is the fold of what was written about one:
//! [`Process`] makes it an aggregate, so that the pipeline of commands looks after it. What drives it,
//! sends its commands and wakes its timers lives in `factum-projections`.

mod act;
mod answer;
mod commands;
mod event;
mod hears;
mod instance;
mod operate;
mod process;
mod reaction;
mod sends;
mod step;

pub use act::{Act, Json, Letter, When};
pub use answer::Answer;
pub use commands::{Fire, Look, Observe, Operate, Resolve, Stall};
pub use event::{
    Cause, Fired, Kept, Operated, Postponed, Reacted, Resolved, SagaEvent, Stalled, Told,
};
pub use hears::{Hears, Route, Starts, Unreadable};
pub use instance::{Errand, Instance, Status, Timer};
pub use operate::Operation;
pub use process::{Process, ProcessError, Report, Seat, Task};
pub use reaction::{Reaction, after, cancel, complete, fail, nothing, send, undo};
pub use sends::{Dispatch, Envelope, Listed, Outcome, Receivers, Sends};
pub use step::{Calls, Once, Step, StepError};

use crate::codec::{DecodeError, Form};
use crate::schema::Docs;
use crate::upcast::Fields;
use crate::{Command, Context, Origin};

/// The state of one instance of a process.
///
/// `#[derive(Saga)]` writes the impl from `#[saga(name, starts(…), sends(…))]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a saga",
    label = "not a saga",
    note = "write `#[derive(Saga, Default, Serialize, Deserialize)]` and `#[saga(name = \"…\", starts(…), \
            sends(…))]` on the struct"
)]
pub trait Saga: Sized + Send + Sync + 'static {
    /// Its name.
    const NAME: &'static str;
    /// The category of the streams of its instances: `saga.` and its name.
    const CATEGORY: &'static str;
    /// The name under which it keeps how far it has heard: `saga.`, its name, and `.inbox`.
    const INBOX: &'static str;
    /// The version of the form of its state, from 1.
    const VERSION: u32 = 1;

    /// The state of an instance that begins.
    fn begin() -> Self;

    /// How a state is written and read.
    fn form() -> Form<Self>;

    /// Leads a state of an older version to the form of today.
    ///
    /// # Errors
    /// [`DecodeError`] if there is no way from that version.
    fn upcast(version: u32, state: Fields) -> Result<Fields, DecodeError> {
        match version {
            version if version == Self::VERSION => Ok(state),
            _ => Err(unknown_version::<Self>(version)),
        }
    }

    /// Lists the events that it hears.
    fn hears(list: &mut Hears<Self>);

    /// Lists the commands that it may send.
    fn sends(list: &mut Sends<Self>);

    /// What the source says about it.
    fn docs() -> Docs {
        Docs::NONE
    }
}

/// The error for a state in a version that `S` does not know.
pub fn unknown_version<S: Saga>(version: u32) -> DecodeError {
    DecodeError::Payload(format!(
        "the state is of version {version}, and saga {} knows version {}: was it written by newer code, \
         or does `upcast(…)` lack a step?",
        S::NAME,
        S::VERSION
    ))
}

/// How a saga reacts to an event. Pure: no I/O, no clock, no randomness but what the context gives.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not react to `{E}`",
    label = "listed in `starts(…)` or `from(…)`, but `React<{E}>` is missing",
    note = "write `impl React<{E}> for {Self} {{ fn react(&mut self, event: &{E}, at: &Origin, ctx: \
            &Context) -> Reaction<Self> {{ match event {{ … }} }} }}`"
)]
pub trait React<E>: Saga {
    /// Takes the event into the state, and says what follows. Called once for each event of an
    /// instance, in the order of the log; again only for one that came to nothing, after a crash.
    fn react(&mut self, event: &E, at: &Origin, ctx: &Context) -> Reaction<Self>;
}

/// How a saga takes the answer to one of its commands, where it wants to hear of it: listed in
/// `answers(…)`. Unless it does, a command that is accepted is merely done, and one that is not has the
/// saga undone.
///
/// ```
/// # use factum_core::saga::{Answer, Answered, Reaction, Saga, SentBy, complete, send};
/// # use factum_core::{Command, Context};
/// # trait Shop: Saga { fn noted(&mut self); }
/// # fn f<S: Shop, Reserve: SentBy<S>, Backorder: SentBy<S> + Default>(
/// #     saga: &mut S, answer: &Answer) -> Reaction<S> {
/// // impl Answered<Reserve> for Order { fn answered(&mut self, cmd: &Reserve, answer: &Answer, _: &Context) …
/// match answer {
///     Answer::Accepted => complete(),
///     Answer::Refused(_) | Answer::Failed(_) => send(Backorder::default()),
/// }
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not take the answer to `{C}`",
    label = "listed in `answers(…)`, but `Answered<{C}>` is missing",
    note = "write `impl Answered<{C}> for {Self} {{ fn answered(&mut self, cmd: &{C}, answer: &Answer, \
            ctx: &Context) -> Reaction<Self> {{ … }} }}`, or take `{C}` out of `answers(…)`"
)]
pub trait Answered<C>: Saga {
    /// Takes the answer into the state, and says what follows. Pure, as [`React::react`].
    fn answered(&mut self, cmd: &C, answer: &Answer, ctx: &Context) -> Reaction<Self>;
}

/// That a saga may send a command: written by `sends(…)` and `calls(…)`, once for each that is listed.
#[diagnostic::on_unimplemented(
    message = "the saga may not send `{Self}`",
    label = "not listed in the `sends(…)` of the saga",
    note = "list it: `#[saga(…, sends(…, {Self}))]`, or in `calls(…)` if it goes to a `Step`"
)]
pub trait SentBy<S: Saga>: Command {}
