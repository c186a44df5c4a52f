use serde::{Deserialize, Serialize};

/// What became of a command that a saga sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It was accepted.
    Accepted,
    /// It was rejected, or cannot be accepted: why.
    Refused(String),
    /// It was tried as often as may be, and failed each time: how at last.
    Failed(String),
}

impl Answer {
    /// Why it was not accepted; nothing if it was.
    pub fn problem(&self) -> Option<&str> {
        match self {
            Self::Accepted => None,
            Self::Refused(problem) | Self::Failed(problem) => Some(problem),
        }
    }
}
