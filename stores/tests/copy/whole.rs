use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use factum_core::store::{Commit, EventStore};
use factum_stores::copy::Progress;
use factum_stores::{MemoryStore, SqliteStore, copy};
use futures_util::FutureExt;

use crate::common::{append, assert_same, commit, events_of, head, plain};
use crate::wrapped::{Wrapped, shared};

#[tokio::test]
async fn from_memory_to_a_file_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = SqliteStore::open(folder.path().join("log.db")).unwrap();
    let (first, last) = (MemoryStore::new(), shared(MemoryStore::new()));
    append(&first, (0..2000).map(commit)).await;

    let there = copy(&first, &file).await.unwrap();
    let back = copy(&file, &*last).await.unwrap();
    assert_same(&first, &file).await;
    assert_same(&first, &*last).await;
    let events = events_of(&first).await;
    assert_eq!((there.events, there.commits), (events.len() as u64, 2000));
    let begins = events.iter().filter(|event| event.at.revision == 0).count();
    assert_eq!(there.streams, begins as u64);
    assert_eq!(there.streams, 1 + 7 + 2000 / 5);
    assert_eq!((there.events, there.checksum), (back.events, back.checksum));
    assert_eq!((there.after, there.up_to), (None, head(&first).await));
    assert_eq!((there.target, back.up_to), (head(&file).await, head(&file).await));
}

#[tokio::test]
async fn an_empty_log() {
    let (from, to) = (MemoryStore::new(), MemoryStore::new());
    let copied = copy(&from, &to).await.unwrap();
    assert_eq!((copied.events, copied.commits, copied.streams), (0, 0, 0));
    assert_eq!((copied.up_to, copied.target), (head(&from).await, head(&to).await));
    assert_eq!(head(&to).await.event, None);
}

#[tokio::test]
async fn a_second_call_brings_what_is_new() {
    let (from, to) = (MemoryStore::new(), MemoryStore::new());
    append(&from, (0..500).map(commit)).await;
    let first = copy(&from, &to).await.unwrap();
    append(&from, (500..600).map(commit)).await;
    let second = copy(&from, &to).await.unwrap();
    assert_same(&from, &to).await;
    assert_eq!((first.commits, second.commits), (500, 100));
    assert_eq!(second.after, Some(first.up_to));
    let third = copy(&from, &to).compare_all().await.unwrap();
    assert_eq!((third.commits, third.streams), (600, first.streams + second.streams));
    assert_eq!(third.events, first.events + second.events);
    let fresh = copy(&from, &MemoryStore::new()).await.unwrap();
    assert_eq!((third.checksum, third.after), (fresh.checksum, None));
}

/// The source grows with each of the first appends to the target.
#[tokio::test]
async fn a_log_that_grows_meanwhile() {
    let from = MemoryStore::new();
    append(&from, (0..1500).map(commit)).await;
    let source = from.clone();
    let to = Wrapped::new(MemoryStore::new()).then(move |appends| {
        let first = appends as u64 * 10_000;
        if appends <= 3 {
            // A memory store never waits.
            append(&source, (first..first + 300).map(commit)).now_or_never().unwrap();
        }
        Vec::new()
    });
    let copied = copy(&from, &to).await.unwrap();
    assert_same(&from, &to).await;
    assert!(to.appends() > 3);
    assert_eq!((copied.commits, copied.up_to), (1500 + 900, head(&from).await));
}

/// Counts what is between the two logs, and progress with it.
#[tokio::test]
async fn a_big_log_takes_bounded_memory() {
    const EVENTS: u64 = 20_000;
    let from = Arc::new(Wrapped::new(MemoryStore::new()));
    append(&from.inner, (0..EVENTS).map(|n| plain(n, n % 100, 100))).await;
    let source = Arc::clone(&from);
    let written = AtomicUsize::new(0);
    let most = Arc::new(AtomicUsize::new(0));
    let largest = Arc::clone(&most);
    let to = Wrapped::new(MemoryStore::new()).changing(move |run| {
        let before = written.fetch_add(run.len(), Ordering::Relaxed);
        let held = source.read.load(Ordering::Relaxed) - before;
        largest.fetch_max(held, Ordering::Relaxed);
    });
    let mut told: Vec<Progress> = Vec::new();
    let copied = copy(&*from, &to).progress(|progress| told.push(progress)).await.unwrap();
    assert_eq!(copied.events, EVENTS);
    assert_same(&from.inner, &to.inner).await;
    let most = most.load(Ordering::Relaxed);
    assert!(most <= 3 * 1024, "{most} events were held at once");
    assert!((10..=21).contains(&told.len()), "{} times", told.len());
    assert!(told.is_sorted_by_key(|progress| (progress.copied, progress.position)));
    let last = told.last().unwrap();
    assert_eq!((last.copied, last.position, last.of), (EVENTS, last.of, copied.up_to.position));
}

/// Large events make short runs.
#[tokio::test]
async fn runs_are_bounded_in_bytes() {
    let (from, sizes) = (MemoryStore::new(), Arc::new(Mutex::new(Vec::new())));
    append(&from, (0..100).map(|n| plain(n, n, 300_000))).await;
    let seen = Arc::clone(&sizes);
    let bytes = |commit: &Commit| commit.writes[0].events[0].payload.len();
    let to = Wrapped::new(MemoryStore::new())
        .changing(move |run| seen.lock().unwrap().push(run.iter().map(bytes).sum::<usize>()));
    copy(&from, &to).await.unwrap();
    assert_same(&from, &to).await;
    let sizes = sizes.lock().unwrap();
    assert!(sizes.iter().all(|bytes| *bytes < 5_000_000), "{sizes:?}");
}

#[tokio::test]
async fn a_target_without_guards() {
    let from = MemoryStore::new();
    append(&from, (0..50).map(commit)).await;
    let mut to = Wrapped::new(MemoryStore::new())
        .changing(|run| assert!(run.len() == 1 && run[0].guard.is_none()));
    to.capabilities.guards = false;
    copy(&from, &to).await.unwrap();
    assert_same(&from, &to).await;
    assert_eq!(to.capabilities().backend, "memory");
}
