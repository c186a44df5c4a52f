use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hashlink::{DefaultHashBuilder, LruCache};

use super::loader::Warm;
use super::request::Job;
use super::target::Target;
use crate::Aggregate;

/// Which aggregates have a worker, with the commands that wait for it, and which are idle, with
/// their states.
pub(super) struct Mailboxes<A: Aggregate> {
    boxes: Mutex<Boxes<A>>,
}

struct Boxes<A: Aggregate> {
    active: HashMap<Target, VecDeque<Job<A>>, DefaultHashBuilder>,
    idle: LruCache<Target, Warm<A>>,
}

impl<A: Aggregate> Boxes<A> {
    /// Keeps an idle state; gives back the one that has to go for it.
    fn rest(&mut self, target: &Target, warm: Warm<A>) -> Option<Warm<A>> {
        if self.idle.capacity() == 0 {
            return Some(warm);
        }
        let full = self.idle.len() >= self.idle.capacity();
        let evicted = if full { self.idle.remove_lru() } else { None };
        // A target is idle or active, never both, so nothing is replaced.
        self.idle.insert(target.clone(), warm);
        evicted.map(|(_, warm)| warm)
    }
}

/// What a worker that has to be started begins with.
pub(super) struct Start<A: Aggregate> {
    pub(super) job: Job<A>,
    pub(super) warm: Option<Warm<A>>,
}

impl<A: Aggregate> Mailboxes<A> {
    pub(super) fn new(cached: usize) -> Self {
        let idle = LruCache::new(cached);
        Self { boxes: Mutex::new(Boxes { active: HashMap::default(), idle }) }
    }

    /// No code of the user runs under the lock, so a panic cannot have left it half changed.
    fn lock(&self) -> MutexGuard<'_, Boxes<A>> {
        self.boxes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a command into its mailbox; if a worker has to be started, that begins with it.
    pub(super) fn post(&self, target: &Target, job: Job<A>) -> Option<Start<A>> {
        let mut boxes = self.lock();
        if let Some(waiting) = boxes.active.get_mut(target) {
            waiting.push_back(job);
            return None;
        }
        let warm = boxes.idle.remove(target);
        boxes.active.insert(target.clone(), VecDeque::new());
        Some(Start { job, warm })
    }

    /// Fills the queue up to `most` commands from the mailbox. If there is nothing to do at all, the
    /// worker is over: its state becomes idle, and `false` comes back.
    pub(super) fn refill(
        &self,
        target: &Target,
        queue: &mut VecDeque<Job<A>>,
        most: usize,
        warm: &mut Option<Warm<A>>,
    ) -> bool {
        let mut boxes = self.lock();
        if let Some(waiting) = boxes.active.get_mut(target) {
            let take = most.saturating_sub(queue.len()).min(waiting.len());
            queue.extend(waiting.drain(..take));
        }
        if !queue.is_empty() {
            return true;
        }
        boxes.active.remove(target);
        let evicted = warm.take().and_then(|warm| boxes.rest(target, warm));
        drop(boxes);
        // The user's `Drop` runs outside the lock.
        drop(evicted);
        false
    }

    /// Takes a mailbox away whose worker is gone. Its senders learn that nobody will answer.
    pub(super) fn abandon(&self, target: &Target) {
        let waiting = self.lock().active.remove(target);
        drop(waiting);
    }
}
