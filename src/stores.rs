//! Event stores.

#[cfg(feature = "eventstore")]
#[doc(inline)]
pub use factum_eventstore::{self as eventstore, EventStoreDb};
#[doc(inline)]
pub use factum_stores::*;
