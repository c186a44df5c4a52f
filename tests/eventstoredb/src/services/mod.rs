//! The services of the protocol.

mod convert;
pub(crate) mod features;
pub(crate) mod gossip;
pub(crate) mod persistent;
pub(crate) mod streams;
