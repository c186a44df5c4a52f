//! What a file with domain code needs: `use factum::prelude::*;`.
//!
//! The names are few and general, so that `use AccountEvent::*;` beside it does not clash.

pub use crate::saga::{after, cancel, complete, fail, nothing, send, undo};
pub use crate::{
    Aggregate, Answer, Answered, App, Apply, Command, Context, Decision, Event, Events, Handle, Id,
    Origin, Project, Projection, React, Reaction, Saga, Subscribe, Timestamp, emit, require,
};
pub use serde::{Deserialize, Serialize};
pub use uuid::Uuid;
