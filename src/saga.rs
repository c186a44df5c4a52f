//! Process managers: what leads several aggregates through one business process.
//!
//! A [`Saga`] hears events and says what follows, as data: commands to send, what would undo them, timers.
//! The framework stores that before anything of it is done, and sees that it is done once, whatever
//! crashes in between. `docs/sagas.md` tells it by an example.

pub use factum_core::saga::{
    Act, Answer, Answered, Cause, Errand, Hears, Instance, Letter, Once, Operation, ProcessError,
    React, Reaction, Saga, SagaEvent, Sends, SentBy, Starts, Status, Step, StepError, Timer, When,
    after, cancel, complete, fail, nothing, send, undo,
};
pub use factum_projections::{SagaError, SagaRow, SagaSettings, Sagas};
