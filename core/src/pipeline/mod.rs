//! From a command to durable events.
//!
//! *Problem.* Two commands that decide on one state, a retry after a lost answer, a rejection given on
//! a state that was never stored: each loses or invents facts.
//!
//! *Invariant.* No answer, rejections included, leaves before the state that it was decided on is
//! durable. An accepted command has one effect however often it is sent.
//!
//! *Shape.* A [`Dispatcher`] puts each command into the mailbox of its aggregate. One worker at a time
//! takes what waits there, loads the state (cache, then snapshot, then fold), decides the commands one
//! after another on top of each other, appends what follows as one run of commits, and then answers.
//! States are changed in place; a state that ran ahead of a failed append is dropped.

mod dispatcher;
mod done;
mod error;
mod event_log;
mod inline;
mod loader;
mod mailboxes;
mod pages;
mod plan;
mod repeat;
mod request;
mod sending;
mod settings;
mod span;
mod target;
mod turns;
mod typed;
mod worker;

pub use dispatcher::Dispatcher;
pub use done::Done;
pub use error::{LoadError, SendError};
pub use event_log::{EventLog, Loaded, Loading};
pub use sending::Sending;
pub use settings::Settings;
#[cfg(feature = "testing")]
pub(crate) use target::Target;
pub use typed::TypedStream;
