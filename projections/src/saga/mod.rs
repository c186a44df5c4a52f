//! What drives sagas: has them hear the log, sends their commands, and wakes their timers.
//!
//! *Problem.* Between what a saga says and what comes of it the process may die at any moment, commands
//! may be refused, and hours may pass. *Invariant.* An event is settled only once all that its reaction
//! sends is answered, or is written down to be tried later; whatever waits is in the `row` of its
//! instance, so that none is forgotten. *Shape.* The `inbox` is a subscriber whose lanes are the
//! instances: it has them react, and the `driver` sends what follows, one command after another. The
//! `alarm` looks at the rows for what is due: timers, what is tried again, and what a crash has left.
//! [`Sagas`] shows instances to people, and lets them do something about one.

mod alarm;
mod driver;
mod error;
mod handle;
mod inbox;
mod row;
mod settings;
mod start;
mod turns;

pub use error::SagaError;
pub use handle::Sagas;
pub use row::SagaRow;
pub use settings::SagaSettings;
pub use start::{RunningSaga, start};
