use std::fmt;

use crate::store::Position;
use crate::{Aggregate, Key, StreamName};

/// The receipt of an accepted command. What it speaks of is durable.
pub struct Done<A: Aggregate> {
    /// The command's id. Sending the command again under it gives this receipt again.
    pub command: Key,
    /// The aggregate's stream.
    pub stream: StreamName,
    /// The stream's revision after the command; `None` if it has no events.
    pub revision: Option<u64>,
    /// The position of the command's newest event, or of the newest one that it was decided on if it
    /// led to none: a view that has seen it has seen the command.
    pub position: Position,
    /// The events that the command led to; in a repeated answer those in a newer form that may be
    /// skipped are left out.
    pub events: Vec<A::Event>,
    /// Whether the command had been accepted before, so that nothing happened this time.
    pub repeated: bool,
}

impl<A: Aggregate> fmt::Debug for Done<A>
where
    A::Event: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Done")
            .field("command", &self.command)
            .field("stream", &self.stream)
            .field("revision", &self.revision)
            .field("position", &self.position)
            .field("events", &self.events)
            .field("repeated", &self.repeated)
            .finish()
    }
}
