use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::Event;
use crate::store::Recorded;

/// Events that were left out, in a newer form than this code knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The Rust type that did not know the form.
    pub event: &'static str,
    /// The name of the events.
    pub name: String,
    /// The version of their form.
    pub version: u32,
    /// How often such an event was left out; one that is read again counts again.
    pub times: u64,
}

type Counts = BTreeMap<(&'static str, String, u32), u64>;

static COUNTS: Mutex<Counts> = Mutex::new(BTreeMap::new());

/// What this process has left out so far: see [`Newer::Skip`](crate::event::Newer::Skip).
pub fn skipped() -> Vec<Skipped> {
    let counts = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    let skipped = counts.iter().map(|((event, name, version), times)| Skipped {
        event,
        name: name.clone(),
        version: *version,
        times: *times,
    });
    skipped.collect()
}

pub(super) fn count<E: Event>(recorded: &Recorded) {
    let key = (std::any::type_name::<E>(), recorded.name.to_string(), recorded.version);
    let mut counts = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    *counts.entry(key).or_default() += 1;
}
