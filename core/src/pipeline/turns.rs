use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{Tag, Tags};

/// Lets boundaries that share a tag take turns within this process.
///
/// Without it, of many decisions on one tag each refuses all the others, which are then made again, and
/// so on: the work grows with the square of their number. Other processes are met by the guard alone.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// The tags whose turn somebody has or waits for.
    tags: Mutex<HashMap<Tag, Arc<Semaphore>>>,
}

/// The turn of some tags, which ends when it is dropped.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    turns: &'a Turns,
    held: Vec<(Tag, Option<OwnedSemaphorePermit>)>,
}

impl Turns {
    /// Waits for the turn of all these tags. First come, first served. Cancellation safe.
    pub(super) async fn take(&self, tags: &Tags) -> Turn<'_> {
        let mut turn = Turn { turns: self, held: Vec::with_capacity(tags.as_slice().len()) };
        // In the order of the tags, which all keep to: nobody waits in a circle.
        for tag in tags.as_slice() {
            let semaphore = self.semaphore(tag);
            turn.held.push((tag.clone(), None));
            // It is never closed.
            let permit = semaphore.acquire_owned().await.ok();
            if let Some((_, held)) = turn.held.last_mut() {
                *held = permit;
            }
        }
        turn
    }

    fn semaphore(&self, tag: &Tag) -> Arc<Semaphore> {
        let mut tags = self.lock();
        tags.entry(tag.clone()).or_insert_with(|| Arc::new(Semaphore::new(1))).clone()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Tag, Arc<Semaphore>>> {
        self.tags.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        for (tag, permit) in self.held.drain(..) {
            drop(permit);
            let mut tags = self.turns.lock();
            // Whoever waits has taken a share of it under this lock.
            if tags.get(&tag).is_some_and(|semaphore| Arc::strong_count(semaphore) == 1) {
                tags.remove(&tag);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn tags(tags: &[&str]) -> Tags {
        tags.iter().map(|tag| Tag::parse(tag).unwrap()).collect()
    }

    #[tokio::test]
    async fn those_that_share_a_tag_take_turns_and_leave_nothing() {
        let turns = Turns::default();
        let first = turns.take(&tags(&["course:a", "student:x"])).await;
        let second = turns.take(&tags(&["course:b", "student:y"])).await;
        let (wanted, other) = (tags(&["course:a", "student:z"]), tags(&["course:a", "course:b"]));
        let mut third = Box::pin(turns.take(&wanted));
        assert!((&mut third).now_or_never().is_none());
        // One that gives up takes nothing away from those who wait.
        let mut fourth = Box::pin(turns.take(&other));
        assert!((&mut fourth).now_or_never().is_none());
        drop(fourth);
        drop(first);
        let third = third.await;
        drop((second, third));
        assert!(turns.lock().is_empty());
    }
}
