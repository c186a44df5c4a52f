//! Rule 5: a known key gives its first receipt and writes nothing.

use std::collections::HashSet;
use std::sync::Arc;

use factum_core::store::{CommandMark, Commit, Expected, KeyMemory, Query, Receipt, Refused};
use factum_core::{Key, Timestamp};

use super::Subject;
use super::following::at_once;
use super::making::{accepted, append, commit, event, one, read, refused, stream, write};

fn again(receipt: &Receipt) -> Receipt {
    Receipt { repeated: true, ..receipt.clone() }
}

/// The same commit, as its sender would append it later: decided at another time, on another state.
fn later(first: &Commit) -> Commit {
    let mut later = first.clone();
    later.meta.time = Timestamp::from_micros(first.meta.time.as_micros() + 1_000_000);
    later
}

/// The same commit again gives the first receipt, however often, and whatever has happened since.
pub async fn a_known_key_gives_its_first_receipt<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let first = commit([write("a", Expected::NoStream, 2)]);
    let receipt = accepted(&*store, first.clone()).await;
    assert!(!receipt.repeated);
    accepted(&*store, one("a", Expected::Revision(1))).await;
    let head = store.head().await.unwrap();
    for _ in 0..3 {
        // The stream is no longer as it was expected to be: the key comes first.
        assert_eq!(accepted(&*store, later(&first)).await, again(&receipt));
    }
    assert_eq!(store.head().await.unwrap(), head);
    assert_eq!(read(&*store, &Query::All).await.len(), 3);
}

/// `find` gives the receipt of a known key, and nothing for another.
pub async fn a_key_can_be_found<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let near = stream("a");
    assert_eq!(store.find(Key::now_v7(), &near).await.unwrap(), None);
    let receipt = accepted(&*store, commit([write("a", Expected::Any, 3)])).await;
    assert_eq!(store.find(receipt.key, &near).await.unwrap(), Some(again(&receipt)));
    assert_eq!(store.find(Key::now_v7(), &near).await.unwrap(), None);
}

/// Keys of every form are known: random ones, all zeros, all ones.
pub async fn any_sixteen_bytes_are_a_key<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    for byte in [0, 0xff, 0x80, 0x7f] {
        let first = Commit { key: Key::from_bytes([byte; 16]), ..one(byte, Expected::NoStream) };
        let receipt = accepted(&*store, first.clone()).await;
        assert_eq!(receipt.key, first.key);
        assert_eq!(accepted(&*store, first).await, again(&receipt));
    }
}

/// A key is known after the log was opened again.
pub async fn a_key_is_known_after_reopening<S: Subject>(fresh: impl AsyncFn() -> S) {
    let mut subject = fresh().await;
    let first: Vec<Commit> = (0..50).map(|id| one(id % 7, Expected::Any)).collect();
    let outcomes = subject.store().append(first.clone()).await.unwrap();
    // Twice: what is known from the disk must be known from the disk again.
    for _ in 0..2 {
        let Some(reopened) = subject.reopen().await else { return };
        subject = reopened;
        let repeated = subject.store().append(first.clone()).await.unwrap();
        for (first, again_) in outcomes.iter().zip(repeated) {
            assert_eq!(again_.unwrap(), again(first.as_ref().unwrap()));
        }
    }
    assert_eq!(read(&*subject.store(), &Query::All).await.len(), 50);
}

/// The same key with other events is refused, and says where the first commit stands.
pub async fn other_events_are_refused<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let first = commit([write("a", Expected::Any, 2)]);
    let receipt = accepted(&*store, first.clone()).await;
    let changed = |change: fn(&mut Commit)| {
        let mut other = first.clone();
        change(&mut other);
        other
    };
    let mut others = vec![
        changed(|c| c.writes[0].events[1].payload = "{}".into()),
        changed(|c| c.writes[0].events[0].name = event("thing.other").name),
        changed(|c| c.writes[0].events[0].version = 2),
        changed(|c| c.writes[0].events.push(event("thing.happened"))),
        changed(|c| c.writes[0].events.truncate(1)),
        changed(|c| c.writes[0].events.reverse()),
    ];
    if !matches!(store.capabilities().keys, KeyMemory::Newest(_)) {
        // A store that looks for a key in the stream of the commit finds nothing in another.
        others.push(changed(|c| c.writes[0].stream = stream("b")));
    }
    for (number, other) in others.into_iter().enumerate() {
        let refused = refused(&*store, other).await;
        let wanted = Refused::KeyReused { key: first.key, position: receipt.mark.position };
        assert_eq!(refused, wanted, "other content {number}");
    }
    assert_eq!(read(&*store, &Query::All).await.len(), 2);
    assert_eq!(accepted(&*store, first).await, again(&receipt));
}

/// Where a commit says which command led to it, that tells a repeat: the same command decided again
/// may lead to other events.
pub async fn the_command_tells_a_repeat<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    const SHAPE: u64 = 1 << 32;
    let led_by = |commit: Commit, name: &str, digest: u64| {
        let mut commit = commit;
        commit.meta.command = Some(CommandMark { name: name.into(), digest });
        commit
    };
    let first = led_by(one("a", Expected::Any), "thing.do", SHAPE + 7);
    let receipt = accepted(&*store, first.clone()).await;
    let other_events = Commit { key: first.key, ..commit([write("a", Expected::Any, 3)]) };

    let repeats = [
        led_by(later(&first), "thing.do", SHAPE + 7),
        led_by(other_events.clone(), "thing.do", SHAPE + 7),
        // Sent by code of another version, whose fields cannot be compared.
        led_by(other_events, "thing.do", 2 * SHAPE + 9),
    ];
    for repeat in repeats {
        assert_eq!(accepted(&*store, repeat).await, again(&receipt));
    }
    for (name, digest) in [("thing.do", SHAPE + 8), ("thing.undo", SHAPE + 7)] {
        let other = led_by(first.clone(), name, digest);
        assert!(matches!(refused(&*store, other).await, Refused::KeyReused { .. }));
    }
    assert_eq!(read(&*store, &Query::All).await.len(), 1);
}

