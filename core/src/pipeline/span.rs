//! What a command tells of its way by the crate `tracing`; nothing, and at no cost, without the feature.

#[cfg(not(feature = "tracing"))]
pub(super) use silent::SendSpan;
#[cfg(feature = "tracing")]
pub(super) use traced::SendSpan;

use super::request::{Answer, Options};
use crate::{Aggregate, Key, StreamName};

#[cfg(not(feature = "tracing"))]
mod silent {
    use super::{Aggregate, Answer, Key, Options, StreamName};

    pub(in crate::pipeline) struct SendSpan;

    impl SendSpan {
        pub(in crate::pipeline) fn new(_: &str, _: Key, _: &StreamName, _: &Options) -> Self {
            Self
        }
        pub(in crate::pipeline) fn answered<A: Aggregate>(self, _: &Answer<A>) {}
    }
}

#[cfg(feature = "tracing")]
mod traced {
    use tracing::{Span, debug_span, field};

    use super::{Aggregate, Answer, Key, Options, StreamName};

    /// From when a command is in its mailbox until its sender has the answer.
    pub(in crate::pipeline) struct SendSpan(Span);

    impl SendSpan {
        pub(in crate::pipeline) fn new(
            command: &str,
            id: Key,
            stream: &StreamName,
            options: &Options,
        ) -> Self {
            Self(debug_span!(
                target: "factum",
                "factum.send",
                command,
                id = %id.uuid(),
                stream = %stream,
                correlation = %options.correlation.unwrap_or(id.uuid()),
                causation = options.causation.map(field::display),
                position = field::Empty,
                events = field::Empty,
                error = field::Empty,
            ))
        }

        pub(in crate::pipeline) fn answered<A: Aggregate>(self, answer: &Answer<A>) {
            match answer {
                Ok(done) => {
                    self.0.record("position", done.position.number());
                    self.0.record("events", done.events.len());
                }
                Err(error) => {
                    self.0.record("error", field::display(error));
                }
            }
        }
    }
}
