use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use factum_core::StreamName;
use factum_core::store::Recorded;
use tokio::time::Instant;

use crate::parking::ParkedEvent;

/// What waits to be delivered: a lane for each stream, whose first event is the only one that may be in
/// hand.
#[derive(Default)]
pub(super) struct Lanes {
    lanes: HashMap<StreamName, VecDeque<Job>>,
    /// The lanes whose first event may be delivered, the one that waits longest first.
    ready: VecDeque<StreamName>,
    /// The lanes whose first event is tried again later, by when; numbered, as times may be equal.
    later: BTreeMap<(Instant, u64), StreamName>,
    next_number: u64,
}

/// Something to be delivered.
#[derive(Clone, Debug)]
pub(super) enum Job {
    /// An event that came from the log.
    Fresh {
        /// Its number in the window.
        number: u64,
        event: Arc<Recorded>,
        /// How often it was tried.
        attempts: u32,
    },
    /// A parked event that somebody wants to be tried again.
    Parked(Box<ParkedEvent>),
}

impl Lanes {
    /// Puts a job behind those of its stream.
    pub(super) fn push(&mut self, stream: StreamName, job: Job) {
        let lane = self.lanes.entry(stream.clone()).or_default();
        lane.push_back(job);
        if lane.len() == 1 {
            self.ready.push_back(stream);
        }
    }

    /// The next job that may be delivered: it is in hand until [`done`](Self::done),
    /// [`again`](Self::again) or [`close`](Self::close).
    pub(super) fn next(&mut self) -> Option<(StreamName, Job)> {
        let stream = self.ready.pop_front()?;
        let job = self.lanes.get(&stream)?.front()?.clone();
        Some((stream, job))
    }

    /// The job in hand is done: the next of its stream may follow.
    pub(super) fn done(&mut self, stream: StreamName) {
        let Some(lane) = self.lanes.get_mut(&stream) else { return };
        lane.pop_front();
        if lane.is_empty() {
            self.lanes.remove(&stream);
        } else {
            self.ready.push_back(stream);
        }
    }

    /// The job in hand was tried so often, and is to be tried again at this time.
    pub(super) fn again(&mut self, stream: StreamName, tries: u32, at: Instant) {
        let first = self.lanes.get_mut(&stream).and_then(VecDeque::front_mut);
        if let Some(Job::Fresh { attempts, .. }) = first {
            *attempts = tries;
        }
        self.later.insert((at, self.next_number), stream);
        self.next_number += 1;
    }

    /// Takes the lane of the job in hand away, with all that is in it.
    pub(super) fn close(&mut self, stream: &StreamName) -> VecDeque<Job> {
        self.lanes.remove(stream).unwrap_or_default()
    }

    /// When the next one is to be tried again.
    pub(super) fn next_again(&self) -> Option<Instant> {
        self.later.first_key_value().map(|((at, _), _)| *at)
    }

    /// Those whose time has come may be delivered.
    pub(super) fn wake(&mut self, now: Instant) {
        while let Some(first) = self.later.first_entry().filter(|first| first.key().0 <= now) {
            self.ready.push_back(first.remove());
        }
    }
}
