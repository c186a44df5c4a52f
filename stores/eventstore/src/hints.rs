use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use factum_core::StreamName;
use hashlink::LruCache;

use crate::link::Raw;

/// How many pages are remembered.
const PAGES: usize = 1024;

/// Where pages ended that were read, so that the next ones begin there. The server finds events of a
/// stream by their revision alone, and those of the log only by the position of one that is there.
#[derive(Debug)]
pub(crate) struct Hints {
    of_streams: Mutex<LruCache<StreamName, Place>>,
    of_all: Mutex<LruCache<u64, ()>>,
    /// About how many bytes an event has.
    event_bytes: AtomicUsize,
}

/// Where an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) position: u64,
    pub(crate) revision: u64,
}

impl Default for Hints {
    fn default() -> Self {
        let (of_streams, of_all) = (LruCache::new(PAGES), LruCache::new(PAGES));
        let (of_streams, of_all) = (Mutex::new(of_streams), Mutex::new(of_all));
        Self { of_streams, of_all, event_bytes: AtomicUsize::new(0) }
    }
}

impl Hints {
    pub(crate) fn note(&self, stream: &StreamName, place: Place) {
        let mut of_streams = self.of_streams.lock().unwrap_or_else(PoisonError::into_inner);
        of_streams.insert(stream.clone(), place);
    }

    pub(crate) fn of(&self, stream: &StreamName) -> Option<Place> {
        let mut of_streams = self.of_streams.lock().unwrap_or_else(PoisonError::into_inner);
        of_streams.get(stream).copied()
    }

    pub(crate) fn note_position(&self, position: u64) {
        let mut of_all = self.of_all.lock().unwrap_or_else(PoisonError::into_inner);
        of_all.insert(position, ());
    }

    pub(crate) fn event_bytes(&self) -> usize {
        self.event_bytes.load(Ordering::Relaxed)
    }

    /// Takes note of how large events are that were read: growing at once, shrinking step by step.
    pub(crate) fn note_sizes(&self, events: &[Raw]) {
        let bytes: usize =
            events.iter().map(|raw| raw.data.len() + raw.custom_metadata.len()).sum();
        if let Some(mean) = bytes.checked_div(events.len()) {
            self.event_bytes.store(mean.max(self.event_bytes() / 2), Ordering::Relaxed);
        }
    }

    /// Whether there was an event at the position.
    pub(crate) fn knows(&self, position: u64) -> bool {
        let mut of_all = self.of_all.lock().unwrap_or_else(PoisonError::into_inner);
        of_all.get(&position).is_some()
    }
}
