//! Events that a consumer could not take in, put aside so that the others go on.
//!
//! *Problem.* One event that cannot be taken in would stop a view for all rows; passed over, it would
//! be missing from its row for ever, and what comes after it would meet a row that is not as it should
//! be. *Invariant.* Of one key events are taken in in order: behind a parked one the later ones of its
//! keys park as well. What is parked and the checkpoint change in one commit. *Shape.* The keys of an
//! event are those of the rows that it concerns; where that cannot be told, because it cannot be
//! decoded, it is its stream. [`ParkedEvent`] is one event as it is kept, [`Blocked`] the keys that wait.

mod blocked;
mod event;

pub(crate) use blocked::{Blocked, Keys};
pub use event::ParkedEvent;
pub(crate) use event::{POSITION, ROW, at_position, of_slice, read, row_of};
