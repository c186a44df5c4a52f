use factum_core::store::Position;

use super::orders::{Answer, Retried};
use super::pace::Pace;
use super::progress::Reached;

/// What a view asks of its projection.
pub(crate) enum Command {
    /// Try parked events again: all, or those that hang together with a row.
    Retry { row: Option<String>, answer: Answer<Retried> },
    /// Give what a slice has parked at a position up. Whether there was anything.
    Discard { slice: u16, position: Position, answer: Answer<bool> },
    /// Build one row anew. Whether it is there then.
    RebuildRow { key: String, answer: Answer<bool> },
    /// Build the view anew beside the one that is live.
    Rebuild { pace: Pace, answer: Answer<()> },
    /// Give that up. Whether there was one.
    Cancel { answer: Answer<bool> },
    /// How far it is, if there is one.
    Building { answer: Answer<Option<Reached>> },
}
