//! What cannot work fails with an error that says so.

use std::sync::Arc;

use factum_core::pipeline::{Dispatcher, LoadError, SendError, Settings};
use factum_core::store::{Commit, EventStore, Expected, Metadata, NewEvent, StreamWrite};
use factum_core::{EventName, Key, StreamName, Tags};
use factum_stores::MemoryStore;
use factum_stores::gated::{Gated, Side};
use tokio::runtime::Handle;

use crate::account::{Account, Deposit, Rude, Withdraw};
use crate::{dispatcher, gated_with, under_way};

async fn append_raw(store: &MemoryStore, name: &'static str, version: u32, payload: &'static str) {
    append_as(store, Key::now_v7(), Metadata::default(), name, version, payload).await;
}

async fn append_as(
    store: &MemoryStore,
    key: Key,
    meta: Metadata,
    name: &'static str,
    version: u32,
    payload: &'static str,
) {
    let (name, payload) = (EventName::fixed(name), payload.into());
    let events = vec![NewEvent { name, version, tags: Tags::none(), payload }];
    let stream = StreamName::of("account", "a").unwrap();
    let writes = vec![StreamWrite { stream, expected: Expected::Any, events }];
    store
        .append(vec![Commit { key, meta, writes, guard: None, views: Vec::new() }])
        .await
        .unwrap()
        .remove(0)
        .unwrap();
}

#[tokio::test]
async fn ids_that_cannot_name_a_stream_are_refused() {
    let (accounts, _gate) = gated_with(1).await;
    for id in ["", "line\nbreak", "zero\u{200b}width", &"x".repeat(300)] {
        let error = accounts.send(Deposit::new(id, 1)).await.unwrap_err();
        assert!(matches!(error, SendError::Target { command: "account.deposit", .. }), "{error}");
        assert!(accounts.events().load(id).await.is_err());
    }
}