/// A run in which known and new keys are mixed: each gets its own answer.
pub async fn a_run_mixes_known_and_new_keys<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let mut known: Vec<Receipt> = Vec::new();
    let mut commits: Vec<Commit> = Vec::new();
    for round in 0..10 {
        let new: Vec<Commit> = (0..5).map(|id| one(id, Expected::Any)).collect();
        let mut run = Vec::new();
        for (at, new) in new.iter().enumerate() {
            if let Some(old) = commits.get((round * 7 + at * 3) % (round * 5).max(1)) {
                run.push(later(old));
            }
            run.push(new.clone());
        }
        let before: HashSet<Key> = known.iter().map(|receipt| receipt.key).collect();
        let outcomes = store.append(run.clone()).await.unwrap();
        assert_eq!(outcomes.len(), run.len());
        for (commit, outcome) in run.iter().zip(outcomes) {
            let receipt = outcome.unwrap();
            assert_eq!(receipt.key, commit.key, "outcomes come in the order of the run");
            assert_eq!(receipt.repeated, before.contains(&commit.key));
            if receipt.repeated {
                let first = known.iter().find(|known| known.key == receipt.key).unwrap();
                assert_eq!(receipt, again(first));
            } else {
                known.push(receipt);
            }
        }
        commits.extend(new);
    }
    assert_eq!(read(&*store, &Query::All).await.len(), 50);
}

/// A key twice in one run: the second time it is known.
pub async fn a_key_comes_twice_in_a_run<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let first = one("a", Expected::NoStream);
    let other = Commit { key: first.key, ..one("a", Expected::Any) };
    let run = vec![first.clone(), first.clone(), other, one("b", Expected::NoStream)];
    let outcomes = store.append(run).await.unwrap();
    let receipt = outcomes[0].clone().unwrap();
    assert!(!receipt.repeated);
    assert_eq!(outcomes[1].clone().unwrap(), again(&receipt));
    assert!(matches!(outcomes[2], Err(Refused::KeyReused { .. })));
    assert!(outcomes[3].is_ok());
    assert_eq!(read(&*store, &Query::All).await.len(), 2);
}

/// The receipt of a commit of several streams comes again in full, in the order of its writes.
pub async fn a_receipt_of_several_streams_comes_again<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    if !subject.store().capabilities().multi_stream {
        return;
    }
    let write = |id: &str, events| write(id, Expected::Any, events);
    accepted(&*subject.store(), one("b", Expected::Any)).await;
    let first = commit([write("c", 2), write("a", 1), write("b", 3)]);
    let receipt = accepted(&*subject.store(), first.clone()).await;
    assert_eq!(accepted(&*subject.store(), later(&first)).await, again(&receipt));
    let Some(subject) = subject.reopen().await else { return };
    assert_eq!(accepted(&*subject.store(), first.clone()).await, again(&receipt));
    // Without the command, the order of the writes is content too.
    let mut turned = first;
    turned.writes.reverse();
    let outcome = refused(&*subject.store(), turned).await;
    assert!(matches!(outcome, Refused::KeyReused { .. }));
}

/// 64 senders of one commit: one effect, and all are told the same.
pub async fn senders_of_one_commit_have_one_effect<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    for round in 0..10 {
        let sent = commit([write(round, Expected::NoStream, 2)]);
        let outcomes = at_once(64, |_| {
            let (store, sent) = (Arc::clone(&store), sent.clone());
            async move { append(&*store, sent).await.unwrap() }
        });
        let receipts = outcomes.await;
        assert_eq!(receipts.iter().filter(|receipt| !receipt.repeated).count(), 1);
        assert!(receipts.iter().all(|receipt| again(receipt) == again(&receipts[0])));
    }
    assert_eq!(read(&*store, &Query::All).await.len(), 20);
}

/// A commit that was refused leaves its key unknown: it can be tried again.
pub async fn a_refused_key_is_not_known<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let early = one("a", Expected::Revision(0));
    assert!(matches!(refused(&*store, early.clone()).await, Refused::Conflict(_)));
    assert_eq!(store.find(early.key, &stream("a")).await.unwrap(), None);
    accepted(&*store, one("a", Expected::NoStream)).await;
    let receipt = accepted(&*store, early).await;
    assert_eq!((receipt.repeated, receipt.writes[0].first), (false, 1));
}

/// Keys are known as long as the store says, however much is written meanwhile.
pub async fn keys_are_known_as_long_as_stated<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let first = one("a", Expected::Any);
    let receipt = accepted(&*store, first.clone()).await;
    let meanwhile = match store.capabilities().keys {
        KeyMemory::Newest(events) => (events as usize).saturating_sub(1).min(3000),
        KeyMemory::Forever | KeyMemory::Window(_) => 3000,
    };
    for _ in 0..meanwhile / 100 {
        let run = (0..100).map(|_| one("a", Expected::Any)).collect();
        assert!(store.append(run).await.unwrap().iter().all(Result::is_ok));
    }
    assert_eq!(accepted(&*store, first).await, again(&receipt));
}
