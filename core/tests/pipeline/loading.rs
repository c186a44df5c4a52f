//! Loading: cache, snapshots, folds, and the typed event store.

use std::sync::Arc;

use factum_core::pipeline::SendError;
use factum_core::snapshot::{Snapshot, SnapshotPolicy};
use factum_core::store::{EventStore, Mark};
use factum_core::{Aggregate, Key, StreamName, Timestamp};
use factum_stores::MemoryStore;

use crate::account::{Account, AccountEvent, Deposit, Withdraw, cents};
use crate::dispatcher;

async fn snapshot(store: &MemoryStore, revision: u64) -> Snapshot {
    let policy: SnapshotPolicy<Account> = Account::snapshot().unwrap();
    let stream = StreamName::of("account", "a").unwrap();
    // A snapshot is kept beside the answer, not before it.
    loop {
        let kept = store.snapshots().unwrap();
        match kept.load(stream.clone(), policy.full_shape()).await.unwrap() {
            Some(kept) if kept.revision >= revision => return kept,
            _ => tokio::task::yield_now().await,
        }
    }
}

#[tokio::test]
async fn snapshots_are_taken_and_used() {
    let store = Arc::new(MemoryStore::new());
    let accounts = dispatcher(store.clone());
    for _ in 0..25 {
        accounts.send(Deposit::new("a", 1)).await.unwrap();
    }
    let kept = snapshot(&store, 19).await;
    assert_eq!((kept.revision, &*kept.state), (19, br#"{"cents":20}"#.as_slice()));
    // One that lies shows that it is used.
    let lie = Snapshot { state: br#"{"cents":1020}"#.as_slice().into(), ..kept };
    store.snapshots().unwrap().save(lie).await.unwrap();
    let account = dispatcher(store).events().load("a").await.unwrap().unwrap();
    assert_eq!((account.state.cents, account.revision), (1025, 24));
}

#[tokio::test]
async fn snapshots_that_do_not_fit_the_log_are_ignored() {
    let store = Arc::new(MemoryStore::new());
    let accounts = dispatcher(store.clone());
    for _ in 0..12 {
        accounts.send(Deposit::new("a", 1)).await.unwrap();
    }
    let kept = snapshot(&store, 9).await;
    let lie = || Snapshot { state: br#"{"cents":1020}"#.as_slice().into(), ..kept.clone() };
    let event = Some(Key::now_v7().event(0));
    for unfit in [
        Snapshot { mark: Mark { event, ..kept.mark }, ..lie() },
        Snapshot { revision: 99, ..lie() },
        Snapshot { state: "garbage".into(), revision: 100, ..lie() },
    ] {
        store.snapshots().unwrap().save(unfit).await.unwrap();
        let account = dispatcher(store.clone()).events().load("a").await.unwrap().unwrap();
        assert_eq!((account.state.cents, account.revision), (12, 11));
    }
}

#[tokio::test]
async fn states_can_be_seen_at_any_revision_and_time() {
    let store = Arc::new(MemoryStore::new());
    let accounts = dispatcher(store);
    assert!(accounts.events().load("a").await.unwrap().is_none());
    let mut times = Vec::new();
    for _ in 0..3 {
        accounts.send(Deposit::new("a", 5)).await.unwrap();
        times.push(Timestamp::from(std::time::SystemTime::now()));
        while Timestamp::from(std::time::SystemTime::now()) <= times[times.len() - 1] {}
    }
    accounts.send(Withdraw::new("a", 1)).await.unwrap();
    let events = accounts.events();
    assert_eq!(events.at_revision("a", 1).await.unwrap().unwrap().state.cents, 10);
    assert!(events.at_revision("a", 4).await.unwrap().is_none());
    assert_eq!(events.at_time("a", times[2]).await.unwrap().unwrap().state.cents, 15);
    assert!(events.at_time("a", Timestamp::from_micros(0)).await.unwrap().is_none());
    assert_eq!(events.load("a").await.unwrap().unwrap().state.cents, 14);
}

#[tokio::test]
async fn histories_and_tails_are_typed_and_carry_metadata() {
    let store = Arc::new(MemoryStore::new());
    let accounts = dispatcher(store);
    let correlation = Key::now_v7().uuid();
    let sent = accounts.send(Deposit::new("a", 5)).actor("alice").correlation(correlation);
    let done = sent.headers([("ip".to_owned(), "::1".to_owned())]).await.unwrap();
    for n in 0..600 {
        accounts.send(Deposit::new("a", n + 1)).await.unwrap();
    }
    let mut history = accounts.events().history("a").unwrap();
    let first = history.next().await.unwrap().unwrap();
    assert_eq!(first.event, AccountEvent::Deposited(cents(5)));
    assert_eq!((first.at.key, first.at.position), (done.command, done.position));
    assert_eq!((first.at.id(), first.at.correlation()), ("a", correlation));
    assert_eq!(first.at.meta.actor.as_deref(), Some("alice"));
    assert_eq!(first.at.meta.headers.get("ip"), Some("::1"));
    assert_eq!(&*first.at.meta.command.as_ref().unwrap().name, "account.deposit");
    let mut seen = 1;
    while let Some(event) = history.next().await {
        assert_eq!(event.unwrap().at.revision, seen);
        seen += 1;
    }
    assert_eq!(seen, 601);

    let mut tail = accounts.events().tail(Some(first.at.mark()));
    assert_eq!(tail.next().await.unwrap().unwrap().at.revision, 1);
    for _ in 0..599 {
        tail.next().await.unwrap().unwrap();
    }
    let waiting = tokio::spawn(async move { tail.next().await.unwrap().unwrap() });
    accounts.send(Withdraw::new("b", 0)).await.unwrap();
    assert_eq!(waiting.await.unwrap().at.id(), "b");
}

#[tokio::test]
async fn an_aggregate_that_is_expected_to_be_new_need_not_be() {
    let store = Arc::new(MemoryStore::new());
    let first = dispatcher(store.clone());
    let new = first.send(Deposit::new("a", 5)).expect_new().await.unwrap();
    assert_eq!(new.revision, Some(0));
    // Each of the dispatchers begins without a state.
    let more = dispatcher(store.clone()).send(Deposit::new("a", 5)).expect_new().await.unwrap();
    assert_eq!(more.revision, Some(1));
    let all = dispatcher(store.clone()).send(Withdraw::new("a", 10)).expect_new().await.unwrap();
    assert_eq!(all.revision, Some(2), "it is not refused on the state of a new account");
    let none = dispatcher(store).send(Withdraw::new("a", 1)).expect_new().await.unwrap_err();
    assert!(matches!(none, SendError::Rejected(_)));
}
