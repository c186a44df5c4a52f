//! Persistent subscriptions: groups of competing consumers, whose progress the server keeps.

mod checkpoint;
mod config;
mod consumer;
mod error;
mod group;
mod info;
mod key;
mod message;
mod parked;
mod registry;
mod settings;
#[cfg(test)]
mod tests;

pub(crate) use consumer::{Delivery, Newcomer};
pub(crate) use error::{GroupError, bad_settings};
pub(crate) use group::Answer;
pub(crate) use key::{Begin, Key, Source, next_number};
pub(crate) use registry::{Groups, Membership};
pub(crate) use settings::{Entry, GroupSettings, Strategy};
