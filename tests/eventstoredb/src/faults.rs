//! Faults that a test asks for.
//!
//! *Problem.* What a client does when the connection dies at the worst moment shows only if that
//! moment comes. *Invariant.* Without being asked, the server has no faults. *Shape.* [`Faults`] is
//! a handle that a test keeps while the server runs; a layer around the services applies those that
//! have to do with single calls.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

/// The faults of one server; clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    connects_to_refuse: AtomicU32,
    replies_to_drop: AtomicU32,
    not_leader: Mutex<NotLeader>,
    delay: Mutex<Duration>,
    delayed_calls: Mutex<(u32, Duration)>,
    events_until_end: AtomicU64,
    ended: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct NotLeader {
    calls: u32,
    host: String,
    port: u16,
}

impl Faults {
    /// Resets the next `count` connections as soon as they are accepted.
    pub fn refuse_connects(&self, count: u32) {
        self.0.connects_to_refuse.store(count, SeqCst);
    }

    /// Does the next `count` writes, and cuts the connection before the answer.
    pub fn drop_replies(&self, count: u32) {
        self.0.replies_to_drop.store(count, SeqCst);
    }

    /// Answers the next `count` calls that the leader is at `host` and `port`.
    pub fn not_leader(&self, count: u32, host: &str, port: u16) {
        *lock(&self.0.not_leader) = NotLeader { calls: count, host: host.to_owned(), port };
    }

    /// Lets every call of streams and of persistent subscriptions wait before it is looked at, until
    /// this is set to zero.
    pub fn delay(&self, time: Duration) {
        *lock(&self.0.delay) = time;
    }

    /// Lets the next `count` such calls wait that long, and no others.
    pub fn delay_calls(&self, count: u32, time: Duration) {
        *lock(&self.0.delayed_calls) = (count, time);
    }

    /// Ends all subscriptions that are open, persistent ones too, with the status OK.
    pub fn end_subscriptions(&self) {
        self.0.ended.send_modify(|generation| *generation += 1);
    }

    /// Ends every subscription with the status OK once it has had `events` events, until this is set
    /// to zero.
    pub fn end_subscriptions_after(&self, events: u64) {
        self.0.events_until_end.store(events, SeqCst);
    }

    pub(crate) fn take_refused_connect(&self) -> bool {
        take(&self.0.connects_to_refuse)
    }

    pub(crate) fn take_dropped_reply(&self) -> bool {
        take(&self.0.replies_to_drop)
    }

    pub(crate) fn take_not_leader(&self) -> Option<(String, u16)> {
        let mut not_leader = lock(&self.0.not_leader);
        not_leader.calls = not_leader.calls.checked_sub(1)?;
        Some((not_leader.host.clone(), not_leader.port))
    }

    /// Waits as long as calls have to.
    pub(crate) async fn wait(&self) {
        let delay = self.take_delay().unwrap_or(*lock(&self.0.delay));
        // Even a sleep of no time takes up to a millisecond.
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
    }

    fn take_delay(&self) -> Option<Duration> {
        let mut delayed = lock(&self.0.delayed_calls);
        delayed.0 = delayed.0.checked_sub(1)?;
        Some(delayed.1)
    }

    /// Says when the subscription that begins now is to end.
    pub(crate) fn end_of_subscription(&self) -> EndOfSubscription {
        let ended = self.0.ended.subscribe();
        EndOfSubscription { faults: self.clone(), ended, events: 0 }
    }
}

/// When one subscription is to end.
#[derive(Debug)]
pub(crate) struct EndOfSubscription {
    faults: Faults,
    ended: watch::Receiver<u64>,
    events: u64,
}

impl EndOfSubscription {
    /// Counts an event that was sent; whether the subscription ends with it.
    pub(crate) fn after_event(&mut self) -> bool {
        self.events += 1;
        let limit = self.faults.0.events_until_end.load(SeqCst);
        limit > 0 && self.events >= limit
    }

    /// Whether it is to end now.
    pub(crate) fn is_now(&self) -> bool {
        self.ended.has_changed().unwrap_or(true)
    }

    /// Waits until it is to end.
    pub(crate) async fn wait(&self) {
        // Of a clone, so that it is to end afterwards, too. `faults` keeps the sender, so that this ends
        // by a change only.
        let _ = self.ended.clone().changed().await;
    }
}

fn take(count: &AtomicU32) -> bool {
    count.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_happens_as_often_as_asked() {
        let faults = Faults::default();
        assert!(!faults.take_refused_connect());
        faults.refuse_connects(2);
        faults.not_leader(1, "leader", 7);
        let refused = std::array::from_fn(|_| faults.take_refused_connect());
        assert_eq!(refused, [true, true, false]);
        assert_eq!(faults.take_not_leader(), Some(("leader".to_owned(), 7)));
        assert_eq!(faults.take_not_leader(), None);
    }

    #[tokio::test]
    async fn only_subscriptions_that_are_open_end() {
        let faults = Faults::default();
        let before = faults.end_of_subscription();
        faults.end_subscriptions();
        before.wait().await;
        assert!(before.is_now());
        assert!(!faults.end_of_subscription().is_now());
    }
}
