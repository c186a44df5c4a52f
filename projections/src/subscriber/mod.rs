//! Side effects that follow the log: a thumbnail, a mail, a call to somebody else's system.
//!
//! *Problem.* What is done outside cannot be committed together with a checkpoint, takes long, and
//! fails: done twice, forgotten, out of order, or holding up everything behind it. *Invariant.* Each
//! event is delivered at least once, and those of one stream in order. The checkpoint is where
//! everything up to it is done or parked, and is saved together with what was parked. Memory is bounded
//! by the concurrency and a look-ahead. *Shape.* A user's [`Subscribe`] becomes a [`handler`]; [`lanes`]
//! say what may be delivered next, [`window`] how far all is done, [`kept`] where that is saved. The
//! [`worker`] ties them together, [`outcome`] and [`orders`] are what it does about results and wishes;
//! [`Subscription`] shows it, and [`monitor`]. Of processes that share the log one runs it at a time: [`tenure`].

mod error;
mod handler;
mod kept;
mod lanes;
mod monitor;
mod orders;
mod outcome;
mod runner;
mod saving;
mod settings;
mod spans;
mod status;
mod subscription;
mod tenure;
mod window;
mod worker;

pub use error::{FailedDelivery, SubscriberError};
pub(crate) use handler::{Deliver, Tried};
pub use handler::{Subscribe, Verdict};
pub use runner::SubscriberRunner;
pub(crate) use settings::Settings;
pub use settings::Subscriber;
pub use subscription::{ParkedDeliveries, Subscription};
