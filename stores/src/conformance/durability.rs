//! Rule 1: nothing acknowledged is lost, at the durability that the store states.

use std::sync::Arc;

use factum_core::store::{Durability, EventStore, Expected, Query, Receipt};

use super::Subject;
use super::following::at_once;
use super::making::{accepted, commit, one, read, stream, write};

async fn fill(store: &Arc<dyn EventStore>) -> Vec<Receipt> {
    let receipts = at_once(16, |writer| {
        let store = Arc::clone(store);
        async move {
            let mut receipts = Vec::new();
            for _ in 0..5 {
                let wide = commit([write(writer, Expected::Any, 3)]);
                receipts.push(accepted(&*store, wide).await);
                receipts.push(accepted(&*store, one("shared", Expected::Any)).await);
            }
            receipts
        }
    });
    receipts.await.into_iter().flatten().collect()
}

async fn assert_has(store: &dyn EventStore, receipts: &[Receipt]) {
    for receipt in receipts {
        let near = &receipt.writes[0].stream;
        let found = store.find(receipt.key, near).await.unwrap();
        assert_eq!(found, Some(Receipt { repeated: true, ..receipt.clone() }));
    }
}

/// What was acknowledged can be read and found at once, where the receipt says that it is.
pub async fn what_was_acknowledged_is_there<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let receipts = fill(&store).await;
    assert_has(&*store, &receipts).await;
    let events = read(&*store, &Query::All).await;
    assert_eq!(events.len(), receipts.iter().map(events_of).sum::<usize>());
    for receipt in &receipts {
        let newest = events.iter().rfind(|event| event.at.key == receipt.key).unwrap();
        assert_eq!(newest.at.mark(), receipt.mark);
        assert_eq!(newest.at.revision, receipt.writes[0].last);
    }
}

fn events_of(receipt: &Receipt) -> usize {
    receipt.writes.iter().map(|write| (write.last - write.first + 1) as usize).sum()
}

/// Closed and opened again, the log is the same: identity, events, marks and keys.
pub async fn it_survives_reopening<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let receipts = fill(&store).await;
    let (head, events) = (store.head().await.unwrap(), read(&*store, &Query::All).await);
    let volatile = store.capabilities().durability == Durability::Volatile;
    drop(store);
    let Some(subject) = subject.reopen().await else {
        assert!(volatile, "a log that cannot be opened again is volatile");
        return;
    };
    let store = subject.store();
    assert_eq!(store.head().await.unwrap(), head);
    assert_eq!(read(&*store, &Query::All).await, events);
    assert_has(&*store, &receipts).await;
    let next = accepted(&*store, one("shared", Expected::Exists)).await;
    assert!(next.mark.position > head.position);
    assert_eq!(next.writes[0].first, 16 * 5);
}

/// After the store ended without being closed, all that was acknowledged is there.
pub async fn it_survives_a_crash<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let receipts = fill(&store).await;
    let promised = store.capabilities().durability;
    drop(store);
    let Some(subject) = subject.crash().await else { return };
    if promised >= Durability::Process {
        assert_has(&*subject.store(), &receipts).await;
    }
}

/// The future of an append may be dropped: its commits are stored whole or not at all, and appending
/// them again has one effect.
pub async fn a_dropped_append_is_whole_or_absent<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    for round in 0..20 {
        let wide = commit([write(round, Expected::Any, 3)]);
        let dropped = store.append(vec![wide.clone()]);
        // Polled once, then dropped.
        tokio::select! {
            biased;
            _ = dropped => {}
            () = std::future::ready(()) => {}
        }
        let found = store.find(wide.key, &stream(round)).await.unwrap();
        let events = read(&*store, &Query::Stream(stream(round))).await.len();
        assert!(matches!(events, 0 | 3), "{events} of 3 events of a dropped append are there");
        let receipt = accepted(&*store, wide).await;
        assert!(receipt.repeated || found.is_none(), "a found key was appended again");
        assert_eq!(read(&*store, &Query::Stream(stream(round))).await.len(), 3);
    }
}
