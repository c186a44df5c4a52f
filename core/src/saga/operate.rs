use std::fmt;

use serde::{Deserialize, Serialize};

/// What a person can do about an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Try again what it is stuck at, or waits to try again.
    Retry,
    /// Go on without what it is stuck at, or waits to try again: as if the command had been accepted and
    /// needed no undoing, or the event had come to nothing.
    Skip,
    /// Give up now: undo what is registered.
    Compensate,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Retry => "retry",
            Self::Skip => "skip",
            Self::Compensate => "compensate",
        })
    }
}
