//! The log and what may be done with it; nothing here waits, nor knows of the network.

mod decide;
mod expected;
mod log;
mod metadata;
mod read;
mod recent;
mod record;
#[cfg(test)]
mod tests;
mod write;

pub use decide::Decision;
pub use expected::{Expected, Refused, Written};
pub use log::{Log, Stream};
pub use metadata::{DELETED, Truncation, metastream_of, original_of, with_truncate_before};
pub use read::{BadPosition, Direction, Resolved, Visible};
pub use recent::Recent;
pub use record::{LINK, METADATA, Proposed, Record, STREAM_DELETED, TOMBSTONE, ticks_now};
pub use write::Plan;
