//! The breakers that are compared, each around a call that is ready at once and succeeds.

pub mod count;
pub mod subject;

/// How many calls the windows have that are counted by calls.
pub const WINDOW: u32 = 100;