#[tokio::test]
async fn events_that_are_not_understood_stop_their_aggregate_alone() {
    for (name, version, payload, says) in [
        ("account.frozen", 1, "{}", "has no event named account.frozen"),
        ("account.deposited", 2, r#"{"cents":1}"#, "does not know version 2"),
        ("account.deposited", 1, r#"{"cents":"x"}"#, "the payload does not fit"),
        ("account.deposited", 1, "\u{1}", "the payload does not fit"),
    ] {
        let store = Arc::new(MemoryStore::new());
        let accounts = dispatcher(store.clone());
        accounts.send(Deposit::new("a", 1)).await.unwrap();
        append_raw(&store, name, version, payload).await;
        // The cache of a single writer does not know what was written past it; a restart does.
        let accounts = dispatcher(store.clone());
        let error = accounts.send(Deposit::new("a", 1)).await.unwrap_err();
        let message = error.to_string();
        assert!(message.contains(says), "{message}");
        assert!(message.contains("revision 1 of stream account-a"), "{message}");
        assert!(matches!(error, SendError::Load { source: LoadError::Event(_), .. }));
        accounts.send(Deposit::new("b", 1)).await.unwrap();
        // Reading goes on after it.
        append_raw(&store, "account.deposited", 1, r#"{"cents":7}"#).await;
        let mut history = accounts.events().history("a").unwrap();
        assert!(history.next().await.unwrap().is_ok());
        assert!(history.next().await.unwrap().is_err());
        assert_eq!(history.next().await.unwrap().unwrap().at.revision, 2);
        assert!(history.next().await.is_none());
    }
}

#[tokio::test]
async fn stopping_waits_for_what_is_under_way() {
    let (accounts, gate) = gated_with(1).await;
    gate.hold(Side::Before);
    let sent = under_way(accounts.send(Deposit::new("a", 1))).await;
    gate.waiting(1).await;
    let stopping = tokio::spawn({
        let accounts = accounts.clone();
        async move { accounts.stop().await }
    });
    assert!(!sent.is_finished());
    gate.release();
    stopping.await.unwrap();
    sent.await.unwrap().unwrap();
    let late = accounts.send(Deposit::new("a", 1)).await.unwrap_err();
    assert!(matches!(late, SendError::Closed { .. }));
}

#[tokio::test]
async fn commands_beyond_the_bound_wait_their_turn() {
    let (store, gate) = Gated::new(Arc::new(MemoryStore::new()));
    let settings = Settings { in_flight: 2, ..Settings::default() };
    let accounts: Dispatcher<Account> =
        Dispatcher::start(Arc::new(store), settings, Handle::current());
    gate.hold(Side::Before);
    let mut sent = Vec::new();
    for n in 0..10 {
        sent.push(under_way(accounts.send(Deposit::new(&n.to_string(), 1))).await);
    }
    gate.waiting(2).await;
    gate.release();
    for sent in sent {
        sent.await.unwrap().unwrap();
    }
}

#[test]
fn a_runtime_that_is_gone_answers_too() {
    let other = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let store = Arc::new(MemoryStore::new());
    let accounts: Dispatcher<Account> =
        Dispatcher::start(store, Settings::default(), other.handle().clone());
    other.shutdown_background();
    let here = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let error = here.block_on(async { accounts.send(Deposit::new("a", 1)).await.unwrap_err() });
    assert!(matches!(error, SendError::Stopped { .. }));
}

#[tokio::test]
async fn settings_that_make_no_sense_are_brought_within_bounds() {
    let settings = Settings { run: 0, in_flight: 0, cached_aggregates: 0, ..Settings::default() };
    let store = Arc::new(MemoryStore::new());
    let accounts: Dispatcher<Account> = Dispatcher::start(store, settings, Handle::current());
    for revision in 0..3 {
        let done = accounts.send(Deposit::new("a", 1)).await.unwrap();
        assert_eq!(done.revision, Some(revision));
    }
    accounts.stop().await;
}

#[tokio::test]
async fn a_command_whose_json_panics_fails_alone() {
    let (accounts, _gate) = gated_with(1).await;
    let rude = Rude { note: "rude".into(), ..Rude::new("a", 1) };
    let (rude, polite) = tokio::join!(accounts.send(rude), accounts.send(Deposit::new("a", 1)));
    let error = rude.unwrap_err();
    assert!(matches!(error, SendError::Panicked { .. }), "{error}");
    assert_eq!(polite.unwrap().revision, Some(1));
}

#[tokio::test]
async fn an_accepted_command_whose_events_cannot_be_read_is_not_called_undecided() {
    let store = Arc::new(MemoryStore::new());
    let id = Key::now_v7();
    let deposit = || Deposit::new("a", 1);
    // Accepted by newer code: the same command, but an event of a later version.
    let other = Arc::new(MemoryStore::new());
    dispatcher(other.clone()).send(deposit()).id(id).await.unwrap();
    let first = dispatcher(other).events().history("a").unwrap().next().await.unwrap().unwrap();
    append_as(&store, id, first.at.meta, "account.deposited", 2, "{}").await;
    let error = dispatcher(store).send(deposit()).id(id).await.unwrap_err();
    assert!(matches!(error, SendError::Unreadable { command, .. } if command == id), "{error}");
}

#[tokio::test]
async fn a_runtime_that_goes_away_answers_all_the_same() {
    let (store, gate) = Gated::new(Arc::new(MemoryStore::new()));
    let other = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let accounts: Dispatcher<Account> =
        Dispatcher::start(Arc::new(store), Settings::default(), other.handle().clone());
    gate.hold(Side::Before);
    let sent = under_way(accounts.send(Withdraw::new("a", 0))).await;
    let queued = under_way(accounts.send(Withdraw::new("a", 0))).await;
    gate.waiting(1).await;
    other.shutdown_background();
    for sent in [sent, queued] {
        let error = sent.await.unwrap().unwrap_err();
        assert!(matches!(error, SendError::Stopped { .. }) && error.outcome_unknown());
    }
}
